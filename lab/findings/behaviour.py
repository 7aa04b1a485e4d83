"""B1–B5, Ghanayim et al. 2025: learning, and what a block of M1 dopamine does to it. Each from success by mouse and session."""

from __future__ import annotations

from typing import Any

import numpy as np

from reachenv.agents.interventions import dopamine_at
from reachenv.lab.analysis.equivalence import equivalent_pairs
from reachenv.lab.analysis.stats import bootstrap_picks, middle_95, paired_permutation, ratio_of_means
from reachenv.lab.findings.verdict import (
    FAILED,
    REPRODUCED,
    UNDECIDED,
    Evidence,
    Judged,
    both,
    judge_equivalence,
    missing,
    too_few,
)
from reachenv.schema import BLOCKED_SESSIONS as BLOCK
from reachenv.schema import EXPERT_SESSION as LEARNED

# The thresholds of the table of findings, row by row.
NOVICE = (0.20, 0.40)  # B1: success in session 1
RATIO, RATIO_FLOOR = (1.5, 2.6), 1.3  # B1: session 7 over session 1, and what its 95 % interval stays above
GAIN_SHARE, GAIN_P = 0.25, 0.01  # B2: gain under block over controls' gain; P of the difference in gain
LATER = 2  # B3: sessions after controls' seventh
MARGIN = 0.05  # B4, B5: success, either way
# Ours, where the table gives none.
BELOW_P = 0.05  # B3: blocked below control in session 7
LAST_CALL = 10  # B3: mice that have not caught up by this session did not
EXECUTION_TEST = "tests/agents/test_loop.py::test_without_learning_a_block_changes_no_bit"
ANALYSIS_SEED = 0


def learning(evidence: Evidence) -> Judged:
    """B1: success nearly doubles over seven sessions."""
    control = evidence.control()
    if control is None or evidence.design.origin or evidence.design.sessions < LEARNED:
        return missing(f"novices, an untreated control group and {LEARNED} sessions (design acquisition)")
    success = evidence.success(control)
    first, last = success[:, 0], success[:, LEARNED - 1]
    have = both(first, last)
    first, last = first[have], last[have]
    if (short := too_few(evidence, len(first), measure="success, session 7 / session 1")) is not None:
        return short
    ratio = last.mean() / first.mean() if first.mean() else np.inf
    picks = bootstrap_picks(len(first))
    interval = middle_95(last[picks].mean(1) / np.maximum(first[picks].mean(1), 1e-9))
    holds = NOVICE[0] <= first.mean() <= NOVICE[1] and RATIO[0] <= ratio <= RATIO[1] and interval[0] > RATIO_FLOOR
    note = f"success {first.mean():.2f} in session 1, {last.mean():.2f} in session {LEARNED}"
    verdict = REPRODUCED if holds else FAILED
    return Judged(verdict, "success, session 7 / session 1", float(ratio), interval, n=len(first), note=note)


def block(evidence: Evidence) -> Judged:
    """B2: hardly any gain while M1 dopamine is blocked."""
    pair = _published_block(evidence)
    if pair is None:
        return missing("control and its twins with M1 dopamine blocked in sessions 2–4 (design acquisition)")
    measure = "gain of blocked mice / gain of control, session 1 to 4"
    control, blocked = (success[:, BLOCK[1] - 1] - success[:, 0] for success in pair)
    have = both(control, blocked)
    control, blocked = control[have], blocked[have]
    if (short := too_few(evidence, len(control), measure=measure, unit="pairs of twins")) is not None:
        return short
    p = paired_permutation(blocked - control, seed=ANALYSIS_SEED)
    note = f"control gained {control.mean():+.2f}, blocked {blocked.mean():+.2f}"
    known: dict[str, Any] = {"measure": measure, "p": p, "n": len(control), "unit": "pairs of twins"}
    if control.mean() <= 0:
        return Judged(FAILED, **known, note=note + ": control did not learn")
    ratio, interval = ratio_of_means(blocked, control)
    verdict = REPRODUCED if ratio < GAIN_SHARE and p < GAIN_P else FAILED
    return Judged(verdict, statistic=ratio, interval=interval, note=note, **known)


