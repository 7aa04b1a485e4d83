"""D1, D2: what the dopamine cells signal, and that a block of M1 dopamine is felt in M1 alone. From recorded traces."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import cast

import numpy as np
import pandas as pd

from reachenv.lab.analysis.equivalence import equivalent_pairs
from reachenv.lab.findings.one_sided import one_sided
from reachenv.lab.findings.verdict import (
    FAILED,
    REPRODUCED,
    Evidence,
    Judged,
    all_of,
    judge_equivalence,
    missing,
    too_few,
)

# A response is the mean of the AFTER s that follow, against the BEFORE s that lead up to it.
BEFORE, AFTER = 0.3, 0.5
EARLY, LATE = 1, 7  # sessions: rewards are still unexpected; the tone's meaning is learned
P_RESPONSE = 0.05  # D1; the table of findings gives no level
# D2: the table says "the same"; within a tenth of control's response, as N1 has it for average activity.
MARGIN_SHARE = 0.10
VALUE_BIN = 0.05  # trials of twins are compared where the tone promised the same, to within this (reward = 1)
RECORDING = "recordings (without --no-recording) of dopamine in striatum, M1 and VTA"


@dataclass(frozen=True)
class Responses:
    """Responses of one mouse's sessions, (trials,) each, NaN where a trial has no such moment.

    tone: to the tone. reward: to the pellet at the mouth. omission: in failed trials, from when the pellet used to
    arrive, against the time before the tone.
    """

    tone: np.ndarray
    reward: np.ndarray
    omission: np.ndarray


def prediction_error(evidence: Evidence) -> Judged:
    """D1: release at unexpected reward, at the tone once learned, a dip when a predicted reward fails.

    Measured in the striatum of control mice, where nothing is blocked.
    """
    control = evidence.control()
    if control is None or evidence.design.sessions < LATE:
        return missing(f"an untreated control group and {LATE} sessions (design acquisition)")
    if not evidence.recorded("dopamine_striatum"):
        return missing(RECORDING)
    early, late = (_session_means(evidence, control.name, s, "dopamine_striatum") for s in (EARLY, LATE))
    return all_of(
        [
            _departs(evidence, early["reward"], +1, f"dopamine at reward, session {EARLY}"),
            _departs(evidence, late["tone"], +1, f"dopamine at the tone, session {LATE}"),
            _departs(evidence, late["tone"] - early["tone"], +1, f"growth of that response since session {EARLY}"),
            _departs(evidence, late["omission"], -1, f"dopamine where reward fails, session {LATE}"),
        ]
    )


def local_block(evidence: Evidence) -> Judged:
    """D2: VTA fires the same with and without the M1 block; striatal dopamine is unchanged.

    Twins part ways once one of them is blocked and the other learns, so VTA is compared where it faces the same: to the
    bit in the first blocked trial, and after that in trials in which the tone promised as much and which ended alike.
    """
    control, group = evidence.control(), evidence.m1_blocked()
    if control is None or group is None:
        return missing("control and its twins with all M1 dopamine blocked (design acquisition)")
    if not evidence.recorded("vta", "dopamine_m1", "dopamine_striatum"):
        return missing(RECORDING)
    first, last = group.interventions[0].when.sessions
    mice = _mice_with(evidence, (control.name, group.name), range(first, last + 1))
    if (short := too_few(evidence, len(mice), unit="pairs of twins")) is not None:
        return short
    matched = [_matched(evidence, control.name, group.name, m, range(first, last + 1)) for m in mice]
    return all_of([_exact(evidence, control.name, group.name, mice, first, last), *_alike(evidence, matched)])


def response(traces: np.ndarray, at: np.ndarray, base: np.ndarray, dt: float) -> np.ndarray:
    """Mean of traces (k, T) in AFTER s from times `at` (k,), minus their mean in BEFORE s up to times `base` (k,) [s]."""
    out = np.full(len(traces), np.nan)
    for i, (trace, t, b) in enumerate(zip(traces, at, base, strict=True)):
        if np.isfinite(t) and np.isfinite(b):
            start, end = round(t / dt), round(b / dt)
            after, before = trace[start : start + round(AFTER / dt)], trace[max(0, end - round(BEFORE / dt)) : end]
            if len(after) and len(before):
                out[i] = after.mean() - before.mean()
    return out


def responses(table: pd.DataFrame, traces: np.ndarray, dt: float, latency: float) -> Responses:
    """Responses in the trials of `table`, whose traces are (trials, T); reward comes `latency` s after the tone."""
    tone, mouth = table.tone_time.to_numpy(float), table.at_mouth_time.to_numpy(float)
    won = table.success.to_numpy(bool)
    return Responses(
        response(traces, tone, tone, dt),
        response(traces, np.where(won, mouth, np.nan), mouth, dt),
        response(traces, np.where(won, np.nan, tone + latency), tone, dt),
    )


def _latency(table: pd.DataFrame) -> float:
    """Median time from tone to reward in a mouse's successes [s], NaN where it had none."""
    won = table[table.success]
    return float((won.at_mouth_time - won.tone_time).median()) if len(won) else np.nan


def _of(evidence: Evidence, group: str, mouse: int, session: int) -> pd.DataFrame:
    t = evidence.trials
    return t[(t.group == group) & (t.mouse == mouse) & (t.session == session)].sort_values("trial")


