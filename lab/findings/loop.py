"""L1–L5 and L7, Leblois et al. 2025, 2006, Piron et al. 2016: what the basal ganglia are for. From trials; L5 from a probe."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from reachenv.agents.interventions import Scale
from reachenv.lab.analysis import adaptation as aim
from reachenv.lab.analysis.stats import bootstrap_mean, paired_permutation, ratio_of_means
from reachenv.lab.design.group import Group, interventions_in
from reachenv.lab.findings.verdict import (
    FAILED,
    FEWEST_MICE,
    PROBED,
    REPRODUCED,
    UNDECIDED,
    Evidence,
    Judged,
    all_of,
    both,
    missing,
    too_few,
)
from reachenv.schema import EXPERT_SESSION as TRAINED

# The thresholds of the table of findings.
ADAPTED = 0.80  # L1: share of the move that is made up for, above the threshold
STAYS = 0.90  # L3: share of performance
# Ours, where the table gives none.
NONE = 0.20  # L1: a share below this is no adaptation
P_EFFECT = 0.05
WASHED = 0.25  # L2: what may be left of the after-effect by the end of the session
DOUBT = 0.75  # L3: an interval that reaches below this leaves the question open
LOST = 0.80  # L4: share of what was gained, "at once": in the first trials without output
LITTLE = 0.50  # L7: savings under M1 block, as a share of those under output block
START = 10  # L7: trials at the start of a day (Piron et al. 2016)
THRESHOLD, NEAR = 0.445, 0.02  # L5: analytic (docs/model.md), and how near the measured one must be
PAIRS = "pairs of twins"
UNMOVED = "the moved world sets reaches off by less than they scatter: where they end cannot tell who follows it"


def threshold(evidence: Evidence) -> Judged:
    """L1: adaptation to a moved world, by the gain of the loops."""
    groups = list(moves := _moved(evidence))
    gains = sorted({aim.loop_gain(g) for g in groups})
    measure = "share of the move made up for, at the strongest loops"
    if len(gains) < 3:
        return missing("a moved world at three or more gains of the loop (design adaptation)")
    off = _error(evidence, groups)
    if off is None:
        return Judged(UNDECIDED, measure, n=evidence.design.mice, note=UNMOVED)
    made_up = {aim.loop_gain(g): 1 - off(g, move.moved.end()) for g, move in moves.items()}
    n = min(int((~np.isnan(values)).sum()) for values in made_up.values())
    if (short := too_few(evidence, n, measure=measure)) is not None:
        return short
    means = [bootstrap_mean(made_up[gain]) for gain in gains]
    none, whole = [m.mean < NONE for m in means], [m.mean >= ADAPTED for m in means]
    between = sum(not a and not b for a, b in zip(none, whole, strict=True))
    # One gain may happen to lie on the threshold itself.
    steps = none[0] and whole[-1] and between <= 1 and none == sorted(none, reverse=True) and whole == sorted(whole)
    note = "by gain: " + ", ".join(f"{gain:g} {m.mean:.2f}" for gain, m in zip(gains, means, strict=True))
    top = means[-1]
    return Judged(
        REPRODUCED if steps else FAILED, measure, top.mean, (top.low, top.high), n=n, unit="mice a gain", note=note
    )


def after_effect(evidence: Evidence) -> Judged:
    """L2: once the world is as before, reaches err the other way, and no longer so by the session's end."""
    found = [(g, m.after) for g, m in _moved(evidence).items() if aim.loop_gain(g) == 1 and m.after]
    if not found:
        return missing("a world that is moved and then as before, in mice with whole loops (design adaptation)")
    group, after = found[0]
    off = _error(evidence, [group])
    measure = "error after the removal, in units of the move (below 0: the other way)"
    if off is None:
        return Judged(UNDECIDED, measure, n=evidence.design.mice, note=UNMOVED)
    first, last = off(group, after.start()), off(group, after.end())
    first, last = first[have := both(first, last)], last[have]
    if (short := too_few(evidence, len(first), measure=measure)) is not None:
        return short
    early, late, p = bootstrap_mean(first), bootstrap_mean(last), paired_permutation(first)
    other_way = REPRODUCED if early.mean < 0 and p < P_EFFECT else FAILED
    left = late.mean / early.mean if early.mean else np.inf
    washed = REPRODUCED if abs(left) <= WASHED else FAILED
    return all_of(
        [
            Judged(other_way, measure, early.mean, (early.low, early.high), p, len(first)),
            Judged(washed, "what is left of it at the session's end, as a share", float(left), n=len(first)),
        ]
    )


