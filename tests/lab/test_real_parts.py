"""The same promises with the real world and the real loop, at the smallest size."""

import numpy as np
import pytest
from conftest import assert_same

from lab.parts import parts_for
from lab.record import read_recording, read_trials
from lab.run import Shard, run_shard

REAL = parts_for("bg_loop")


@pytest.fixture
def whole(here):
    return here("whole", parts=REAL, mice=1, sessions=2, trials=2)


def test_mice_apart_or_together_interrupted_or_not_give_the_same_bits(whole, new_run):
    together, _ = whole
    apart, design = new_run("apart", mice=1, sessions=2, trials=2)
    for subject in design.subjects():
        run_shard(Shard(apart, design, REAL, True, (subject,)), lambda event: None)
    assert_same(together, apart)


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
