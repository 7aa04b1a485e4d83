"""Outcome decoder: can success and failure be told from the population's activity in a window of time?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from reachenv.lab.analysis.outcome.trials import FOLDS, chance, folds, generator, sessions_of, window_means
from reachenv.lab.analysis.results import Mouse, Result


@dataclass
class OutcomeDecoder:
    """A linear support-vector machine a window, on units scaled by the trials it learns from, tested on those left out.

    c: the usual default; with more units than trials the classes can be parted and c hardly matters.
    After `fit`: accuracy_ (windows, folds), chance_: share of the commoner outcome.
    """

    c: float = 1.0
    folds: int = FOLDS

    def fit(self, means: np.ndarray, success: np.ndarray, rng: np.random.Generator | None = None) -> OutcomeDecoder:
        """means: (trials, windows, units), success: (trials,) bool."""
        from sklearn.svm import SVC

        fold = folds(success, rng or np.random.default_rng(0), self.folds)
        self.accuracy_ = np.empty((means.shape[1], self.folds))
        self.chance_ = chance(success)
        for window in range(means.shape[1]):
            for k in range(self.folds):
                train = fold != k
                x = means[:, window] - means[train, window].mean(0)
                spread = x[train].std(0)
                x = x[:, spread > 0] / spread[spread > 0]
                kernel = x @ x[train].T  # fewer trials than units: the machine needs only their products
                machine = SVC(kernel="precomputed", C=self.c).fit(kernel[train], success[train])
                self.accuracy_[window, k] = np.mean(machine.predict(kernel[~train]) == success[~train])
        return self


def analyse(mouse: Mouse, omissions: bool = False) -> Result:
    """Table `sessions`, a row a session and window: window [s], accuracy, sem over folds, chance; NaN where too few trials."""
    rows = []
    for s in sessions_of(mouse, omissions):
        means, starts = window_means(s.dff, s.time_s)
        accuracy, level = np.full((len(starts), FOLDS), np.nan), np.nan
        if s.enough():
            found = OutcomeDecoder().fit(means, s.success, generator(mouse, s.number))
            accuracy, level = found.accuracy_, found.chance_
        for start, values in zip(starts, accuracy, strict=True):
            sem = values.std(ddof=1) / FOLDS**0.5
            rows.append({"session": s.number, "window": start, "accuracy": values.mean(), "sem": sem, "chance": level})
    return {"sessions": pd.DataFrame(rows)}
