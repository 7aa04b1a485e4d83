"""The same promises with the real world and the real loop, at the smallest size."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from small_runs import assert_same, finish_here, make_run

from reachenv.agents.interventions import parse
from reachenv.lab.design.group import Group
from reachenv.lab.findings.behaviour import _same_trials
from reachenv.lab.findings.verdict import evidence_of
from reachenv.lab.records.recording import read_recording, read_trials, trial_table
from reachenv.lab.runner.brains import parts_for, senses_and_actions
from reachenv.lab.runner.session import run_session

REAL = parts_for("bg_loop")


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    run, design = make_run(tmp_path_factory.mktemp("real") / "whole", mice=1, sessions=2, trials=2)
    finish_here(run, design, REAL)
    return run, design


def test_mice_apart_or_together_interrupted_or_not_give_the_same_bits(whole, new_run):
    together, _ = whole
    apart, design = new_run("apart", mice=1, sessions=2, trials=2)
    for subject in design.subjects():
        finish_here(apart, design, REAL, (subject,))
    assert_same(together, apart)


def test_a_brain_that_never_touched_a_file_does_the_same(whole):
    run, design = whole
    subjects = design.subjects()
    world = REAL.make_world(design, subjects)
    brain = REAL.make_brain(design, subjects, *senses_and_actions())
    rows = []
    for session in (1, 2):
        brain.begin_session(session, [s.group.interventions for s in subjects])
        rows += run_session(design, subjects, session, world, brain, record=False).rows
    kept = read_trials(run)
    for mouse in range(2):
        straight = trial_table(rows[mouse] + rows[2 + mouse])
        there = kept[kept.group == subjects[mouse].group.name].reset_index(drop=True)
        pd.testing.assert_frame_equal(straight, there, check_dtype=False, check_exact=True)


def test_sham_is_one_animal_with_control_and_a_drug_that_acts_is_not(new_run):
    run, design = new_run("sham", groups=("control", "sham"), mice=1, sessions=2, trials=2)
    finish_here(run, design, REAL)
    drug = Group("sham", (parse("m1:2"),), role="sham")
    acting = replace(design, groups=(design.groups[0], drug))
    other, _ = new_run("drug", groups=("control", "sham"), mice=1, sessions=2, trials=2)
    other.update(design=acting.to_json())
    finish_here(other, acting, REAL)
    for of, same in ((run, True), (other, False)):
        assert _same_trials(evidence_of(of), "control", "sham") is same
        control, sham = (read_recording(of, s, 2) for s in of.design().subjects())
        assert all(np.array_equal(sham[name], control[name]) for name in control) is same


def test_recording_agrees_with_the_trials(whole):
    run, design = whole
    trials = read_trials(run)
    recording = read_recording(run, design.subjects()[0], 1)
    assert recording["paw_mm"].shape == (2, 400, 3) and recording["m1_l23"].shape[:2] == (2, 120)
    assert recording["qpos"].shape[:2] == (2, 400)
    assert (trials.tone_time == 1.0).all() and trials.outcome.notna().all()
    assert np.isfinite(trials.peak_speed).all() and np.isfinite(trials.value_at_tone).all()
    # The paw waits on its perch until the tone, and has left it half a second later or not reached at all.
    speed = np.linalg.norm(np.diff(recording["paw_mm"], axis=1), axis=2) / 10 / 0.01  # cm/s
    np.testing.assert_allclose(speed[:, 50:90].max(), 0, atol=5)
    assert (speed.max(1) < 150).all()


def test_a_blocked_mouse_gets_no_dopamine_in_m1_and_all_of_it_in_the_striatum(whole):
    run, design = whole
    blocked = read_recording(run, design.subjects()[1], 2)
    assert not blocked["dopamine_m1"].any() and (blocked["dopamine_striatum"] > 0).any()
