"""Outcome separation: how far apart success and failure lie in the space of the population's main components, frame by frame."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from reachenv.lab.analysis.outcome.trials import SHUFFLES, generator, sessions_of
from reachenv.lab.analysis.results import Mouse, Result

COMPONENTS = 5  # our choice: few enough that a covariance within classes can be told from some 15 trials a class


@dataclass
class OutcomeSeparation:
    """PCA over frames × trials, then Mahalanobis d′ at every frame; labels shuffled over trials for comparison.

    d′² = (m₁ − m₀)ᵀ Σ⁻¹ (m₁ − m₀), Σ the covariance within classes, pooled. d′ is never negative and rises with few
    trials, which is why shuffled labels stand beside it.

    After `fit`: dprime_ (frames,), shuffled_ (shuffles, frames), explained_: share of the variance in the components.
    """

    components: int = COMPONENTS
    shuffles: int = SHUFFLES

    def fit(self, dff: np.ndarray, success: np.ndarray, rng: np.random.Generator | None = None) -> OutcomeSeparation:
        """dff: (trials, frames, units), success: (trials,) bool, more than 3 of each label."""
        rng = rng or np.random.default_rng(0)
        scores, self.explained_ = project(dff, min(self.components, len(success) - 3))
        self.dprime_ = dprime(scores, success)
        self.shuffled_ = np.stack([dprime(scores, rng.permutation(success)) for _ in range(self.shuffles)])
        return self


def project(dff: np.ndarray, components: int) -> tuple[np.ndarray, float]:
    """Scores (trials, frames, components) on the main components of frames × trials, and their share of the variance."""
    flat = dff.reshape(-1, dff.shape[-1]).astype(np.float64)
    flat -= flat.mean(0)
    values, vectors = np.linalg.eigh(flat.T @ flat)
    values, vectors = values[::-1][:components], vectors[:, ::-1][:, :components]
    return (flat @ vectors).reshape(*dff.shape[:2], -1), float(values.sum() / max((flat**2).sum(), 1e-300))


def dprime(scores: np.ndarray, success: np.ndarray) -> np.ndarray:
    """(frames,) Mahalanobis distance of the two classes' means. scores: (trials, frames, components)."""
    won, lost = scores[success], scores[~success]
    apart = won.mean(0) - lost.mean(0)
    within = np.concatenate([won - won.mean(0), lost - lost.mean(0)])
    covariance = np.einsum("tfi,tfj->fij", within, within, optimize=True) / (len(scores) - 2)
    floor = 1e-9 * np.trace(covariance, axis1=1, axis2=2).mean() + 1e-300  # of a component that does not vary at all
    covariance = covariance + floor * np.eye(scores.shape[-1])
    return np.sqrt(np.einsum("fi,fi->f", apart, np.linalg.solve(covariance, apart[..., None])[..., 0]))


def analyse(mouse: Mouse, omissions: bool = False) -> Result:
    """Arrays `dprime` (sessions, frames) and `shuffled` (sessions, shuffles, frames), NaN where there were too few trials.

    Table `sessions`: successes, failures, d′ after the tone (the mean over frames), that of shuffled labels, variance in
    the components. `session`: (sessions,), which ones; `time_s`: (frames,) from the tone.
    """
    rows, curves, shuffled = [], [], []
    for s in sessions_of(mouse, omissions):
        row = {"session": s.number, "successes": int(s.success.sum()), "failures": int((~s.success).sum())}
        found = OutcomeSeparation()
        if s.enough():
            found.fit(s.dff, s.success, generator(mouse, s.number))
        else:
            found.dprime_ = np.full(len(s.time_s), np.nan)
            found.shuffled_ = np.full((found.shuffles, len(s.time_s)), np.nan)
            found.explained_ = np.nan
        after = s.time_s >= 0
        row |= {"dprime": found.dprime_[after].mean(), "dprime_shuffled": found.shuffled_[:, after].mean()}
        rows.append(row | {"explained": found.explained_})
        curves.append(found.dprime_)
        shuffled.append(found.shuffled_)
    return {
        "sessions": pd.DataFrame(rows),
        "dprime": np.stack(curves).astype(np.float32),
        "shuffled": np.stack(shuffled).astype(np.float32),
        "session": np.array(list(mouse.sessions)),
        "time_s": s.time_s,
    }
