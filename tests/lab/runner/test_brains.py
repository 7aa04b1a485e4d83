"""Runs know their brain: any brain runs through a design, is recorded as what it is, and is credited with nothing else's results."""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import stub

from reachenv.lab.commands.main import call
from reachenv.lab.design.group import Group
from reachenv.lab.design.make import make_design
from reachenv.lab.errors import UserError
from reachenv.lab.findings.verdict import UNDECIDED, evidence_of
from reachenv.lab.records.folder import open_run
from reachenv.lab.records.recording import read_activity, read_recording, recorded_areas
from reachenv.lab.runner.brains import BRAINS, about_brain, find_brain, meet, parts_for, recorded

ROOT = Path(__file__).parents[3]
OWN = "examples.own_brain:AimLearner"


@pytest.fixture
def at_home(monkeypatch):
    """As if called in the checkout: the example is found there."""
    monkeypatch.chdir(ROOT)


@pytest.fixture(scope="module")
def own_run(tmp_path_factory):
    """A run of the example, through train.py, as a stranger would start it."""
    path = tmp_path_factory.mktemp("own") / "run"
    words = ["--brain", OWN, "--set", "rate=0.2", "--record", "muscles", "joints", "--mice", "2", "--sessions", "2", "--trials", "2",
             "--workers", "1", "--output", str(path)]  # fmt: skip
    done = subprocess.run([sys.executable, "train.py", *words], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    return open_run(path)


def test_a_run_says_which_brain_it_ran(own_run):
    brain = own_run.config()["brain"]
    assert brain["name"] == "aim_learner" and brain["parameters"]["rate"] == 0.2
    usual = find_brain(OWN)({"tone": slice(0, 1)}, 5, [1]).describe()
    assert brain["digest"] != usual.digest  # a number that was set is part of it
    assert own_run.design().brain == OWN and own_run.design().settings == (("rate", "0.2"),)


def test_probes_of_another_brain_do_not_count_for_it(own_run):
    assert own_run.config()["dynamics"] is None and own_run.config()["babbling"] is None
    rows = {row["id"]: row for row in json.loads((own_run.path / "findings.json").read_text())["findings"]}
    assert rows["L5"]["verdict"] == UNDECIDED == rows["L6"]["verdict"]


def test_a_probe_that_is_written_into_another_runs_config_counts_for_nothing(own_run):
    shipped = {name: json.loads((ROOT / "assets" / f"{name}.json").read_text()) for name in ("babbling", "dynamics")}
    config = own_run.config()
    try:
        own_run.update(**shipped)
        evidence = evidence_of(own_run)
    finally:
        own_run.update(babbling=config["babbling"], dynamics=config["dynamics"])
    assert evidence.babbling is None and evidence.dynamics is None


def test_probes_of_the_shipped_brain_are_of_its_digest():
    design = make_design("single")
    told = about_brain(meet(design, parts_for("bg_loop")), design, parts_for("bg_loop"))
    assert told["dynamics"]["brain"]["digest"] == told["babbling"]["brain"]["digest"] == told["brain"]["digest"]
    other = replace(design, settings=(("plasticity.tag", "0.5"),))
    changed = about_brain(meet(other, parts_for("bg_loop")), other, parts_for("bg_loop"))
    assert changed["dynamics"] is changed["babbling"] is None and changed["brain"]["digest"] != told["brain"]["digest"]


def test_it_has_figures_film_report_and_export_of_its_own(own_run, tmp_path):
    for name in ("rollout.mp4", "report.html", "figures/learning_curves.png", "figures/dopamine.png", "trials.parquet"):
        assert (own_run.path / name).stat().st_size > 0
    call(["export", str(own_run.path), "--parquet", "--mat", "--out", str(tmp_path)])
    assert (tmp_path / "mat" / "control-m01.mat").exists()
    assert (tmp_path / "parquet" / "control-m01.muscles.parquet").exists()


def test_what_was_asked_for_is_recorded_and_read(own_run):
    subject = own_run.design().subjects()[0]
    assert set(recorded_areas(own_run)) == {"m1_l23", "vta", "dopamine_m1", "muscles", "joints"}
    muscles, joints = (read_activity(own_run, subject, 1, area) for area in ("muscles", "joints"))
    assert muscles.shape == (2, 400, 17) and joints.shape == (2, 400, 6)
    assert 0 <= muscles.min() and muscles.max() <= 1 and np.ptp(joints[0], axis=0).max() > 0.1
    assert "dopamine_striatum" not in read_recording(own_run, subject, 1)
    with pytest.raises(UserError, match="recorded no 'gpi'; it recorded m1_l23.*muscles"):
        read_activity(own_run, subject, 1, "gpi")


@pytest.mark.parametrize(
    "options, said",
    [
        (["--design", "gpi-off"], "cannot carry out 'gpi:8' .group 'expert-off'.; it can: scale m1"),
        (["--design", "ablation"], "asks for the variant 'no-m1-plasticity'.*variants: none"),
        (["--intervention", "striatum:1"], "cannot carry out 'striatum:1'"),
        (["--intervention", "m1:1/1.0-1.5s"], "cannot carry out 'm1:1/1-1.5s'"),
        (["--record", "thalamus"], "no area 'thalamus' to record.*there is m1_l23, vta, dopamine_m1, muscles"),
        (["--set", "rat=1"], "no parameter 'rat'; did you mean rate"),
        (["--set", "rate=fast"], "takes a number"),
        (["--brain", "examples.own_brain:AimLerner"], "no brain 'AimLerner'; it has AimLearner"),
        (["--brain", "examples.no_brain:AimLearner"], "no module 'examples.no_brain'"),
        (["--brain", "bg_lop"], "did you mean bg_loop"),
    ],
)
def test_what_the_brain_cannot_do_is_refused_before_anything_is_written(at_home, tmp_path, options, said):
    path = tmp_path / "run"
    words = ["train", *([] if "--brain" in options else ["--brain", OWN]), *options, "--output", str(path)]
    with pytest.raises(UserError, match=said):
        call(words)
    assert not path.exists()


def test_a_lesion_that_a_brain_ignores_is_refused():
    """Before, it was recorded as done, and `experts run without BG output` was reproduced by any brain that ignored it."""

    class Deaf(stub.StubBrain):
        def supports(self, intervention):
            return False

    design = replace(make_design("single"), groups=(Group("control"), make_design("gpi-off").groups[1]))
    parts = replace(stub.STUB, make_brain=lambda design, subjects, senses, actions: Deaf([1]))
    with pytest.raises(UserError, match="the brain stub cannot carry out 'gpi:8'"):
        meet(design, parts)


def test_a_brain_can_be_named_by_an_entry_point_of_an_installed_package(monkeypatch):
    class Point:
        name, value = "theirs", "tests_of_own:Brain"

    monkeypatch.setattr(
        "reachenv.lab.runner.brains.entry_points", lambda group: [Point] if group == "reachenv.brains" else []
    )
    with pytest.raises(UserError, match="no module 'tests_of_own'"):  # it was looked for where the package said
        find_brain("theirs")
    with pytest.raises(UserError, match="there is theirs, bg_loop"):
        find_brain("nobody")


def test_an_alias_is_recorded_under_the_areas_own_name():
    brain = meet(make_design("single"), parts_for("bg_loop"))
    assert recorded(("d1", "gpi", "striatum_d1", "muscles"), brain) == ("striatum_d1", "gpi", "muscles")
    with pytest.raises(UserError, match="did you mean gpi"):
        recorded(("gpj",), brain)


def test_mice_go_on_with_their_own_brain_alone(own_run, at_home, tmp_path):
    own_run.update(status="finished")
    words = ["train", "--design", "acquisition", "--from", str(own_run.path), "--output", str(tmp_path / "next")]
    with pytest.raises(UserError, match="have the brain examples.own_brain:AimLearner; --brain bg_loop given"):
        call([*words, "--brain", "bg_loop"])
    with pytest.raises(UserError, match="cannot carry out 'gpi:1'"):  # without --brain it is theirs
        call(["train", "--design", "gpi-off", "--trials", "35", *words[3:]])


def test_every_shipped_brain_is_found():
    for name, where in BRAINS.items():
        assert isinstance(where, str) and callable(find_brain(name))