def _session_means(evidence: Evidence, group: str, session: int, trace: str) -> dict[str, np.ndarray]:
    """Mean response of each mouse in one session: moment → (mice,)."""
    means = {moment: np.full(evidence.design.mice, np.nan) for moment in ("tone", "reward", "omission")}
    for mouse in _mice_with(evidence, (group,), (session,)):
        table = _of(evidence, group, mouse, session)
        assert evidence.tape  # asked for first in each finding
        tape = evidence.tape(group, mouse, session, [trace, "dt"])
        found = responses(table, tape[trace], float(tape["dt"]), _latency(table))
        for moment, values in means.items():
            values[mouse - 1] = _mean(getattr(found, moment))
    return means


def _departs(evidence: Evidence, values: np.ndarray, sign: int, measure: str) -> Judged:
    """Whether mice's mean responses (mice,) depart from 0 to one side: sign flip over mice."""
    values = values[~np.isnan(values)]
    if (short := too_few(evidence, len(values), measure=measure)) is not None:
        return short
    return one_sided(values, sign, measure, P_RESPONSE)


def _mice_with(evidence: Evidence, groups: tuple[str, ...], sessions: Collection[int]) -> list[int]:
    """Mice of which every one of these groups and sessions is done."""
    done = evidence.trials[evidence.trials.group.isin(groups) & evidence.trials.session.isin(list(sessions))]
    counts = done[["mouse", "group", "session"]].drop_duplicates().groupby("mouse").size()
    return [int(m) for m in counts.index[counts == len(groups) * len(sessions)]]


def _exact(evidence: Evidence, control: str, group: str, mice: list[int], first: int, last: int) -> Judged:
    """No dopamine in M1, all of it in the striatum, in every step under block; VTA alike in its first trial."""
    wrong = []
    assert evidence.tape
    for mouse in mice:
        for session in range(first, last + 1):
            tape = evidence.tape(group, mouse, session, ["vta", "dopamine_m1", "dopamine_striatum"])
            if tape["dopamine_m1"].any():
                wrong.append(f"dopamine reached M1 of m{mouse:02d} in session {session}")
            if not np.array_equal(tape["vta"], tape["dopamine_striatum"]):
                wrong.append(f"striatal dopamine of m{mouse:02d} is not what VTA fired in session {session}")
            twin = evidence.tape(control, mouse, session, ["vta"])["vta"][0] if session == first else None
            if twin is not None and not np.array_equal(tape["vta"][0], twin):
                wrong.append(f"VTA of m{mouse:02d} and its twin differ in the first trial under block")
    measure = "mice with a departure from the exact identities"
    note = wrong[0] if wrong else "no dopamine in M1, all of it in striatum, VTA alike in the first trial: to the bit"
    return Judged(
        FAILED if wrong else REPRODUCED, measure, float(len(wrong)), n=len(mice), unit="pairs of twins", note=note
    )


def _matched(
    evidence: Evidence, control: str, group: str, mouse: int, sessions: Collection[int]
) -> dict[str, tuple[float, float]]:
    """One pair's mean response over matched trials, moment → (control, blocked), NaN where none match."""
    tables = {g: pd.concat([_of(evidence, g, mouse, s) for s in sessions]) for g in (control, group)}
    latency = _latency(tables[control])  # one for both: what is compared is VTA, not the moment looked at
    rows = []
    assert evidence.tape
    for name, table in tables.items():
        tapes = [evidence.tape(name, mouse, s, ["vta", "dt"]) for s in sessions]
        found = responses(table, np.concatenate([t["vta"] for t in tapes]), float(tapes[0]["dt"]), latency)
        promise = np.floor(table.value_at_tone.to_numpy(float) / VALUE_BIN)
        rows.append(pd.DataFrame({"who": name, "promise": promise, **vars(found)}))
    whole = pd.concat(rows)
    return {m: _weigh(whole[["who", "promise", m]].dropna(), m, control, group) for m in ("tone", "reward", "omission")}


def _weigh(rows: pd.DataFrame, moment: str, control: str, group: str) -> tuple[float, float]:
    """Means over bins that both twins have trials in, each bin counting as the fewer of the two have there."""
    cells = cast(pd.DataFrame, rows.groupby(["promise", "who"])[moment].agg(["mean", "size"]).unstack("who")).dropna()
    if not len(cells) or not {control, group} <= set(rows.who):
        return np.nan, np.nan
    weight = cast(pd.DataFrame, cells["size"]).min(axis=1)
    ours, theirs = (float(np.average(cells["mean", name], weights=weight)) for name in (control, group))
    return ours, theirs


def _alike(evidence: Evidence, matched: list[dict[str, tuple[float, float]]]) -> list[Judged]:
    """Equivalence of matched responses, blocked minus control in shares of control's mean response."""
    judged = []
    for moment, words in (("tone", "at the tone"), ("reward", "at reward"), ("omission", "where reward fails")):
        control, blocked = np.array([pair[moment] for pair in matched]).T
        usual = abs(_mean(control))
        e = equivalent_pairs((blocked - control) / usual if usual else control * np.nan, MARGIN_SHARE)
        judged.append(judge_equivalence(evidence, e, f"VTA {words}, blocked − control, share of control's"))
    return judged


def _mean(values: np.ndarray) -> float:
    values = values[~np.isnan(values)]
    return float(values.mean()) if len(values) else np.nan
