"""N1–N6, Ghanayim et al. 2025: the imaged population on its way to expert, and what a block of M1 dopamine does to that.

From what `lab.commands.analyse` left: one number per mouse and session.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from reachenv.lab.analysis.equivalence import equivalent_pairs
from reachenv.lab.analysis.results import Result
from reachenv.lab.analysis.stats import bootstrap_mean, bootstrap_picks, middle_95, paired_permutation, ratio_of_means
from reachenv.lab.design.group import Group
from reachenv.lab.findings.one_sided import one_sided
from reachenv.lab.findings.verdict import (
    FAILED,
    REPRODUCED,
    Evidence,
    Judged,
    all_of,
    judge_equivalence,
    missing,
    not_analysed,
    too_few,
)
from reachenv.schema import BLOCKED_SESSIONS as BLOCK
from reachenv.schema import EXPERT_SESSION as EXPERT

# The thresholds of the table of findings, row by row.
ACTIVITY_MARGIN, CORRELATION_MARGIN = 0.10, 0.05  # N1, as a share of session 1; N2
P_TREND = 0.01  # N3; the table gives none for N4 and N6, which take the same
STEP_SHARE = 0.5  # N4: step under block over controls' step
ORDERED, MOST = 0.8, 0.5  # N5: |Spearman|; the share of mice that are "most"
# Ours, where the table gives none. "Flat" (N3, N6): the rise from session 2 to 4 under block is under half of controls',
# as N4 has it, and twins differ.
P_HELD = 0.05
# Of the sliding windows; how near to the tone a window begins "at" it, frames being 33 ms apart.
WINDOW_S, NEAR_S = 1.0, 0.1
DRAWS, ANALYSIS_SEED = 10_000, 0
PROTOCOL = "control, its twins with M1 dopamine blocked in sessions 2–4, and 7 sessions (design acquisition)"

Reading = Callable[[Evidence, Group], np.ndarray]


def activity(evidence: Evidence) -> Judged:
    """N1: average activity is the same in session 7 as in session 1, in control and in blocked mice."""

    def change(table: np.ndarray) -> np.ndarray:
        return table[:, EXPERT - 1] / table[:, 0] - 1

    said = "average ΔF/F, session 7 / session 1 − 1"
    return _stable(evidence, session_column("activity", "dff"), change, ACTIVITY_MARGIN, said)


def connectivity(evidence: Evidence) -> Judged:
    """N2: so is the average correlation of pairs of neurons."""

    def change(table: np.ndarray) -> np.ndarray:
        return table[:, EXPERT - 1] - table[:, 0]

    said = "mean pairwise correlation, session 7 − session 1"
    return _stable(evidence, session_column("activity", "correlation"), change, CORRELATION_MARGIN, said)


def kinetics(evidence: Evidence) -> Judged:
    """N3: the expert level rises over sessions 2–6; under the block it stays. Mean over windows after the tone."""
    found = twins(evidence, expert_level, slice(0, EXPERT), "Spearman of expert level with session 2–6")
    if isinstance(found, Judged):
        return found
    control, blocked = found
    note = f"out of fold, control looks expert in {control[:, 0].mean():.2f} of session 1, {control[:, 6].mean():.2f} of session 7"
    rises = _trend(control[:, 1 : EXPERT - 1], +1, "Spearman of expert level with session 2–6, control", note)
    return all_of([rises, held(control, blocked, "rise of expert level, session 2 to 4")])


def configuration(evidence: Evidence) -> Judged:
    """N4: session by session the centroid of correlations comes nearer to that of session 7; under the block hardly."""
    reading = session_column("configuration", "distance")
    found = twins(evidence, reading, slice(0, EXPERT), "Spearman of distance to session 7 with session 1–6")
    if isinstance(found, Judged):
        return found
    control, blocked = found
    before = slice(0, EXPERT - 1)
    falls = _trend(control[:, before], -1, "Spearman of distance to session 7 with session 1–6, control")
    steps = np.diff(control[:, before].mean(0))
    worst = int(steps.argmax())
    monotone = Judged(
        REPRODUCED if steps[worst] < 0 else FAILED,
        f"least of control's steps to session 7 (from session {worst + 1} to {worst + 2})",
        float(-steps[worst]),
        middle_95(-np.diff(control[:, [worst, worst + 1]][bootstrap_picks(len(control))].mean(1))[:, 0]),
        n=len(control),
    )
    return all_of([falls, monotone, held(-control, -blocked, "step towards session 7, session 1 to 4", (1, BLOCK[1]))])


def ordering(evidence: Evidence) -> Judged:
    """N5: the first coordinate of the diffusion map of session centroids runs with the session, in most control mice."""
    control, measure = evidence.control(), f"share of control mice with |Spearman| > {ORDERED:g}"
    if control is None or evidence.design.sessions < EXPERT:
        return missing(f"an untreated control group and {EXPERT} sessions (design acquisition)")
    if not evidence.results("configuration", control):
        return not_analysed()
    places = _whole(session_column("configuration", "map_1")(evidence, control)[:, :EXPERT])
    if (short := too_few(evidence, len(places), measure=measure)) is not None:
        return short
    along = np.abs(_spearman(places))
    share = bootstrap_mean(along > ORDERED)
    null = _chance_of_order(places.shape[1])
    p = float(stats.binom.sf((along > ORDERED).sum() - 1, len(along), null))
    note = f"median |Spearman| {np.median(along):.2f}; a share of {null:.3f} would come by chance"
    verdict = REPRODUCED if share.mean > MOST else FAILED
    return Judged(verdict, measure, share.mean, (share.low, share.high), p, len(along), note=note)


def strengths(evidence: Evidence) -> Judged:
    """N6: each session's connectivity strengths, neuron by neuron, come to resemble session 7's; not under the block."""
    reading = session_column("configuration", "strength_correlation")
    measure = "Spearman of likeness to session 7's strengths with session 1–6"
    found = twins(evidence, reading, slice(0, EXPERT - 1), measure)
    if isinstance(found, Judged):
        return found
    control, blocked = found
    note = (
        f"correlation with session 7: {control[:, 0].mean():.2f} in session 1, {control[:, -1].mean():.2f} in session 6"
    )
    rises = _trend(control, +1, f"{measure}, control", note)
    return all_of([rises, held(control, blocked, "rise of that likeness, session 2 to 4")])


def expert_level(evidence: Evidence, group: Group) -> np.ndarray:
    """Share of a session's trials that look expert, mean over the windows after the tone; (mice, sessions)."""

    def after_the_tone(result: Result) -> pd.Series:
        levels = result["levels"]
        begins = levels.window - WINDOW_S / 2
        return levels[begins > -NEAR_S].groupby("session")["level"].mean()

    return by_mouse(evidence, "kinetics", group, after_the_tone)


