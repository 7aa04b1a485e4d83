"""Which trials enter an analysis of outcome, the windows of time it looks through, its folds and its shuffled labels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from reachenv.lab.analysis.results import Mouse

MORE_THAN = 3  # successes, and failures, that a session must have more of (Ghanayim et al. 2025, public analysis code)
FOLDS, SHUFFLES = 10, 10
WINDOW, HOP = 1.0, 0.5  # s, the sliding window of the same code


@dataclass(frozen=True)
class Session:
    """The trials of one session that have an outcome.

    dff: (trials, frames, units). time_s: (frames,) from the tone. success: (trials,) bool. rows: of trials.parquet,
    whose index is the trial's place in the recording.
    """

    number: int
    dff: np.ndarray
    time_s: np.ndarray
    success: np.ndarray
    rows: pd.DataFrame

    def enough(self) -> bool:
        """Whether there are successes and failures enough to tell them apart, and trials enough for the folds."""
        won = int(self.success.sum())
        return min(won, len(self.success) - won) > MORE_THAN and len(self.success) >= FOLDS


def sessions_of(mouse: Mouse, omissions: bool = False) -> list[Session]:
    """Every session of a mouse, without the trials in which it never reached, unless `omissions` counts them as failures."""
    found = []
    for number, imaged in mouse.sessions.items():
        rows = mouse.trials[mouse.trials.session == number].sort_values("trial").reset_index(drop=True)
        keep = np.ones(len(rows), bool) if omissions else (rows.outcome != "no_reach").to_numpy(bool)
        won = rows.success.to_numpy(bool)[keep]
        found.append(Session(number, imaged.dff[keep], np.asarray(imaged.time_s), won, rows[keep]))
    return found


def window_means(
    dff: np.ndarray, time_s: np.ndarray, length: float = WINDOW, hop: float = HOP
) -> tuple[np.ndarray, np.ndarray]:
    """Means of dff (trials, frames, units) in sliding windows: (trials, windows, units) f64, and their starts (windows,) [s].

    Windows start at whole hops from the tone, so that one begins with it, and lie within the recording.
    """
    frame = float(np.median(np.diff(time_s)))
    first = np.ceil((time_s[0] - frame / 2) / hop) * hop
    starts = np.arange(first, time_s[-1] + 1.5 * frame - length, hop)
    span = max(1, round(length / frame))
    begin = np.minimum(np.searchsorted(time_s, starts - frame / 2), len(time_s) - span)
    means = [dff[:, b : b + span].mean(1, dtype=np.float64) for b in begin]
    return np.stack(means, axis=1), starts


def folds(success: np.ndarray, rng: np.random.Generator, count: int = FOLDS) -> np.ndarray:
    """(trials,) the fold in which each trial is tested: at random, successes and failures dealt out evenly."""
    fold, dealt = np.empty(len(success), int), 0
    for label in (True, False):
        trials = rng.permutation(np.flatnonzero(success == label))
        fold[trials] = (dealt + np.arange(len(trials))) % count
        dealt += len(trials)
    return fold


def balanced(success: np.ndarray, each: int, rng: np.random.Generator) -> np.ndarray:
    """Indices of `each` successes and as many failures, drawn at random, in order."""
    won, lost = np.flatnonzero(success), np.flatnonzero(~success)
    return np.sort(np.concatenate([rng.permutation(won)[:each], rng.permutation(lost)[:each]]))


def fewest(sessions: list[Session]) -> int:
    """Successes, or failures, that every session with enough of them has at least; 0 where there is no such session."""
    return min((int(min(s.success.sum(), (~s.success).sum())) for s in sessions if s.enough()), default=0)


def chance(success: np.ndarray) -> float:
    """Share of the commoner label: what one gets right who always says it."""
    return float(max(success.mean(), 1 - success.mean()))


def generator(mouse: Mouse, session: int) -> np.random.Generator:
    """The same draws for the same mouse and session, and for its twin."""
    return np.random.default_rng([mouse.subject.group.litter, mouse.subject.mouse, session])
