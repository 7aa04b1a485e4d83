"""From files to behaviour: one number per mouse and session. Reads recorded files, knows no simulator."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import cast

import numpy as np
import pandas as pd

from reachenv.lab.records.folder import Run
from reachenv.lab.records.recording import read_recording

OUTCOMES = ("success", "drop", "slip", "knock", "miss", "no_reach")  # from the best to none


def by_session(trials: pd.DataFrame, column: str) -> dict[str, np.ndarray]:
    """Mean of a column per mouse and session: group → (mice, sessions), NaN where there is none."""
    means = trials.assign(value=trials[column].astype(float)).groupby(["group", "mouse", "session"])["value"].mean()
    return _spread(means, trials)


def in_parts(trials: pd.DataFrame, parts: int, per_session: int) -> pd.DataFrame:
    """The trials of a single session of so many in nearly equal parts, each of which stands as a session: a course within it."""
    return trials.assign(session=1 + (trials.trial - 1) * parts // per_session)


def median_by_session(trials: pd.DataFrame, column: str) -> dict[str, np.ndarray]:
    """Median of a column over the trials in which it happened: group → (mice, sessions)."""
    return _spread(trials.groupby(["group", "mouse", "session"])[column].median(), trials)


def endpoint_spread(trials: pd.DataFrame) -> dict[str, np.ndarray]:
    """S.d. of where reaches end, root mean square over the three axes [mm]: group → (mice, sessions)."""
    axes = ["endpoint_x", "endpoint_y", "endpoint_z"]
    spread = trials.groupby(["group", "mouse", "session"])[axes].std(ddof=1)
    return _spread((spread**2).mean(axis=1, skipna=False) ** 0.5, trials)


@dataclass(frozen=True)
class Measure:
    """One measure of the reach: name with unit, group → (mice, sessions), and the animal's range where it is known."""

    name: str
    values: dict[str, np.ndarray]
    animal: tuple[float, float] | None


def movement(trials: pd.DataFrame) -> tuple[Measure, ...]:
    """The reach in numbers, medians of each mouse's session.

    The animal: 46 head-fixed water reaches lasted 90–165 ms, those of 27 mice 308 ± 389 ms (PMC10634836), so 90–300 ms;
    peak speed 30–67 cm/s; endpoint s.d. 0.6–1.4 mm an axis.
    """
    duration = {g: 1000 * v for g, v in median_by_session(trials, "reach_duration").items()}
    return (
        Measure("reach duration [ms]", duration, (90, 300)),
        Measure("peak paw speed [cm/s]", median_by_session(trials, "peak_speed"), (30, 67)),
        Measure("aim error [mm]", median_by_session(trials, "aim_error"), None),
        Measure("endpoint s.d. [mm]", endpoint_spread(trials), (0.6, 1.4)),
    )


def outcome_shares(trials: pd.DataFrame) -> dict[str, np.ndarray]:
    """Share of each outcome: group → (outcomes, sessions) in the order of OUTCOMES, mice counting alike."""
    shares = {}
    for group in sorted(set(trials.group)):
        table = trials[trials.group == group]
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


@dataclass(frozen=True)
class Dopamine:
    """Dopamine that arrived at one target.

    time: (T,) [s] from the tone. traces: (group, session, success?) → (T,), the mean over mice of each mouse's mean.
    phasic: (group, moment) → (mice, sessions), change against the 0.3 s before the moment. Moments: tone and success
    (pellet at the mouth), the largest change within 0.5 s, with its sign; failure, the lowest from 0.5 s after the tone
    to the end of the trial, against the time before the tone.
    """

    time: np.ndarray
    traces: dict[tuple[str, int, bool], np.ndarray]
    phasic: dict[tuple[str, str], np.ndarray]


def dopamine(run: Run, trials: pd.DataFrame, target: str = "dopamine_m1") -> Dopamine:
    """Read dopamine at `target` (dopamine_m1 or dopamine_striatum) out of every recording of a run."""
    subjects = {(s.group.name, s.mouse): s for s in run.design().subjects()}
    shape = (trials.mouse.max(), trials.session.max())
    phases = {(g, m): np.full(shape, np.nan) for g in trials.group.unique() for m in ("tone", "success", "failure")}
    means: dict[tuple[str, int, bool], list[np.ndarray]] = {}
    time = np.array([])
    keys = ["group", "mouse", "session"]
    for (group, mouse, session), table in cast(
        "Iterator[tuple[tuple[str, int, int], pd.DataFrame]]", trials.groupby(keys)
    ):
        tape = read_recording(run, subjects[group, mouse], session, [target, "dt"])
        trace, dt, won = tape[target], float(tape["dt"]), table.success.to_numpy()
        tone, mouth = table.tone_time.to_numpy(), table.at_mouth_time.to_numpy()
        time = np.arange(trace.shape[1]) * dt - np.nanmean(tone)
        for success in (True, False):
            if (won == success).any():
                means.setdefault((group, session, success), []).append(trace[won == success].mean(0))
        for moment, changes in (
            ("tone", [phasic(d, t, dt) for d, t in zip(trace, tone, strict=True)]),
            ("success", [phasic(d, t, dt) for d, t in zip(trace[won], mouth[won], strict=True)]),
            ("failure", [dip(d, t, dt) for d, t in zip(trace[~won], tone[~won], strict=True)]),
        ):
            phases[group, moment][mouse - 1, session - 1] = _mean(changes)
    return Dopamine(time, {key: np.mean(of_mice, 0) for key, of_mice in means.items()}, phases)


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


def dip(trace: np.ndarray, tone: float, dt: float) -> float:
    """Lowest of a (T,) trace from 0.5 s after the tone on, against its mean in the 0.3 s before the tone."""
    if not np.isfinite(tone):
        return np.nan
    at = round(tone / dt)
    before, after = trace[max(0, at - round(0.3 / dt)) : at], trace[at + round(0.5 / dt) :]
    return float(after.min() - before.mean()) if len(before) and len(after) else np.nan


def _mean(values: list[float]) -> float:
    known = np.array(values)[~np.isnan(values)] if values else np.array([])
    return float(known.mean()) if len(known) else np.nan


def _spread(values: pd.Series, trials: pd.DataFrame) -> dict[str, np.ndarray]:
    """A series over (group, mouse, session) as group → (mice, sessions), all groups the same shape."""
    shape = (trials.mouse.max(), trials.session.max())
    arrays = {}
    for group in trials.group.unique():
        arrays[group] = np.full(shape, np.nan)
        for (mouse, session), value in values.loc[group].items():
            arrays[group][mouse - 1, session - 1] = value
    return arrays
