"""Indicative neurons: those planted are found, and no more than shuffled labels give where there are none."""

import numpy as np
import pytest
from planted_outcome import mouse_of, shuffled_mouse

from reachenv.lab.analysis.outcome.indicative import IndicativeNeurons, analyse, counted
from reachenv.lab.analysis.outcome.trials import balanced, folds


def fractions(mouse, **choice):
    table = analyse(mouse)["sessions"]
    for column, value in {"trials": "all", "level": 0.05, "windows": 1, **choice}.items():
        table = table[table[column] == value]
    return table.reset_index(drop=True)


def test_the_share_of_planted_cells_is_found_in_the_windows_after_the_outcome():
    mouse = mouse_of({"outcome": 4.0, "cells": 10})
    for windows in (1, 2):
        table = fractions(mouse, windows=windows, level=0.001)
        assert table.fraction[0] == pytest.approx(10 / 40, abs=0.03) and table.shuffled[0] < 0.02
    found = analyse(mouse)
    assert found["indicative"][0, 2, found["window"] == 1.0, :10].all() and not found["indicative"][0, 2, :, 10:].any()
    assert not found["indicative"][0, 2, found["window"] == -1.0].any()


@pytest.mark.parametrize("removed", [{"outcome": 0.0}, {"outcome": 4.0}], ids=["none", "shuffled"])
def test_without_an_outcome_the_fraction_lies_in_the_band_of_shuffled_labels(removed):
    """Cells share their labels and folds, so one mouse's fraction scatters: it is the mean over mice that is judged."""
    tables = []
    for number in range(1, 7):
        mouse = mouse_of(removed, mouse=number)
        tables.append(fractions(shuffled_mouse(mouse, number) if removed["outcome"] else mouse, trials="balanced"))
    ours, theirs = (np.mean([t[c][0] for t in tables]) for c in ("fraction", "shuffled"))
    low, high = (np.mean([t[c][0] for t in tables]) for c in ("shuffled_low", "shuffled_high"))
    assert theirs > 0.02  # in any of five windows, at P = .05, there are some
    assert low < ours < high and ours == pytest.approx(theirs, abs=0.1)


def test_stricter_rules_count_fewer():
    table = analyse(mouse_of({"outcome": 0.7}))["sessions"]
    every = table[table.trials == "all"].pivot(index="level", columns="windows", values="fraction")
    assert (every[2] <= every[1]).all() and every[1].is_monotonic_increasing and every[1][0.001] < every[1][0.05]


def test_accuracy_is_that_of_machines_fitted_one_by_one():
    svm, pipeline = pytest.importorskip("sklearn.svm"), pytest.importorskip("sklearn.pipeline")
    from sklearn.preprocessing import StandardScaler

    rng = np.random.default_rng(0)
    won, means = np.arange(31) < 12, rng.normal(size=(31, 2, 6))
    means[won] += rng.normal(size=(2, 6))
    found = IndicativeNeurons(shuffles=0).fit(means, won, np.random.default_rng(5))
    fold = folds(won, np.random.default_rng(5))
    for window in range(2):
        for unit in range(6):
            x, right = means[:, window, [unit]], []
            for k in range(10):
                machine = pipeline.make_pipeline(StandardScaler(), svm.SVC(kernel="linear", tol=1e-6))
                machine.fit(x[fold != k], won[fold != k])
                right.append(np.mean(machine.predict(x[fold == k]) == won[fold == k]))
            assert found.accuracy_[window, unit] == pytest.approx(np.mean(right))


def test_windows_in_a_row_by_hand():
    flags = np.array([[1, 1, 0], [1, 0, 0], [0, 1, 0]], bool)  # windows × units
    assert counted(flags, 1).tolist() == [True, True, False]
    assert counted(flags, 2).tolist() == [True, False, False]
    assert counted(flags, 4).tolist() == [False] * 3


def test_balanced_trials_hold_as_many_of_each():
    won = np.arange(50) < 12
    some = balanced(won, 9, np.random.default_rng(0))
    assert len(set(some)) == len(some) == 18 and won[some].sum() == 9


def test_too_few_successes_leave_no_row():
    found = analyse(mouse_of({"rate": 3 / 55}, {}))
    assert set(found["sessions"].session) == {2} and found["accuracy"].shape == (2, 7, 40)
    assert np.isnan(found["accuracy"][0]).all()
    assert analyse(mouse_of({"rate": 3 / 55}))["sessions"].empty
