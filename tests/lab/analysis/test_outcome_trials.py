"""Which trials enter, the windows, the folds."""

import numpy as np
import pytest
from planted_outcome import mouse_of

from reachenv.lab.analysis.outcome import decoder, glm, indicative, separation
from reachenv.lab.analysis.outcome.trials import chance, folds, sessions_of, window_means


def test_trials_without_a_reach_stay_out_unless_asked_for():
    mouse = mouse_of({"trials": 20})
    mouse.trials.loc[[3, 7], ["outcome", "success"]] = ["no_reach", False]
    (left,) = sessions_of(mouse)
    assert len(left.dff) == len(left.success) == len(left.rows) == 18 and 3 not in left.rows.index
    assert np.array_equal(left.dff[3], mouse.sessions[1].dff[4])
    (every,) = sessions_of(mouse, omissions=True)
    assert len(every.dff) == 20 and not every.success[3]


@pytest.mark.parametrize(("won", "lost", "enough"), [(4, 30, True), (3, 30, False), (30, 3, False), (4, 5, False)])
def test_more_than_three_of_each_and_a_trial_for_every_fold(won, lost, enough):
    mouse = mouse_of({"trials": won + lost})
    mouse.trials["success"] = np.arange(won + lost) < won
    assert sessions_of(mouse)[0].enough() == enough


@pytest.mark.parametrize(("seconds", "before", "count"), [(4, 1.0, 7), (12, 4.0, 23)])
def test_windows_of_one_second_by_half_a_second_one_begins_with_the_tone(seconds, before, count):
    time = np.arange(30 * seconds) / 30 - before
    dff = np.tile(np.arange(len(time), dtype=np.float32)[:, None], (2, 1, 3))
    means, starts = window_means(dff, time)
    assert len(starts) == count and starts[0] == -before and 0.0 in starts and starts[-1] == seconds - before - 1
    assert np.allclose(means, (np.arange(count) * 15 + 14.5)[:, None])


def test_folds_share_out_both_labels_evenly_and_use_every_trial_once():
    won = np.arange(55) < 23
    fold = folds(won, np.random.default_rng(0))
    for trials in (won, ~won, np.ones(55, bool)):
        counts = np.bincount(fold[trials], minlength=10)
        assert counts.sum() == trials.sum() and np.ptp(counts) <= 1
    assert chance(won) == pytest.approx(32 / 55)


@pytest.mark.parametrize("analysis", [separation, decoder, indicative, glm])
def test_every_analysis_can_take_omissions_for_failures(analysis):
    mouse = mouse_of({"trials": 20, "units": 4, "cells": 2, "rate": 0.4})
    mouse.trials.loc[~mouse.trials.success, "outcome"] = "no_reach"  # without them no failure is left
    column = {separation: "dprime", decoder: "accuracy", indicative: "fraction", glm: "r2"}[analysis]
    assert not analysis.analyse(mouse)["sessions"][column].notna().any()
    assert analysis.analyse(mouse, omissions=True)["sessions"][column].notna().all()