def session_column(analysis: str, column: str) -> Reading:
    """A column of an analysis' table of sessions, as (mice, sessions)."""

    def pick(result: Result) -> pd.Series:
        sessions = result["sessions"].set_index("session")
        return sessions[column] if column in sessions else pd.Series(dtype=float)

    return lambda evidence, group: by_mouse(evidence, analysis, group, pick)


# ------------------------------------------------------------------------------------------------ reading


def by_mouse(evidence: Evidence, analysis: str, group: Group, pick: Callable[[Result], pd.Series]) -> np.ndarray:
    """One number per mouse and session, (mice, sessions), NaN where there is none."""
    table = np.full((evidence.design.mice, evidence.design.sessions), np.nan)
    for mouse, result in evidence.results(analysis, group).items():
        picked = pick(result)
        for session, value in zip(picked.index.to_numpy(int), picked.to_numpy(float), strict=True):
            table[mouse - 1, session - 1] = value
    return table


def _pair(evidence: Evidence) -> tuple[Group, Group] | None:
    control, blocked = evidence.control(), evidence.blocked_between(*BLOCK)
    if control is None or blocked is None or evidence.design.sessions < EXPERT:
        return None
    return control, blocked


def twins(
    evidence: Evidence, reading: Reading, sessions: slice, measure: str
) -> tuple[np.ndarray, np.ndarray] | Judged:
    """(pairs, sessions) of control and of blocked mice, pairs that have all of them; or why there is too little."""
    groups = _pair(evidence)
    if groups is None:
        return missing(PROTOCOL)
    control, blocked = (reading(evidence, group)[:, sessions] for group in groups)
    if np.isnan(control).all() and np.isnan(blocked).all():
        return not_analysed()
    have = ~np.isnan(control).any(1) & ~np.isnan(blocked).any(1)
    short = too_few(evidence, int(have.sum()), measure=measure, unit="pairs of twins")
    return short if short is not None else (control[have], blocked[have])


