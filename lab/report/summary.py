"""What a run says in numbers and plain sentences, animals counted; the words of the report."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from reachenv.lab.analysis.behaviour import by_session
from reachenv.lab.analysis.stats import Interval, bootstrap_mean, paired_permutation, permutation
from reachenv.lab.design.design import Design
from reachenv.lab.design.group import Group, blocked_sessions
from reachenv.schema import FEWEST_MICE


@dataclass(frozen=True)
class Contrast:
    """A group against control: gain in success from the session before the block to its last."""

    group: str
    first: int
    last: int
    control: Interval
    treated: Interval
    difference: Interval
    p: float
    paired: bool


def success_table(design: Design, trials: pd.DataFrame) -> dict[str, list[Interval]]:
    """Success of each group in each session: mean over mice with its interval."""
    success = by_session(trials, "success")
    names = [g.name for g in design.groups if g.name in success]
    return {name: [bootstrap_mean(column) for column in success[name].T] for name in names}


def contrast(design: Design, trials: pd.DataFrame, group: Group) -> Contrast | None:
    """How much a blocked group gained over its blocked sessions, against control; None where that cannot be asked."""
    blocked = blocked_sessions(group, design.sessions)
    success = by_session(trials, "success")
    control = next((g for g in design.groups if g.role == "control"), None)
    if control is None or not blocked or blocked[0] < 2 or not {control.name, group.name} <= set(success):
        return None
    first, last = blocked[0] - 1, blocked[-1]
    if success[group.name].shape[1] < last:
        return None
    ours, theirs = (success[g.name][:, last - 1] - success[g.name][:, first - 1] for g in (group, control))
    paired = control.litter == group.litter
    return Contrast(
        group.name,
        first,
        last,
        bootstrap_mean(theirs),
        bootstrap_mean(ours),
        bootstrap_mean(ours - theirs)
        if paired
        else Interval(float(np.nanmean(ours) - np.nanmean(theirs)), np.nan, np.nan, 0),
        paired_permutation(ours - theirs) if paired else permutation(ours, theirs),
        paired,
    )


def sentences(design: Design, trials: pd.DataFrame) -> list[str]:
    """The results in words. A number is never given without n and its interval, where there is one."""
    table = success_table(design, trials)
    words = []
    for name, rows in table.items():
        done = [i for i, r in enumerate(rows) if r.n]
        first, last = rows[done[0]], rows[done[-1]]
        words.append(
            f"{name}: success {first.mean:.2f} in session {done[0] + 1} and {last.mean:.2f} in session {done[-1] + 1} "
            f"({mice(last.n)})."
        )
    for group in design.groups:
        c = contrast(design, trials, group)
        if c:
            words.append(
                f"From session {c.first} to {c.last}, while {group.name} was blocked, control gained "
                f"{interval(c.control)} and {c.group} {interval(c.treated)}; difference {interval(c.difference)}, "
                f"P = {c.p:.3g} ({'twins paired, sign-flip' if c.paired else 'relabelling'} permutation, "
                f"{mice(c.treated.n)} a group)."
            )
    return words


def caveat(design: Design) -> str:
    """What a run of this size can and cannot say."""
    n = design.mice
    if n < 3:
        size = f"With {mice(n)} a group there is no spread to speak of: look, but conclude nothing."
    elif n < FEWEST_MICE:
        size = (
            f"With {n} mice a group this is a demonstration. Intervals are wide, yet by bootstrap from so few animals "
            f"still too narrow; the smallest P that {n} pairs can give is {2 / 2**n:.2g}."
        )
    else:
        size = f"{n} mice a group are enough to test the published findings."
    twins = " Groups of one litter hold twins (same body, untrained brain and luck), compared in pairs."
    return size + (twins if len(design.groups) > 1 else "")


def interval(value: Interval) -> str:
    """+0.12 [0.03, 0.20], or the mean alone where no interval can be given."""
    if np.isnan(value.low):
        return _signed(value.mean)
    return f"{_signed(value.mean)} [{_signed(value.low)}, {_signed(value.high)}]"


def _signed(value: float) -> str:
    return f"{value:+.2f}".replace("-", "−")


def mice(n: int) -> str:
    return "1 mouse" if n == 1 else f"{n} mice"
