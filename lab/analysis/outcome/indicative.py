"""Indicative neurons: cells from each of which alone success can be told from failure, beside what shuffled labels give."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from reachenv.lab.analysis.outcome.svm1d import solve
from reachenv.lab.analysis.outcome.trials import (
    FOLDS,
    SHUFFLES,
    balanced,
    chance,
    fewest,
    folds,
    generator,
    sessions_of,
    window_means,
)
from reachenv.lab.analysis.results import Mouse, Result

LEVELS = (0.05, 0.01, 0.001)
IN_A_ROW = (1, 2)  # windows, one after another, in which a neuron must be indicative to count


@dataclass
class IndicativeNeurons:
    """A linear support-vector machine for each neuron and window, as in `lab.analysis.outcome.svm1d`, tested out of fold.

    A neuron is indicative in a window where mean accuracy over folds − t · s.e.m. is above chance, t the one-sided
    quantile of Student's distribution at the level. Both are computed again with labels shuffled over trials.

    After `fit`: accuracy_ (windows, units), indicative_ (levels, windows, units) bool, shuffled_ (shuffles, levels,
    windows, units) bool, chance_.
    """

    c: float = 1.0
    folds: int = FOLDS
    shuffles: int = SHUFFLES
    levels: tuple[float, ...] = LEVELS

    def fit(self, means: np.ndarray, success: np.ndarray, rng: np.random.Generator | None = None) -> IndicativeNeurons:
        """means: (trials, windows, units), success: (trials,) bool."""
        rng = rng or np.random.default_rng(0)
        self.chance_ = chance(success)
        accuracy = self._accuracy(means, success, rng)
        self.accuracy_ = accuracy.mean(-1)
        self.indicative_ = self._above(accuracy)
        again = [self._above(self._accuracy(means, rng.permutation(success), rng)) for _ in range(self.shuffles)]
        self.shuffled_ = np.array(again, bool).reshape(self.shuffles, *self.indicative_.shape)
        return self

    def _above(self, accuracy: np.ndarray) -> np.ndarray:
        """(levels, windows, units) of accuracy (windows, units, folds)."""
        mean, sem = accuracy.mean(-1), accuracy.std(-1, ddof=1) / self.folds**0.5
        t = stats.t.ppf(1 - np.array(self.levels), self.folds - 1)
        return (
            mean - t[:, None, None] * sem > self.chance_ + 1e-9
        )  # saying the commoner label is not above it by rounding

    def _accuracy(self, means: np.ndarray, success: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Share of right answers out of fold: (windows, units, folds)."""
        trials = len(success)
        flat = np.ascontiguousarray(means.reshape(trials, -1).T)  # (windows × units, trials)
        fold, out = folds(success, rng, self.folds), np.empty((len(flat), self.folds))
        for k in range(self.folds):
            train, test = fold != k, fold == k
            seen = flat[:, train]
            centre, spread = seen.mean(1, keepdims=True), seen.std(1, keepdims=True)
            x = (flat - centre) / np.where(spread > 0, spread, 1)
            w, b = solve(x[:, train & success], x[:, train & ~success], self.c)
            out[:, k] = np.mean((w[:, None] * x[:, test] + b[:, None] > 0) == success[test], axis=1)
        return out.reshape(*means.shape[1:], self.folds)


def counted(indicative: np.ndarray, in_a_row: int) -> np.ndarray:
    """(..., units) whether a neuron is indicative in `in_a_row` windows one after another. indicative: (..., windows, units)."""
    windows = indicative.shape[-2] - in_a_row + 1
    if windows < 1:
        return np.zeros((*indicative.shape[:-2], indicative.shape[-1]), bool)
    runs = [indicative[..., i : i + windows, :] for i in range(in_a_row)]
    return np.logical_and.reduce(runs).any(-2)


def analyse(mouse: Mouse, omissions: bool = False) -> Result:
    """Table `sessions`, a row a session, choice of trials, level and rule: fraction, and the shuffles' mean and extremes.

    trials: `all`, as published; `balanced`, as many successes as failures and as many in every session (the fewest of
    any of them), for the fraction that can be told depends on how often the mouse succeeds. windows: 1 or 2 in a row, of
    those that begin with the tone or after it. chance: share of the commoner label.
    Array `indicative` (sessions, levels, windows, units) bool of all trials, `accuracy` (sessions, windows, units) f32,
    `session` (sessions,), `window` (windows,) [s]: all windows.
    """
    rows, flags, accuracies = [], [], []
    sessions = sessions_of(mouse, omissions)
    each = fewest(sessions)
    for s in sessions:
        means, starts = window_means(s.dff, s.time_s)
        if not s.enough():
            flags.append(np.zeros((len(LEVELS), *means.shape[1:]), bool))
            accuracies.append(np.full(means.shape[1:], np.nan))
            continue
        rng = generator(mouse, s.number)
        found = IndicativeNeurons().fit(means, s.success, rng)
        rows += _rows(s.number, "all", found, starts)
        some = balanced(s.success, each, rng)
        if len(some) >= FOLDS:
            rows += _rows(s.number, "balanced", IndicativeNeurons().fit(means[some], s.success[some], rng), starts)
        flags.append(found.indicative_)
        accuracies.append(found.accuracy_)
    columns = [
        "session",
        "trials",
        "level",
        "windows",
        "fraction",
        "shuffled",
        "shuffled_low",
        "shuffled_high",
        "chance",
    ]
    return {
        "sessions": pd.DataFrame(rows, columns=columns),
        "indicative": np.stack(flags),
        "accuracy": np.stack(accuracies).astype(np.float32),
        "session": np.array(list(mouse.sessions)),
        "window": starts,
    }


def _rows(session: int, trials: str, found: IndicativeNeurons, starts: np.ndarray) -> list[tuple]:
    after, rows = starts > -1e-6, []
    for i, level in enumerate(found.levels):
        for in_a_row in IN_A_ROW:
            fraction = counted(found.indicative_[i][after], in_a_row).mean()
            shuffled = counted(found.shuffled_[:, i][:, after], in_a_row).mean(-1)
            rows.append(
                (session, trials, level, in_a_row, fraction, shuffled.mean(), shuffled.min(), shuffled.max(), found.chance_)
            )  # fmt: skip
    return rows
