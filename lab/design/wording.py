"""Interventions and perturbations in words, from the objects themselves: for the film, the figures and the report."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from reachenv.agents.interventions import Intervention, dopamine_at, is_dopamine_block
from reachenv.lab.design.group import Group, interventions_in
from reachenv.lab.design.perturbations import WorldChange, change_at

NAMES = {
    "gpi": "GPi", "gpe": "GPe", "stn": "STN", "d1": "D1 cells", "d2": "D2 cells", "striatum_d1": "D1 cells",
    "striatum_d2": "D2 cells", "it": "loop cortex", "m1_l23": "M1 layer 2-3", "thalamus>it": "loop", "snc": "nigral cells",
}  # fmt: skip
PLACES = {"m1": "M1", "striatum": "striatal"}


def group_words(group: Group, sessions: int, tone: float = math.nan) -> str:
    """All interventions and perturbations of a group, and when: 'M1 dopamine blocked in sessions 2–4, GPi silenced in session 8'.

    sessions: how many there are; of a single one the number is left out. tone: see `intervention_words`.
    """
    held: dict[tuple[str, tuple[int, int] | None], list[int]] = {}
    for session in range(1, sessions + 1):
        for part in _in_session(group, session, tone):
            held.setdefault(part, []).append(session)
    together: dict[tuple, list[str]] = {}
    for (words, trials), on in held.items():
        together.setdefault((trials, *on), []).append(words)
    parts = []
    for (trials, *on), several in together.items():
        when = [_numbered("trial", [trials])] if trials else []
        when += [_numbered("session", stretches(on))] if sessions > 1 else []
        parts.append(" ".join([" and ".join(several), *(["in", " of ".join(when)] if when else [])]))
    return ", ".join(parts)


def session_words(group: Group, session: int, trial: int | None = None, tone: float = math.nan) -> str:
    """The interventions and the perturbation of a group in one session, or in one trial of it; '' for none."""
    return ", ".join(words for words, _ in _in_session(group, session, tone, trial))


def merged(interventions: Iterable[Intervention]) -> list[tuple[Intervention, ...]]:
    """Interventions that are said together: dopamine blocks of the same trials and seconds, first; each other one by itself."""
    blocks: dict[tuple, list[Intervention]] = {}
    others = []
    for i in interventions:
        if is_dopamine_block(i):
            blocks.setdefault((i.when.trials, i.when.seconds), []).append(i)
        else:
            others.append((i,))
    return [*map(tuple, blocks.values()), *others]


def intervention_words(interventions: Sequence[Intervention], tone: float = math.nan) -> str:
    """A part of `merged` in words, without its sessions and trials: 'GPi silenced', '50% of M1 and all striatal dopamine blocked'.

    tone: s from the start of the trial. With it a part of the trial is counted from the tone on, as films and figures count time.
    """
    first = interventions[0]
    words = _blocked(interventions) if is_dopamine_block(first) else _one(first)
    return f"{words} {_clock(first.when.seconds, tone)}" if first.when.seconds else words


def perturbation_words(change: WorldChange) -> str:
    """Such as 'plate moved 3 mm' or 'command turned 30°, force field 0.15 mN per cm/s'; '' for the ordinary world."""
    words = []
    if shift := math.hypot(*change.plate_shift_mm):
        words.append(f"plate moved {shift:.2g} mm")
    if change.command_rotation_deg:
        words.append(f"command turned {change.command_rotation_deg:g}°")
    if change.force_field:
        words.append(f"force field {change.force_field:.2g} mN per cm/s")
    return ", ".join(words)


def stretches(numbers: list[int]) -> list[tuple[int, int]]:
    """Runs of neighbouring numbers: [2, 3, 4, 7] → [(2, 4), (7, 7)]."""
    stretches: list[tuple[int, int]] = []
    for n in numbers:
        if stretches and stretches[-1][1] == n - 1:
            stretches[-1] = (stretches[-1][0], n)
        else:
            stretches.append((n, n))
    return stretches


def _in_session(
    group: Group, session: int, tone: float, trial: int | None = None
) -> list[tuple[str, tuple[int, int] | None]]:
    """(words, trials or None for all) of a session or of one trial: interventions, then the perturbation."""
    parts = [
        (intervention_words(part, tone), part[0].when.trials)
        for part in merged(interventions_in(group, session, trial))
    ]
    if trial is None:  # the first that is written is the whole perturbation
        change = next((c for c in group.perturbations if c.when.holds(session)), None)
    else:
        change = change_at(group.perturbations, session, trial)
    parts += [(perturbation_words(change), None)] if change else []
    return list(dict.fromkeys(parts))


def _blocked(blocks: Iterable[Intervention]) -> str:
    """Dopamine blocks in one phrase; the shares of several of one place multiply."""
    left: dict[str, float] = {}
    for block in blocks:
        for place in dopamine_at(block):
            left[place] = left.get(place, 1.0) * _factor(block)
    shares = ["all " if factor == 0 else f"{1 - factor:.0%} of " for factor in left.values()]
    if len(set(shares)) == 1:  # said once, and of all of it not at all
        shares = [shares[0].replace("all ", "")] + [""] * (len(shares) - 1)
    return " and ".join(share + PLACES[place] for share, place in zip(shares, left, strict=True)) + " dopamine blocked"


def _one(i: Intervention) -> str:
    name = NAMES.get(i.target, i.target)
    if i.effect.kind == "stimulate":
        return f"{i.effect.waveform} on {name}"
    if i.effect.kind == "deplete":
        return f"{i.effect.loss:.0%} of {name} lost"
    if places := dopamine_at(i):
        name = " and ".join(PLACES[place] for place in places) + " dopamine"
    return {0.0: f"{name} silenced", 1.0: f"{name} left as it is"}.get(i.effect.factor, f"{name} × {i.effect.factor:g}")


def _factor(i: Intervention) -> float:
    return i.effect.factor if i.effect.kind == "scale" else 1.0


def _numbered(what: str, spans: list[tuple[int, int]]) -> str:
    """'session 8', 'sessions 2–4 and 7'."""
    one = len(spans) == 1 and spans[0][0] == spans[0][1]
    return what + ("" if one else "s") + " " + " and ".join(f"{a}" if a == b else f"{a}–{b}" for a, b in spans)


def _clock(seconds: tuple[float, float], tone: float) -> str:
    """(1.0, 1.5), from the start of the trial [s], in words; from the tone on where that is known."""
    start, end = seconds
    if math.isnan(tone):
        return f"{start:g}–{end:g} s into the trial"
    start, end = round(start - tone, 3), round(end - tone, 3)
    if start >= 0:
        return f"{abs(start):g}–{end:g} s after the tone"
    if end <= 0:
        return f"{abs(start):g}–{abs(end):g} s before the tone"
    return f"from {-start:g} s before to {end:g} s after the tone"