def _whole(table: np.ndarray) -> np.ndarray:
    return table[~np.isnan(table).any(1)]


# ------------------------------------------------------------------------------------------------ judging


def _stable(
    evidence: Evidence, reading: Reading, change: Callable[[np.ndarray], np.ndarray], margin: float, measure: str
) -> Judged:
    """Session 7 equivalent to session 1, mouse by mouse, in control and in blocked mice."""
    groups = _pair(evidence)
    if groups is None:
        return missing(PROTOCOL)
    parts = []
    for group in groups:
        table = reading(evidence, group)
        if np.isnan(table).all():
            return not_analysed()
        e = equivalent_pairs(change(table), margin)
        parts.append(judge_equivalence(evidence, e, f"{measure}, {group.name}", unit="mice"))
    return all_of(parts)


def _trend(table: np.ndarray, sign: int, measure: str, note: str = "") -> Judged:
    """Whether values run up (sign 1) or down (−1) with the session: Spearman's ρ of every mouse, against 0 over mice."""
    return one_sided(_spearman(table), sign, measure, P_TREND, note=note)


def held(control: np.ndarray, blocked: np.ndarray, what: str, span: tuple[int, int] = BLOCK) -> Judged:
    """Whether what rises in control from one session to another rises by under half as much in blocked twins."""
    rise, under = (table[:, span[1] - 1] - table[:, span[0] - 1] for table in (control, blocked))
    p = paired_permutation(rise - under, seed=ANALYSIS_SEED)
    note = f"control {rise.mean():+.2g}, blocked {under.mean():+.2g}"
    known: dict[str, Any] = {"measure": f"{what}: blocked / control", "p": p, "n": len(rise), "unit": "pairs of twins"}
    if rise.mean() <= 0:
        return Judged(FAILED, **known, note=f"{note}: control took no such step")
    ratio, interval = ratio_of_means(under, rise)
    verdict = REPRODUCED if ratio < STEP_SHARE and p < P_HELD else FAILED
    return Judged(verdict, statistic=ratio, interval=interval, note=note, **known)


def _spearman(table: np.ndarray) -> np.ndarray:
    """ρ of each mouse's values (mice, sessions) with the session; 0 where they never change."""
    sessions = np.arange(table.shape[1])
    return np.array([stats.spearmanr(sessions, row).statistic if np.ptp(row) > 0 else 0.0 for row in table])


def _chance_of_order(sessions: int) -> float:
    """Share of random orders of so many sessions whose |ρ| is above ORDERED."""
    ranks = np.argsort(np.random.default_rng(ANALYSIS_SEED).random((DRAWS, sessions)), axis=1)
    return float(np.mean(np.abs(_rank_correlation(ranks)) > ORDERED))


def _rank_correlation(ranks: np.ndarray) -> np.ndarray:
    n = ranks.shape[1]
    return 1 - 6 * ((ranks - np.arange(n)) ** 2).sum(1) / (n * (n**2 - 1))
