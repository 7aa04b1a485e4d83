"""D3, D4: striatum without its dopamine, and striatum stimulated. From trials and recorded movement."""

from __future__ import annotations

import numpy as np
from scipy import stats

from reachenv.lab.analysis.behaviour import median_by_session
from reachenv.lab.analysis.equivalence import equivalent_pairs
from reachenv.lab.design.group import Group
from reachenv.lab.findings.one_sided import one_sided
from reachenv.lab.findings.verdict import (
    Evidence,
    Judged,
    all_of,
    judge_equivalence,
    missing,
    too_few,
)

# Ours: the table of findings gives no levels.
P_EFFECT = 0.05
MARGIN = 0.10  # D3: speed under M1 block, as a share of the twin's
PAIRS = "pairs of twins"
MOVEMENT = ("paw_mm",)


def depletion(evidence: Evidence) -> Judged:
    """D3: the more nigro-striatal cells are lost, the slower and smaller the reach, and the less is learned; not so under M1 block."""
    control = evidence.control()
    lost = {_loss(g): g for g in evidence.design.groups if _loss(g) > 0}
    if control is None or len(lost) < 2:
        return missing("nigro-striatal cells lost in two grades or more, and untouched twins (design depletion)")
    if evidence.tape is None:
        return missing("recordings (a run without --no-recording)")
    grades = {0.0: control, **dict(sorted(lost.items()))}
    deepest = lost[max(lost)]
    first = min(i.when.sessions[0] for i in deepest.interventions)
    parts = [
        _falls(evidence, {loss: _speed(evidence, g, first) for loss, g in grades.items()}, "peak speed"),
        _falls(evidence, {loss: _size(evidence, g, first) for loss, g in grades.items()}, "size of the reach"),
        _above(
            evidence, _gain(evidence, control) - _gain(evidence, deepest), "gain in success lost by the deepest loss"
        ),
    ]
    m1 = evidence.m1_blocked()
    if m1 is None:
        return all_of([*parts, missing("a group with M1 dopamine blocked")])
    blocked = m1.interventions[0].when.sessions[0]
    ratio = _speed(evidence, m1, blocked) / _speed(evidence, control, blocked) - 1
    return all_of(
        [
            *parts,
            judge_equivalence(evidence, equivalent_pairs(ratio, MARGIN), "peak speed under M1 block / control − 1"),
        ]
    )


def stimulation(evidence: Evidence) -> Judged:
    """D4: theta bursts in training raise learning over sham and over a course without envelope, most in aged mice."""
    stimulated = [(g, i.effect) for g in evidence.design.groups for i in g.interventions]
    by = {(g.variant, effect.waveform): g for g, effect in stimulated if effect.kind == "stimulate"}
    ages = [age for age in ("", "aged") if {(age, "theta-burst"), (age, "sham")} <= set(by)]
    if ages != ["", "aged"]:
        return missing("theta bursts and sham over striatum, in young and in aged mice (design stimulation)")
    raised = {age: _gain(evidence, by[age, "theta-burst"]) - _gain(evidence, by[age, "sham"]) for age in ages}
    parts = [
        _above(evidence, raised["aged"], "gain, theta bursts − sham, aged mice"),
        _above(evidence, raised[""], "gain, theta bursts − sham, young mice"),
        _above(evidence, raised["aged"] - raised[""], "more so in aged mice than in young"),
    ]
    if ("aged", "high-frequency") in by:
        apart = _gain(evidence, by["aged", "theta-burst"]) - _gain(evidence, by["aged", "high-frequency"])
        parts.append(_above(evidence, apart, "gain, theta bursts − high-frequency control, aged mice"))
    return all_of(parts)


def _loss(group: Group) -> float:
    """Share of nigro-striatal cells that a group loses; 0 where it has any other intervention."""
    losses = [i.effect.loss if i.effect.kind == "deplete" else 0.0 for i in group.interventions]
    return max(losses) if losses and min(losses) > 0 and not group.variant else 0.0


def _gain(evidence: Evidence, group: Group) -> np.ndarray:
    success = evidence.success(group)
    return success[:, -1] - success[:, 0]


def _speed(evidence: Evidence, group: Group, first: int) -> np.ndarray:
    """Peak speed [cm/s] of each mouse: mean over the sessions from `first` on of its median, (mice,)."""
    table = median_by_session(evidence.trials, "peak_speed").get(group.name, np.empty((0, 0)))
    return _padded(table[:, first - 1 :].mean(1), evidence.design.mice)


def _size(evidence: Evidence, group: Group, first: int) -> np.ndarray:
    """How far the paw goes from where it rests [mm]: mean over the sessions of the median over trials, (mice,)."""
    mice = range(1, evidence.design.mice + 1)
    sessions = range(first, evidence.design.sessions + 1)
    return np.array([np.mean([_reach(evidence, group, mouse, session) for session in sessions]) for mouse in mice])


def _reach(evidence: Evidence, group: Group, mouse: int, session: int) -> float:
    assert evidence.tape  # asked for first in `depletion`
    paw = evidence.tape(group.name, mouse, session, MOVEMENT)["paw_mm"]
    return float(np.median(np.linalg.norm(paw - paw[:, :1], axis=-1).max(1)))


def _padded(values: np.ndarray, mice: int) -> np.ndarray:
    out = np.full(mice, np.nan)
    out[: len(values)] = values
    return out


def _falls(evidence: Evidence, by_loss: dict[float, np.ndarray], what: str) -> Judged:
    """Whether a measure falls with the loss, mouse by mouse over its twins."""
    table = np.array(list(by_loss.values()))
    table = table[:, ~np.isnan(table).any(0)]
    measure = f"Spearman of {what} with the loss"
    if (short := too_few(evidence, table.shape[1], measure=measure, unit="sets of twins")) is not None:
        return short
    trend = np.array([_spearman(list(by_loss), column) for column in table.T])
    note = ", ".join(f"{loss:g}: {row.mean():.1f}" for loss, row in zip(by_loss, table, strict=True))
    return one_sided(trend, -1, measure, P_EFFECT, "sets of twins", note)


def _spearman(a: list[float], b: np.ndarray) -> float:
    return 0.0 if np.ptp(b) == 0 else float(stats.spearmanr(a, b).statistic)


def _above(evidence: Evidence, differences: np.ndarray, measure: str) -> Judged:
    """Whether the mean difference of twins lies above 0."""
    d = differences[~np.isnan(differences)]
    if (short := too_few(evidence, len(d), measure=measure, unit=PAIRS)) is not None:
        return short
    return one_sided(d, +1, measure, P_EFFECT, PAIRS)