def experts(evidence: Evidence) -> Judged:
    """L3: performance of experts while the output of their basal ganglia is silenced, against that of their twins."""
    control, group = (
        evidence.control(),
        _silenced(evidence, lambda group, day: not group.perturbations and day > TRAINED),
    )
    if control is None or group is None:
        return missing("trained mice with GPi silenced, and untouched twins (design gpi-off)")
    sessions = _off_sessions(evidence, group)
    with_, without = (evidence.success(g)[:, sessions].mean(1) for g in (control, group))
    have = both(with_, without)
    measure = "success without output / with it"
    if (short := too_few(evidence, int(have.sum()), measure=measure, unit=PAIRS)) is not None:
        return short
    if not with_[have].mean() > 0:
        return Judged(
            FAILED, measure, n=int(have.sum()), unit=PAIRS, note="no success even with output: these are no experts"
        )
    share, interval = ratio_of_means(without[have], with_[have])
    verdict = REPRODUCED if share >= STAYS and interval[0] > DOUBT else UNDECIDED if share >= STAYS else FAILED
    note = f"success {without[have].mean():.2f} without, {with_[have].mean():.2f} with"
    return Judged(verdict, measure, share, interval, n=int(have.sum()), unit=PAIRS, note=note)


def learners(evidence: Evidence) -> Judged:
    """L4: what mice gained in the session on a moved world is lost as soon as output is silenced."""
    off_group = _silenced(evidence, lambda group, day: bool(group.perturbations))
    twin = next(
        (g for g in _moved(evidence) if off_group and not g.interventions and g.litter == off_group.litter), None
    )
    if off_group is None or twin is None:
        return missing("mice that adapt, with GPi silenced late in the session, and their twins (design gpi-off)")
    off = _error(evidence, [off_group, twin])
    measure = "share of what the session gained that is lost at once"
    if off is None:
        return Judged(UNDECIDED, measure, n=evidence.design.mice, note=UNMOVED)
    moved = _moved(evidence)[twin].moved
    silent = _silent_trials(evidence, off_group, moved.session)
    before = aim.Stretch(moved.session, moved.first, silent.first - 1)
    gained = 1 - off(twin, before.end())
    lost = off(off_group, silent.start()) - off(twin, silent.start())
    gained, lost = gained[have := both(gained, lost)], lost[have]
    if (short := too_few(evidence, len(gained), measure=measure, unit=PAIRS)) is not None:
        return short
    p_gain = paired_permutation(gained)
    if gained.mean() <= 0 or p_gain >= P_EFFECT:
        note = f"the session gained {gained.mean():+.2f} of the move: there was nothing to lose"
        return Judged(FAILED, measure, p=p_gain, n=len(gained), unit=PAIRS, note=note)
    share, interval = ratio_of_means(lost, gained)
    holds = share >= LOST and interval[0] > 0
    note = f"gained {gained.mean():+.2f} of the move, lost {lost.mean():+.2f}"
    return Judged(REPRODUCED if holds else FAILED, measure, share, interval, n=len(gained), unit=PAIRS, note=note)


def attractors(evidence: Evidence) -> Judged:
    """L5: the plan outlasts its cue, M1 has more than one stable state, and the published circuit its regimes."""
    told = evidence.dynamics
    if not told:
        return missing("a probe of this version's loop (assets/dynamics.json, from reachenv dynamics)")
    plan, states = np.array(told["plan_outlasts_s"], float), np.array(told["stable_states"], float)
    if len(plan) < FEWEST_MICE:
        return Judged(UNDECIDED, n=len(plan), note=f"{len(plan)} mice; {FEWEST_MICE} are the fewest that can be judged")
    outlasts, many = bootstrap_mean(plan), bootstrap_mean(states)
    regimes, found = told["regimes"], told["threshold"]
    right = all(regimes.values()) and abs(found - THRESHOLD) <= NEAR
    wrong = ", ".join(name for name, seen in regimes.items() if not seen)
    return all_of(
        [
            Judged(
                REPRODUCED if outlasts.low > 0 else FAILED, "plan activity after the cue [s]", outlasts.mean,
                (outlasts.low, outlasts.high), n=len(plan), unit=PROBED,
            ),
            Judged(
                REPRODUCED if many.low > 1 else FAILED, "stable states of M1", many.mean, (many.low, many.high),
                n=len(states), unit=PROBED,
            ),
            Judged(
                REPRODUCED if right else FAILED, f"striatal gain at which opponents of the published circuit part (analytic {THRESHOLD})",
                found,
                note=f"not seen: {wrong}" if wrong else "; ".join(regimes),
            ),
        ]
    )  # fmt: skip


