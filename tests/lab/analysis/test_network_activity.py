"""Average activity and correlations: known matrices, and planted changes that the averages see or must not see."""

import numpy as np
import pytest
from planted_network import Film, imaged_mouse

from reachenv.lab.analysis.network import activity
from reachenv.lab.analysis.network.correlation import DROPPED, correlations
from reachenv.lab.analysis.results import Mouse


def test_correlations_are_those_of_numpy_trial_by_trial():
    dff = np.random.default_rng(0).normal(size=(3, 60, 5))
    ours = correlations(dff)
    for trial, matrix in zip(dff, ours, strict=True):
        assert np.allclose(matrix, np.corrcoef(trial[DROPPED:].T))


def test_the_first_nineteen_frames_do_not_count():
    dff = np.random.default_rng(0).normal(size=(2, 60, 5))
    changed = dff.copy()
    changed[:, :19] += 100 * np.random.default_rng(1).normal(size=(2, 19, 5))
    assert np.array_equal(correlations(dff), correlations(changed))
    changed[:, 19] += 100
    assert not np.allclose(correlations(dff), correlations(changed))


def test_a_silent_neuron_correlates_with_none():
    dff = np.random.default_rng(0).normal(size=(2, 60, 5))
    dff[0, :, 2] = 3.0
    first, second = correlations(dff)
    assert first[2].tolist() == [0, 0, 1, 0, 0] and np.allclose(second, np.corrcoef(dff[1, 19:].T))


def test_averages_are_what_was_put_in():
    rng = np.random.default_rng(0)
    common = rng.normal(size=(30, 400, 1))
    dff = 0.4 + np.sqrt(0.3) * common + np.sqrt(0.7) * rng.normal(size=(30, 400, 12))
    film = Film(dff, 0.4 + 0 * dff, np.arange(400) / 30)
    base = imaged_mouse()
    row = activity.analyse(Mouse(base.subject, {1: film}, base.trials))["sessions"].iloc[0]
    assert row.dff == pytest.approx(0.4, abs=0.01) and row.rate == pytest.approx(0.4)
    assert row.correlation == pytest.approx(0.3, abs=0.02)


def test_averages_stay_while_the_configuration_moves_and_change_when_activity_does():
    steady = activity.analyse(imaged_mouse())["sessions"]
    louder = activity.analyse(imaged_mouse(gain=lambda s: 1 + 0.1 * (s - 1)))["sessions"]
    assert steady.dff.iloc[6] == pytest.approx(steady.dff.iloc[0], rel=0.02)
    assert louder.dff.iloc[6] == pytest.approx(1.6 * louder.dff.iloc[0], rel=0.02)


def test_the_profile_is_the_mean_over_trials():
    mouse = imaged_mouse(sessions=2, trials=5)
    found = activity.analyse(mouse)
    assert found["profile"].shape == (2, 120, 24) and list(found["session"]) == [1, 2]
    assert np.allclose(found["profile"][1], mouse.sessions[2].dff.mean(0), atol=1e-5)
