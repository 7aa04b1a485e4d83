"""Figures of the designs that try the loop, from their files."""

from __future__ import annotations

from reachenv.lab.figures.style import STYLE, colours  # first: it chooses how matplotlib draws

# isort: split
from collections.abc import Callable

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from reachenv.lab.analysis import adaptation as aim
from reachenv.lab.design.design import Design
from reachenv.lab.design.perturbations import change_at

GREY = "#888888"


def moved(design: Design, trials: pd.DataFrame) -> Figure | None:
    """Errors along the move by trial, for every group whose world was moved; None where none was."""
    groups = [g for g in design.groups if aim.move_of(g, design.sessions, design.trials)]
    off = aim.error(trials, groups, design.sessions, design.trials, design.mice) if groups else None
    if off is None:
        return None
    moves = [m for g in groups if (m := aim.move_of(g, design.sessions, design.trials))]
    shown = {m.before.session for m in moves} | {m.after.session for m in moves if m.after}
    shown |= {s for g in groups for c in g.perturbations for s in range(1, design.sessions + 1) if c.when.holds(s)}
    sessions = sorted(shown)
    width = aim.FIRST
    with plt.rc_context(STYLE):
        figure, axes = plt.subplots(
            1,
            len(sessions),
            figsize=(max(7.0, 4.2 * len(sessions)), 3.8),
            layout="constrained",
            sharey=True,
            squeeze=False,
        )
        for axis, session in zip(axes[0], sessions, strict=True):
            starts = range(1, design.trials + 1, width)
            for group in groups:
                bins = [off(group, aim.Stretch(session, t, min(t + width - 1, design.trials))) for t in starts]
                middle = [t + (width - 1) / 2 for t in starts]
                with np.errstate(invalid="ignore"):
                    axis.plot(middle, [np.nanmean(b) if not np.isnan(b).all() else np.nan for b in bins], "o-", ms=3, lw=1.6,
                              color=colours(design)[group.name], label=group.name)  # fmt: skip
            for t in range(1, design.trials + 1):
                if change_at(groups[0].perturbations, session, t):
                    axis.axvspan(t - 0.5, t + 0.5, color="black", alpha=0.06, lw=0)
            axis.axhline(0, color=GREY, lw=0.8)
            axis.set(title=f"session {session}", xlabel="trial")
        axes[0, 0].set_ylabel("error along the move (1: none made up for)")
        axes[0, -1].legend(fontsize=8)
        return figure


CAPTIONS = {
    "moved": "How mice follow a moved world: errors of their reaches along the move, means over mice of five trials each. 1: they "
    "end where they always did; 0: on the pellet; below 0 they err the other way. Grey: trials in which the world was moved.",
}


def drawings(design: Design, trials: pd.DataFrame) -> dict[str, Callable[[], Figure]]:
    """The figures that a run of these designs has: name → a function that draws it."""
    figure = moved(design, trials)
    return {"moved": lambda: figure} if figure is not None else {}