def covert(evidence: Evidence) -> Judged:
    """L7: what training without output leaves, against what training without M1 dopamine leaves: one model, one table.

    Savings: success in the first trials after the release over that of untouched twins in their first trials ever.
    """
    control, m1 = evidence.control(), evidence.m1_blocked()
    output = _silenced(evidence, lambda group, day: not group.perturbations and day == 1)
    if control is None or output is None or m1 is None or m1.interventions[0].when.sessions[0] != 1:
        return missing("twins trained with GPi silenced and with M1 dopamine blocked, then released (design covert)")
    released = {
        "output": _off_sessions(evidence, output)[-1] + 2,
        "M1 dopamine": m1.interventions[0].when.sessions[1] + 1,
    }
    if max(released.values()) > evidence.design.sessions:
        return missing("sessions after the release (design covert)")
    naive = _start(evidence, control, 1)
    saved = {
        "output": _start(evidence, output, released["output"]) - naive,
        "M1 dopamine": _start(evidence, m1, released["M1 dopamine"]) - naive,
    }
    have = both(*saved.values())
    n = int(have.sum())
    if (short := too_few(evidence, n, measure="savings, output blocked", unit=PAIRS)) is not None:
        return short
    a, b = saved["output"][have], saved["M1 dopamine"][have]
    mean, p, apart = bootstrap_mean(a), paired_permutation(a), paired_permutation(a - b)
    there = REPRODUCED if mean.mean > 0 and p < P_EFFECT else FAILED
    little = REPRODUCED if b.mean() < LITTLE * a.mean() and apart < P_EFFECT else FAILED
    other = bootstrap_mean(b)
    return all_of(
        [
            Judged(there, "savings, output blocked", mean.mean, (mean.low, mean.high), p, n, PAIRS),
            Judged(
                little, "savings, M1 dopamine blocked", other.mean, (other.low, other.high), apart, n, PAIRS,
                f"P of the difference; twins began at {np.nanmean(naive):.2f}",
            ),
        ]
    )  # fmt: skip


# ------------------------------------------------------------------------------------------- groups by their interventions


def _moved(evidence: Evidence) -> dict[Group, aim.Move]:
    """Groups whose world was moved in steps (at once, where none was), those of the kind of move that most groups had; and how."""
    moves = {g: m for g in evidence.design.groups if (m := _move(evidence, g))}
    moves = {g: m for g, m in moves.items() if m.share < 1} or moves
    kinds = [m.kind for m in moves.values()]
    common = max(dict.fromkeys(kinds), key=kinds.count, default=None)
    return {g: m for g, m in moves.items() if m.kind == common}


def _move(evidence: Evidence, group: Group) -> aim.Move | None:
    return aim.move_of(group, evidence.design.sessions, evidence.design.trials)


def _error(evidence: Evidence, groups: list[Group]) -> Callable[[Group, aim.Stretch], np.ndarray] | None:
    """`aim.error` of these groups, measured against those whose world was moved the same way at once."""
    design = evidence.design
    kind = move.kind if groups and (move := _move(evidence, groups[0])) else None
    moves = {g: m for g in design.groups if (m := _move(evidence, g))}
    at_once = [g for g, m in moves.items() if m.share == 1 and m.kind == kind and g not in groups]
    return aim.error(evidence.trials, [*groups, *at_once], design.sessions, design.trials, design.mice)


def _silenced(evidence: Evidence, fits: Callable[[Group, int], bool]) -> Group | None:
    """The first group with GPi silenced, and no other intervention, that fits; day: the first on which it is."""
    for group in evidence.design.groups:
        if group.interventions and all(i.target == "gpi" and i.effect == Scale(0.0) for i in group.interventions):
            if fits(group, evidence.design.day(min(i.when.sessions[0] for i in group.interventions))):
                return group
    return None


def _off_sessions(evidence: Evidence, group: Group) -> list[int]:
    """Columns of the sessions in which GPi is silenced."""
    return [s - 1 for s in range(1, evidence.design.sessions + 1) if interventions_in(group, s)]


def _silent_trials(evidence: Evidence, group: Group, session: int) -> aim.Stretch:
    on = [t for t in range(1, evidence.design.trials + 1) if interventions_in(group, session, t)]
    return aim.Stretch(session, on[0], on[-1])


def _start(evidence: Evidence, group: Group, session: int) -> np.ndarray:
    """Success of each mouse in the first START trials of a session, (mice,)."""
    t = evidence.trials
    table = t[(t.group == group.name) & (t.session == session) & (t.trial <= START)]
    return table.groupby("mouse")["success"].mean().reindex(range(1, evidence.design.mice + 1)).to_numpy(float)
