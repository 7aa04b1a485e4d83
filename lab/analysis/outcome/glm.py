"""Event model (Levy et al. 2020): what each event of a trial adds to the prediction of a neuron's activity.

Activity is a sum of kernels, one an event, fitted by Lasso and scored on trials left out. An event's contribution is the
drop in that cross-validated R² when its kernel is left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from reachenv.lab.analysis.outcome.events import events as events_of
from reachenv.lab.analysis.outcome.events import inseparable
from reachenv.lab.analysis.outcome.kernels import design
from reachenv.lab.analysis.outcome.lasso import lasso
from reachenv.lab.analysis.outcome.trials import Session, balanced, fewest, generator, sessions_of
from reachenv.lab.analysis.results import Mouse, Result

FOLDS = 5
PENALTIES = (0.1, 0.03, 0.01, 0.003)  # of the least penalty at which a neuron's coefficients are all 0
DRAWS = 5  # of equal numbers: one alone, of few trials, scatters by as much as learning changes
CONSTANT = 1e-9  # a column or neuron with less variance than this does not vary


@dataclass
class EventGLM:
    """Sum of event kernels for each neuron, by Lasso; the penalty of each neuron is the best of a few over the folds.

    Folds are of whole trials. Events that cannot be told apart (see `lab.analysis.outcome.events.inseparable`) are left out
    together, and each is given what they add together.

    After `fit`: r2_ (units,), contribution_ (events, units), events_: their names, together_: event → events left out
    with it. A neuron that never varies has NaN.
    """

    folds: int = FOLDS
    penalties: tuple[float, ...] = PENALTIES

    def fit(
        self,
        dff: np.ndarray,
        frame_s: np.ndarray,
        events: dict[str, np.ndarray],
        rng: np.random.Generator | None = None,
        together: dict[str, tuple[str, ...]] | None = None,
    ) -> EventGLM:
        """dff: (trials, frames, units). frame_s: (trials, frames), events: name → (trials,), s from the start of the trial.

        together: which events to leave out with which; found in these trials where it is not given.
        """
        x, owner = design(frame_s, events)
        self.together_ = together or inseparable([events])
        self.events_ = tuple(events)
        fold = (rng or np.random.default_rng(0)).permutation(np.arange(len(dff)) % self.folds)
        moments = _Moments(x, dff, fold, self.folds)
        everything = np.ones(len(owner), bool)
        penalty, fits = self._choose(moments, everything)
        self.r2_ = moments.r2(everything, fits)
        self.contribution_ = np.empty((len(events), dff.shape[-1]))
        for number, event in enumerate(events):
            earlier = [i for i, e in enumerate(self.events_[:number]) if self.together_[e] == self.together_[event]]
            if earlier:
                self.contribution_[number] = self.contribution_[earlier[0]]
                continue
            kept = ~np.isin(owner, [self.events_.index(e) for e in self.together_[event]])
            without = [
                lasso(g[np.ix_(kept, kept)], c[kept], penalty, f[kept])
                for (g, c), f in zip(moments.train, fits, strict=True)
            ]
            self.contribution_[number] = self.r2_ - moments.r2(kept, without)
        return self

    def _choose(self, moments: _Moments, kept: np.ndarray) -> tuple[np.ndarray, list[np.ndarray]]:
        """Each neuron's best penalty (units,), and the coefficients of every fold with it."""
        largest = np.mean([np.abs(c).max(0) for _, c in moments.train], axis=0)
        scores, paths = [], []
        fits: Sequence[np.ndarray | None] = [None] * self.folds
        for share in self.penalties:
            found = [lasso(g, c, share * largest, f) for (g, c), f in zip(moments.train, fits, strict=True)]
            scores.append(moments.r2(kept, found))
            paths.append(np.stack(found))
            fits = found
        best = np.argmax(np.nan_to_num(scores, nan=-np.inf), axis=0)
        units = np.arange(len(best))
        return np.array(self.penalties)[best] * largest, list(np.stack(paths)[best, :, :, units].transpose(1, 2, 0))


