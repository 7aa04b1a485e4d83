"""Does activity run as in a beginner or as in an expert? A classifier in windows that slide through the trial."""

from __future__ import annotations

import numpy as np
import pandas as pd
from sklearn import config_context
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.model_selection import StratifiedKFold
from sklearn.svm import SVC

from reachenv.lab.analysis.results import Mouse, Result

WINDOW_S, HOP_S = 1.0, 0.5
COSTS = tuple(2.0**k for k in range(-6, 11, 4))  # C from 2⁻⁶ to 2¹⁰, coarser than the study for the sake of time
FOLDS, INNER_FOLDS = 10, 3
SEED = 0  # of the folds


def window_means(dff: np.ndarray, time_s: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean of every neuron in windows of 1 s every 0.5 s: (trials, windows, units) f64, and their middles [s] (windows,).

    dff: (trials, frames, units); time_s: (frames,), evenly spaced. Only whole windows; windows begin at the first frame.
    """
    frame, length, starts = _windows(time_s)
    means = np.stack([dff[:, s : s + length].mean(1, dtype=np.float64) for s in starts], axis=1)
    return means, time_s[0] + (starts + length / 2) * frame


def _windows(time_s: np.ndarray) -> tuple[float, int, np.ndarray]:
    """Duration of a frame [s], frames in a window, first frame of each whole window."""
    frame = (time_s[-1] - time_s[0]) / (len(time_s) - 1)
    length, hop = round(WINDOW_S / frame), round(HOP_S / frame)
    return frame, length, np.arange(0, len(time_s) - length + 1, hop)


class FoldedSVM(ClassifierMixin, BaseEstimator):
    """Linear support vector machine, beginner (0) against expert (1), that never judges a trial it has learned from.

    Trials are dealt into outer folds. Each fold's machine learns from the other folds: features scaled to 0–1 by the
    least and the most among them, C chosen by inner folds of them. `predict_out_of_fold` judges every trial of `fit` by
    the machine that has not seen it; `predict` judges new trials by all machines.

    folds, inner_folds: at most; fewer where a class has fewer trials. costs: the values of C tried; of equals the
    smallest is taken. After `fit`: `machines_`, one a fold; `costs_`, the C of each.
    """

    def __init__(self, folds: int = FOLDS, inner_folds: int = INNER_FOLDS, costs: tuple = COSTS, seed: int = SEED):
        self.folds, self.inner_folds, self.costs, self.seed = folds, inner_folds, costs, seed

    def fit(self, X: np.ndarray, y: np.ndarray) -> FoldedSVM:
        """X: (trials, features); y: (trials,) 0 or 1. ValueError where a class has fewer than 4 trials."""
        with config_context(assume_finite=True, skip_parameter_validation=True):
            return self._fit(np.asarray(X, float), np.asarray(y, int))

    def _fit(self, X: np.ndarray, y: np.ndarray) -> FoldedSVM:
        fewest = np.bincount(y, minlength=2).min()
        if fewest < 4:
            raise ValueError(f"4 trials of each class are the fewest; {fewest} given")
        self.classes_ = np.array([0, 1])
        self.machines_, self.costs_, self._own = [], [], np.empty(len(y), int)
        for train, test in _folds(min(self.folds, fewest), self.seed).split(X, y):
            scale = _Scale(X[train])
            inside = scale(X[train])
            cost = self._choose(inside @ inside.T, y[train])
            machine = SVC(kernel="linear", C=cost).fit(inside, y[train])
            self.machines_.append((scale, machine.coef_[0], machine.intercept_[0]))
            self.costs_.append(cost)
            self._own[test] = self._decide(len(self.machines_) - 1, X[test])
        return self

    def predict_out_of_fold(self) -> np.ndarray:
        """0 or 1 for each trial of `fit`, in its order."""
        return self._own

    def predict_share(self, X: np.ndarray) -> np.ndarray:
        """Share of machines that call a new trial expert; (trials,)."""
        return np.mean([self._decide(k, np.asarray(X, float)) for k in range(len(self.machines_))], axis=0)

    def predict(self, X: np.ndarray) -> np.ndarray:
        """0 or 1, the majority of machines; (trials,)."""
        return (self.predict_share(X) > 0.5).astype(int)

    def _decide(self, k: int, X: np.ndarray) -> np.ndarray:
        scale, weights, bias = self.machines_[k]
        return (scale(X) @ weights + bias > 0).astype(int)

    def _choose(self, gram: np.ndarray, y: np.ndarray) -> float:
        """The C under which inner folds judge best. gram: (trials, trials) products of the scaled features."""
        right = np.zeros(len(self.costs))
        for train, test in _folds(min(self.inner_folds, np.bincount(y).min()), self.seed).split(gram, y):
            inside, outside = gram[np.ix_(train, train)], gram[np.ix_(test, train)]
            for k, cost in enumerate(self.costs):
                machine = SVC(kernel="precomputed", C=cost).fit(inside, y[train])
                side = outside[:, machine.support_] @ machine.dual_coef_[0] + machine.intercept_[0]
                right[k] += ((side > 0) == y[test]).sum()
        return self.costs[int(right.argmax())]


class _Scale:
    """Features to 0–1 by their least and most among the trials given; one that never changes goes to 0."""

    def __init__(self, X: np.ndarray):
        self.low = X.min(0)
        span = X.max(0) - self.low
        self.span = np.where(span > 0, span, np.inf)

    def __call__(self, X: np.ndarray) -> np.ndarray:
        return (X - self.low) / self.span


def analyse(mouse: Mouse) -> Result:
    """Table `levels`: session, window (its middle, s from the tone), level: the share of trials that look expert.

    Sessions 1 and 7 are judged out of fold, others by all the machines. No rows where either of the two is not there,
    or has fewer than 4 trials, or where a trial is shorter than a window.
    """
    first, expert = 1, mouse.expert
    empty = {"levels": pd.DataFrame({"session": [], "window": [], "level": []})}
    if first == expert or not mouse.has(first, expert):
        return empty
    time = mouse.sessions[first].time_s
    if not len(_windows(time)[2]):
        return empty
    means = {s: window_means(imaged.dff, time)[0] for s, imaged in mouse.sessions.items()}
    if min(len(means[first]), len(means[expert])) < 4:
        return empty
    middles = window_means(mouse.sessions[first].dff[:1], time)[1]
    y = np.repeat([0, 1], [len(means[first]), len(means[expert])])
    rows = []
    for w, middle in enumerate(middles):
        machine = FoldedSVM().fit(np.concatenate([means[first][:, w], means[expert][:, w]]), y)
        own = machine.predict_out_of_fold()
        for session, features in means.items():
            if session in (first, expert):
                level = own[y == (session == expert)].mean()
            else:
                level = machine.predict_share(features[:, w]).mean()
            rows.append({"session": session, "window": middle, "level": float(level)})
    return {"levels": pd.DataFrame(rows)}


def _folds(count: int, seed: int) -> StratifiedKFold:
    return StratifiedKFold(max(2, count), shuffle=True, random_state=seed)
