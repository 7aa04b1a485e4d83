"""From files to behaviour: one number per mouse and session. Reads recorded files, knows no simulator."""

from __future__ import annotations

import numpy as np
import pandas as pd

from lab.folder import Run
from lab.record import read_recording

OUTCOMES = ("success", "drop", "slip", "knock", "miss", "no_reach")  # from the best to none


def by_session(trials: pd.DataFrame, column: str) -> dict[str, np.ndarray]:
    """Mean of a column per mouse and session: group → (mice, sessions), NaN where there is none."""
    means = trials.assign(value=trials[column].astype(float)).groupby(["group", "mouse", "session"])["value"].mean()
    return _spread(means, trials)


def median_by_session(trials: pd.DataFrame, column: str) -> dict[str, np.ndarray]:
    """Median of a column over the trials in which it happened: group → (mice, sessions)."""
    return _spread(trials.groupby(["group", "mouse", "session"])[column].median(), trials)


def outcome_shares(trials: pd.DataFrame) -> dict[str, np.ndarray]:
    """Share of each outcome: group → (outcomes, sessions) in the order of OUTCOMES, mice counting alike."""
    shares = {}
    for group, table in trials.groupby("group"):
        per_mouse = [by_session(table.assign(this=table.outcome == o), "this")[group].mean(0) for o in OUTCOMES]
        shares[group] = np.array(per_mouse)
    return shares


def outcome_raster(trials: pd.DataFrame, group: str) -> np.ndarray:
    """Every trial of a group: (mice, sessions × trials) index into OUTCOMES, −1 where there is none."""
    table = trials[trials.group == group]
    raster = np.full((trials.mouse.max(), trials.session.max() * trials.trial.max()), -1)
    column = (table.session - 1) * trials.trial.max() + table.trial - 1
    raster[table.mouse - 1, column] = table.outcome.map({o: i for i, o in enumerate(OUTCOMES)}).fillna(-1)
    return raster


def dopamine_by_session(
    run: Run, trials: pd.DataFrame, target: str = "dopamine_m1"
) -> dict[str, dict[str, np.ndarray]]:
    """Phasic dopamine at the tone and at the outcome, by group: moment → (mice, sessions).

    The largest departure from the level before (0.3 s before to the moment), with its sign, within 0.5 s after.
    Moments: tone; success (the pellet at the mouth); failure (the end of the trial, where a reward fails to come).
    Needs recordings.
    """
    found: dict[tuple, float] = {}
    for (group, mouse, session), table in trials.groupby(["group", "mouse", "session"]):
        subject = next(s for s in run.design().subjects() if s.group.name == group and s.mouse == mouse)
        tape = read_recording(run, subject, session)
        trace, dt = tape[target], float(tape["dt"])
        won = table.success.to_numpy()
        moments = {
            "tone": (trace, table.tone_time.to_numpy()),
            "success": (trace[won], table.at_mouth_time.to_numpy()[won]),
        }
        for moment, (traces, times) in moments.items():
            found[group, moment, mouse, session] = _mean(
                [phasic(d, t, dt) for d, t in zip(traces, times, strict=True)]
            )
    return {group: {m: _grid(found, group, m, trials) for m in ("tone", "success")} for group in trials.group.unique()}


def phasic(trace: np.ndarray, time: float, dt: float) -> float:
    """Largest signed departure of a (T,) trace within 0.5 s after `time` from its mean in the 0.3 s before."""
    if not np.isfinite(time):
        return np.nan
    at = round(time / dt)
    before, after = trace[max(0, at - round(0.3 / dt)) : at], trace[at : at + round(0.5 / dt)]
    if not len(before) or not len(after):
        return np.nan
    change = after - before.mean()
    return float(change[np.argmax(np.abs(change))])


def _mean(values: list[float]) -> float:
    values = np.array(values)[~np.isnan(values)] if values else np.array([])
    return float(values.mean()) if len(values) else np.nan


def _grid(found: dict, group: str, moment: str, trials: pd.DataFrame) -> np.ndarray:
    grid = np.full((trials.mouse.max(), trials.session.max()), np.nan)
    for (g, m, mouse, session), value in found.items():
        if (g, m) == (group, moment):
            grid[mouse - 1, session - 1] = value
    return grid


def _spread(values: pd.Series, trials: pd.DataFrame) -> dict[str, np.ndarray]:
    """A series over (group, mouse, session) as group → (mice, sessions), all groups the same shape."""
    shape = (trials.mouse.max(), trials.session.max())
    arrays = {}
    for group in trials.group.unique():
        arrays[group] = np.full(shape, np.nan)
        for (mouse, session), value in values.loc[group].items():
            arrays[group][mouse - 1, session - 1] = value
    return arrays