def analyse(mouse: Mouse, omissions: bool = False) -> Result:
    """Table `sessions`, a row a session, choice of trials and event: contribution (mean over neurons), r2 of all, together.

    trials: `all`, as published; `balanced`, as many successes as failures and as many in every session (the fewest of
    any of them), for success explains the more variance the more even they are; the mean over DRAWS choices.
    together: the events left out with this one, the same in all sessions of a mouse. Arrays, of all trials:
    `contribution` (sessions, events, units) and `r2`
    (sessions, units) f32; `session` (sessions,), `event` (events,).
    """
    sessions = sessions_of(mouse, omissions)
    times = [_events(mouse, s) for s in sessions]
    together, each = inseparable(times), fewest(sessions)
    rows, contributions, scores = [], [], []
    for s, events in zip(sessions, times, strict=True):
        rng = generator(mouse, s.number)
        everything = np.arange(len(s.success))
        for trials, draws in (("all", 1), ("balanced", DRAWS)):
            contribution, r2 = (np.full((*n, s.dff.shape[-1]), np.nan) for n in ((len(events),), ()))
            if s.enough():
                fits = []
                for _ in range(draws):
                    some = everything if trials == "all" else balanced(s.success, each, rng)
                    frame_s = s.rows.tone_time.to_numpy(float)[some, None] + s.time_s
                    chosen = {event: at[some] for event, at in events.items()}
                    fits.append(EventGLM().fit(s.dff[some], frame_s, chosen, rng, together))
                contribution, r2 = (np.mean([getattr(f, n) for f in fits], axis=0) for n in ("contribution_", "r2_"))
            for event, values in zip(events, contribution, strict=True):
                rows.append((s.number, trials, event, _mean(values), _mean(r2), "+".join(together[event])))
            if trials == "all":
                contributions.append(contribution)
                scores.append(r2)
    return {
        "sessions": pd.DataFrame(rows, columns=["session", "trials", "event", "contribution", "r2", "together"]),
        "contribution": np.stack(contributions).astype(np.float32),
        "r2": np.stack(scores).astype(np.float32),
        "session": np.array(list(mouse.sessions)),
        "event": np.array(list(times[0])),
    }


def _events(mouse: Mouse, session: Session) -> dict[str, np.ndarray]:
    imaged = mouse.sessions[session.number]
    paw = getattr(imaged, "paw_mm", None)
    return events_of(session.rows, None if paw is None else paw[session.rows.index], getattr(imaged, "dt", np.nan))


def _mean(values: np.ndarray) -> float:
    values = values[~np.isnan(values)]
    return float(values.mean()) if len(values) else np.nan


class _Moments:
    """Sums of products by fold: all that fitting and scoring need. Columns and neurons have unit variance over the session.

    train: for each fold (XᵀX / n, Xᵀy / n) of the other folds' trials, each about its mean.
    """

    def __init__(self, x: np.ndarray, dff: np.ndarray, fold: np.ndarray, folds: int):
        x, y = (_scaled(a) for a in (x, dff))
        self.varies = np.asarray(y.any((0, 1)))
        parts = [_products(x[fold == k], y[fold == k]) for k in range(folds)]
        whole: list[Any] = [sum(p) for p in zip(*parts, strict=True)]
        self.train, self._tests = [], []
        for part in parts:
            n, sx, sy, xx, xy, _ = (w - p for w, p in zip(whole, part, strict=True))
            mx, my = sx / n, sy / n
            self.train.append((xx / n - np.outer(mx, mx), xy / n - np.outer(mx, my)))
            m, tx, ty, txx, txy, tyy = part  # test trials about the training mean: what the intercept takes away
            self._tests.append(
                (
                    txx - np.outer(tx, mx) - np.outer(mx, tx) + m * np.outer(mx, mx),
                    txy - np.outer(tx, my) - np.outer(mx, ty) + m * np.outer(mx, my),
                    tyy - 2 * my * ty + m * my**2,
                )
            )

    def r2(self, kept: np.ndarray, fits: list[np.ndarray]) -> np.ndarray:
        """(units,) of coefficients (kept columns, units) a fold, on the trials left out, all folds together."""
        missed = total = np.zeros(self.varies.shape)
        for (xx, xy, yy), b in zip(self._tests, fits, strict=True):
            missed = missed + yy - 2 * np.sum(b * xy[kept], 0) + np.sum(b * (xx[np.ix_(kept, kept)] @ b), 0)
            total = total + yy
        return np.where(self.varies, 1 - missed / np.where(self.varies, total, 1), np.nan)


def _scaled(a: np.ndarray) -> np.ndarray:
    """To mean 0 and variance 1 over trials and frames; what does not vary becomes 0."""
    flat = a.reshape(-1, a.shape[-1]).astype(np.float64)
    flat = flat - flat.mean(0)
    spread = flat.std(0)
    return (flat / np.where(spread > CONSTANT, spread, np.inf)).reshape(a.shape)


def _products(x: np.ndarray, y: np.ndarray) -> tuple[float, np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """n, Σx, Σy, Σxxᵀ, Σxyᵀ, Σy² over trials and frames."""
    x, y = x.reshape(-1, x.shape[-1]), y.reshape(-1, y.shape[-1])
    return float(len(x)), x.sum(0), y.sum(0), x.T @ x, x.T @ y, (y**2).sum(0)