def catching_up(evidence: Evidence) -> Judged:
    """B3: after the block mice reach controls' session 7, two sessions later or more, and are below until then."""
    pair = _published_block(evidence)
    if pair is None or evidence.design.sessions < LEARNED:
        return missing("design acquisition with more than 7 sessions (--sessions 10)")
    control, blocked = pair
    have = both(control[:, LEARNED - 1], blocked[:, LEARNED - 1])
    control, blocked = control[have], blocked[have]
    known: dict[str, Any] = {
        "measure": "sessions after the 7th in which blocked mice reach controls' session 7",
        "unit": "pairs of twins",
    }
    if (short := too_few(evidence, len(control), **known)) is not None:
        return short
    done = int((~np.isnan(blocked)).all(0).sum())
    picks = bootstrap_picks(len(control))
    reached = _reached(control[:, LEARNED - 1].mean(), blocked[:, :done].mean(0))
    again = [_reached(control[k, LEARNED - 1].mean(), blocked[k, :done].mean(0)) or done + 1 for k in picks[:2000]]
    p = paired_permutation(blocked[:, LEARNED - 1] - control[:, LEARNED - 1], seed=ANALYSIS_SEED)
    below = blocked[:, LEARNED - 1].mean() < control[:, LEARNED - 1].mean() and p < BELOW_P
    levels = f"session 7: control {control[:, LEARNED - 1].mean():.2f}, blocked {blocked[:, LEARNED - 1].mean():.2f}"
    known |= {"p": p, "n": len(control), "interval": middle_95(np.array(again) - LEARNED)}
    if reached is None:
        if done < LAST_CALL:
            return Judged(UNDECIDED, **known, note=f"not yet by session {done}; needs --sessions {LAST_CALL}; {levels}")
        return Judged(FAILED, **known, note=f"not by session {done}; {levels}")
    verdict = REPRODUCED if below and reached >= LEARNED + LATER else FAILED
    return Judged(verdict, statistic=float(reached - LEARNED), note=f"reached in session {reached}; {levels}", **known)


def experts(evidence: Evidence) -> Judged:
    """B4: a block after learning changes no performance, and no command but through learning.

    Until the block twins are one animal, so the first trial under it shows execution alone: nothing has been learned since.
    Whole trials with plasticity off in both are compared in EXECUTION_TEST, which the row cites.
    """
    control, group = evidence.control(), evidence.m1_blocked()
    first = min((i.when.sessions[0] for i in group.interventions), default=1) if group else 1
    if control is None or group is None or evidence.design.day(first) <= LEARNED:
        return missing("mice blocked after their seventh session, and unblocked twins (design expert-block)")
    sessions = slice(first - 1, max(i.when.sessions[1] for i in group.interventions))
    with np.errstate(invalid="ignore"):
        difference = evidence.success(group)[:, sessions].mean(1) - evidence.success(control)[:, sessions].mean(1)
    same = _same_first_trial(evidence, control.name, group.name, first)
    said = {
        True: "commands of the first trial under block are bit-identical to the twin's",
        False: "commands of the first trial under block differ from the twin's",
        None: "commands were not recorded",
    }[same]
    e = equivalent_pairs(difference, MARGIN)
    said += f"; with plasticity off in both, commands of whole trials are compared by {EXECUTION_TEST}"
    return judge_equivalence(evidence, e, "success, block − no block", same is not False, said)


def sham(evidence: Evidence) -> Judged:
    """B5: a drug without its receptor leaves mice as control.

    Sham mice are control's twins, so any trial that differs was made to differ by the handling: none may.
    """
    control = evidence.control()
    shams = (g for g in evidence.design.groups if g.role == "sham" and all(map(dopamine_at, g.interventions)))
    group = next(shams, None)
    if control is None or group is None or group.litter != control.litter or evidence.design.sessions < LEARNED:
        return missing("a sham group of control's twins (--groups control m1-block sham)")
    ours, theirs = (evidence.success(g)[:, LEARNED - 1] for g in (group, control))
    same = _same_trials(evidence, control.name, group.name)
    said = f"twins: {'every trial is' if same else 'not every trial is'} identical to control's, to the bit; "
    said += "checks that handling by itself changes nothing, no more"
    e = equivalent_pairs(ours - theirs, MARGIN)
    return judge_equivalence(evidence, e, "success in session 7, sham − control", same, said)


def _published_block(evidence: Evidence) -> tuple[np.ndarray, np.ndarray] | None:
    """Success (mice, sessions) of control and of twins blocked as published, from novices on; None where there are none."""
    control, group = evidence.control(), evidence.blocked_between(*BLOCK)
    if control is None or group is None or evidence.design.origin:
        return None
    return evidence.success(control), evidence.success(group)


def _reached(goal: float, means: np.ndarray) -> int | None:
    """The first session, from the first of the block on, whose mean is at the goal; None if none is."""
    hits = np.flatnonzero(means[BLOCK[0] - 1 :] >= goal)
    return int(hits[0]) + BLOCK[0] if len(hits) else None


def _same_first_trial(evidence: Evidence, control: str, group: str, session: int) -> bool | None:
    """Whether twins' commands agree to the bit in the first trial of `session`, in all mice that have it."""
    done = evidence.trials[(evidence.trials.session == session) & evidence.trials.group.isin((control, group))]
    groups = done.groupby("mouse").group.nunique()
    mice = [int(mouse) for mouse in groups.index[groups == 2]]
    if evidence.tape is None or not mice:
        return None
    twins = [[evidence.tape(g, mouse, session, ["command"])["command"][0] for g in (control, group)] for mouse in mice]
    return all(np.array_equal(a, b) for a, b in twins)


def _same_trials(evidence: Evidence, control: str, group: str) -> bool:
    """Whether the trials tables of two groups are the same, but for their interventions."""
    ours, theirs = (
        evidence.trials[evidence.trials.group == name]
        .drop(columns=["group", "intervention"])
        .sort_values(["mouse", "session", "trial"], ignore_index=True)
        for name in (group, control)
    )
    return ours.equals(theirs)
