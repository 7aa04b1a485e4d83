"""Mice that go on from a finished run: whose brains, the same bits however they were carried out, and what is refused."""

import json

import numpy as np
import pytest
import stub
from small_runs import assert_same, contents

from reachenv.agents import checkpoint
from reachenv.lab.design.make import make_design
from reachenv.lab.errors import UserError
from reachenv.lab.records.folder import create_run
from reachenv.lab.records.recording import read_trials
from reachenv.lab.runner.brains import Parts, births
from reachenv.lab.runner.local import Shard, carry_out, run_shard
from reachenv.lab.runner.origin import adopt, check_size, find_origin


class NightBrain(stub.StubBrain):
    """The stub's brain, which a night takes something from."""

    def begin_session(self, session, interventions, *, night=None):
        super().begin_session(session, interventions)
        if session > 1 if night is None else night:
            self._w = self._w * 0.5


def make_brain(design, subjects, senses, actions):
    return NightBrain(births(design, subjects))


PARTS = Parts(stub.make_world, make_brain)


@pytest.fixture
def trained(here):
    run, design = here("trained", parts=PARTS, sessions=3, trials=36)
    return run, design


@pytest.fixture
def goes_on(tmp_path, trained):
    """goes_on(name, **options) → a run that starts from the trained one, not carried out yet: (run, design)."""

    def make(name, **options):
        source, origin = find_origin(trained[0].path, options.pop("group", None), options.pop("session", None))
        design = make_design("gpi-off", origin=origin, **{"mice": 2, "sessions": 2, "trials": 36, **options})
        config = {
            "design": design.to_json(),
            "recording": True,
            "film": False,
            "status": "running",
            "origin": {"path": str(source.path)},
        }
        run = create_run(tmp_path / name, config)
        adopt(run, design, source)
        return run, design

    return make


def test_every_group_begins_with_the_brains_of_that_run(trained, goes_on):
    run, design = goes_on("next")
    source, old = trained
    for subject in design.subjects():
        there = checkpoint.load(run.session_files(subject, 0).brain)[0]
        came = checkpoint.load(source.session_files(old.subjects()[2 * subject.mouse - 2], 3).brain)[0]
        assert str(old.subjects()[2 * subject.mouse - 2]) == f"control/m{subject.mouse:02d}"
        assert np.array_equal(there["w"], came["w"])
    config = json.loads((run.path / "config.json").read_text())
    assert config["design"]["origin"] == {"run": "trained", "group": "control", "session": 3, "seed": 0}
    assert len(config["origin"]["sha256"]) == 2 and config["origin"]["path"].endswith("trained")


def test_going_on_equals_never_having_stopped(trained, goes_on, here):
    """Two more sessions from the files are the fourth and fifth session of a run of five, to the bit."""
    run, design = goes_on("next", groups=("control",))
    run_shard(Shard(run, design, PARTS, True, design.subjects()), lambda event: None)
    whole, _ = here("whole", parts=PARTS, sessions=5, trials=36, groups=("control",))
    later, first = read_trials(run), read_trials(whole).query("session > 3").reset_index(drop=True)
    first["session"] -= 3
    assert later.equals(first.astype(later.dtypes.to_dict()))


def test_workers_and_interruption_change_no_bit(goes_on):
    one, design = goes_on("one")
    run_shard(Shard(one, design, PARTS, True, design.subjects()), lambda event: None)
    two, _ = goes_on("two")
    run_shard(Shard(two, design, PARTS, True, design.subjects()[:3]), lambda event: None)
    two.session_files(design.subjects()[0], 2).trials.unlink()
    two.session_files(design.subjects()[1], 1).trials.unlink()
    carry_out(two, design, PARTS, 2, lambda event: None)
    assert_same(one, two)
    assert any("session-00" in name for name in contents(one))


def test_groups_are_told_apart_by_what_is_done_to_them(goes_on):
    run, design = goes_on("next")
    run_shard(Shard(run, design, PARTS, True, design.subjects()), lambda event: None)
    trials = read_trials(run)
    done = trials[trials.group == "adapting-off"].groupby("session")[["intervention", "perturbation"]].agg(list)
    assert done.loc[1, "intervention"] == [""] * 72
    assert done.loc[2, "intervention"] == ([""] * 24 + ["gpix0"] * 12) * 2
    steps = [f"plate_shift_mm=(0.0, {-0.5 * min(step, 7)}, 0.0)" for step in range(1, 36)]
    assert done.loc[1, "perturbation"] == [""] * 72 and done.loc[2, "perturbation"] == ["", *steps] * 2
    assert set(trials[trials.group == "control"].perturbation) == {""}


def test_a_brain_that_was_lost_stops_before_any_work(goes_on):
    run, design = goes_on("next")
    run.session_files(design.subjects()[0], 0).brain.unlink()
    with pytest.raises(UserError, match="copied from the run"):
        carry_out(run, design, PARTS, 1, lambda event: None)


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({"group": "controls"}, "no group 'controls'.*control, m1-block"),
        ({"session": 4}, "sessions 1-3.*--from-session 4"),
        ({"session": 0}, "sessions 1-3.*--from-session 0"),
    ],
)
def test_what_cannot_be_gone_on_from_is_refused(trained, asked, says):
    with pytest.raises(UserError, match=says):
        find_origin(trained[0].path, **asked)


def test_no_more_mice_than_there_are_and_no_run_of_a_run(trained, goes_on):
    source, origin = find_origin(trained[0].path)
    with pytest.raises(UserError, match="holds 2 mice.*--mice 3"):
        check_size(source, origin, 3)
    run, design = goes_on("next")
    run_shard(Shard(run, design, PARTS, True, design.subjects()), lambda event: None)
    with pytest.raises(UserError, match="goes on from trained itself"):
        find_origin(run.path)
