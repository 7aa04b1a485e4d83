"""Carrying out: bit-identical for any workers and batches, recorded or not, killed or not."""

import numpy as np
import pytest
import stub
from small_runs import arrays, assert_same, contents

from reachenv.lab.errors import Unforeseen, UserError
from reachenv.lab.records.recording import TRIAL_COLUMNS, read_recording, read_trials
from reachenv.lab.records.tape import Tape
from reachenv.lab.runner.brains import Parts
from reachenv.lab.runner.local import SessionDone, Shard, TrialDone, carry_out, run_shard


def test_trials_have_the_columns_and_rows_of_the_contract(here):
    run, design = here()
    trials = read_trials(run)
    assert list(trials.columns) == list(TRIAL_COLUMNS)
    assert len(trials) == design.total_trials() == 2 * 2 * 3 * 4
    assert set(trials.mouse) == {1, 2} and set(trials.session) == {1, 2, 3} and set(trials.trial) == {1, 2, 3, 4}
    assert ((trials.outcome == "success") == trials.success).all()
    assert trials.lift_time.isna().all()  # the stub does not tell it
    assert trials.at_mouth_time.isna().equals(~trials.success)
    assert set(trials[trials.group == "m1-block"].intervention) == {"", "m1x0"}


def test_recorded_rates_are_the_nearest_halves_also_the_tiny_ones():
    rates = np.geomspace(1e-30, 3.0, 400, dtype=np.float32).reshape(2, 200)  # two mice
    tape = Tape(2, trials=1)
    taps = {"m1_l23": rates, **dict.fromkeys(("vta", "dopamine_m1", "dopamine_striatum"), np.zeros((2, 1)))}
    for _ in range(4):
        tape.step(1, np.zeros((2, 3)), np.zeros((2, 5)), taps, lambda: np.zeros((2, 1)))
    tape.end_trial()
    film = tape.arrays(1)["film_m1"]
    assert film.dtype == np.float16 and np.array_equal(film[0, 0], rates[1].astype(np.float16))


def test_twins_are_one_animal_until_the_block(here):
    run, _ = here(trials=12)
    trials = read_trials(run).set_index(["group", "mouse", "session", "trial"])
    control, blocked = trials.loc["control"], trials.loc["m1-block"]
    assert control.loc[:, 1, :].rpe.equals(blocked.loc[:, 1, :].rpe)
    assert not control.loc[:, 3, :].rpe.equals(blocked.loc[:, 3, :].rpe)


def test_a_mouse_does_not_know_how_many_mice_there_are(here):
    few, _ = here("few", mice=1)
    many, _ = here("many", mice=3)
    one, three = contents(few), contents(many)
    assert set(one) < set(three) and all(three[name] == one[name] for name in one)


def test_workers_change_nothing_and_every_trial_is_told(spread, here):
    alone, _ = here("alone")
    run, design, events = spread(2, "spread")
    assert_same(alone, run)
    assert sum(len(e.mice) for e in events if isinstance(e, TrialDone)) == design.total_trials()
    assert sum(len(e.subjects) for e in events if isinstance(e, SessionDone)) == 2 * 2 * 3


def test_recording_only_observes(here):
    recorded, _ = here("recorded")
    bare, _ = here("bare", recording=False)
    without = {k: v for k, v in contents(recorded).items() if not k.endswith(".npz")}
    assert without == contents(bare)


def test_recording_has_the_shapes_of_the_contract(here):
    run, design = here(trials=5)
    steps, frames = stub.STEPS, int(stub.STEPS * 0.01 * 30)
    assert arrays(read_recording(run, design.subjects()[0], 2)) == {
        "paw_mm": (5, steps, 3),
        "command": (5, steps, 5),
        "m1_l23": (5, frames, stub.UNITS),
        "dopamine_m1": (5, steps),
        "dopamine_striatum": (5, steps),
        "vta": (5, steps),
        "film_trial": (3,),
        "qpos": (3, steps, stub.NQ),
        "film_m1": (3, steps, stub.UNITS),
        "dt": (),
        "frame_rate": (),
    }
    blocked = read_recording(run, design.subjects()[1], 2, ["dopamine_m1", "dopamine_striatum", "film_trial"])
    assert not blocked["dopamine_m1"].any() and blocked["dopamine_striatum"].all()
    np.testing.assert_array_equal(blocked["film_trial"], [1, 3, 5])


@pytest.mark.parametrize("lost", ["npz", "parquet", "safetensors"])
def test_a_lost_file_has_its_session_run_again_to_the_same_bits(here, new_run, lost):
    run, design = here("a")
    whole, _ = here("b")
    run.session_files(design.subjects()[0], 2).trials.with_suffix(f".{lost}").unlink()
    run_shard(Shard(run, design, stub.STUB, True, design.subjects()), lambda event: None)
    assert_same(run, whole)


def test_mice_at_different_sessions_catch_up_to_the_same_bits(here, new_run):
    whole, _ = here("whole")
    run, design = new_run("parted")
    subjects = design.subjects()

    class Enough(Exception):
        pass

    def stop_after_two(event, seen=[]):  # noqa: B006
        seen.append(event)
        if sum(isinstance(e, SessionDone) for e in seen) == 2:
            raise Enough

    with pytest.raises(Enough):
        run_shard(Shard(run, design, stub.STUB, True, subjects[:1]), stop_after_two)
    assert [run.next_session(s) for s in subjects] == [3, 1, 1, 1]
    run_shard(Shard(run, design, stub.STUB, True, subjects), lambda event: None)
    assert_same(run, whole)


def test_a_full_disk_is_one_sentence_and_what_was_written_stays(spread, tmp_path):
    with pytest.raises(UserError) as error:
        spread(1, parts=Parts(stub.make_full_disk_world, stub.make_brain))
    assert "--resume" in str(error.value) and "takes no more" in str(error.value)
    run_path = tmp_path / "run"
    assert len(list(run_path.rglob("session-01.parquet"))) == 4
    assert not list(run_path.rglob("session-02.parquet")) and not list(run_path.rglob(".*.part"))


def test_a_worker_that_dies_is_reported_and_the_run_goes_on_after(spread, here, tmp_path):
    whole, _ = here("whole")
    with pytest.raises(UserError, match="killed"):
        spread(1, parts=Parts(stub.make_dying_world, stub.make_brain))
    from reachenv.lab.records.folder import open_run

    run = open_run(tmp_path / "run")
    carry_out(run, run.design(), stub.STUB, 2, lambda event: None)
    assert_same(run, whole)


def test_what_nobody_foresaw_leaves_its_traceback_in_a_file(spread, tmp_path):
    with pytest.raises(Unforeseen, match="planted"):
        spread(1, parts=Parts(stub.make_failing_world, stub.make_brain))
    assert "ZeroDivisionError" in (tmp_path / "run" / "worker-error.log").read_text()


def test_a_damaged_brain_stops_a_resume_before_any_work(here):
    run, design = here(sessions=2)
    path = run.session_files(design.subjects()[0], 1).brain
    run.session_files(design.subjects()[0], 2).trials.unlink()
    body = path.read_bytes()
    path.write_bytes(body[:-1] + bytes([body[-1] ^ 1]))
    with pytest.raises(UserError) as error:
        carry_out(run, design, stub.STUB, 1, lambda event: None)
    assert path.name in str(error.value)
