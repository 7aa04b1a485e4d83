"""How mice follow a world that was moved: errors of their reaches along the move, from the trials alone.

A reach that ends where it always did ends off the pellet by the move; one that has adapted ends on it again. Errors are
measured along the direction in which the first moved trials go wrong, in units of how far they would at the move's full
size: 1 nothing was made up for, 0 all of it, below 0 the reach errs the other way. Where the design has mice whose world was
moved at once, theirs are the first moved trials: a reach that is stopped by what it touches does not err in proportion.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from reachenv.agents.interventions import LOOP
from reachenv.lab.design.group import Group
from reachenv.lab.design.perturbations import change_at

FIRST = 5  # trials that are taken for the first after something changed
LATE = 4  # a quarter of a stretch of trials is its end
AXES = ["endpoint_x", "endpoint_y", "endpoint_z"]  # mm from the pellet's place


@dataclass(frozen=True)
class Stretch:
    """Neighbouring trials of one session, first and last, from 1."""

    session: int
    first: int
    last: int

    def start(self) -> Stretch:
        return Stretch(self.session, self.first, min(self.last, self.first + FIRST - 1))

    def end(self) -> Stretch:
        return Stretch(self.session, self.last - max(1, (self.last - self.first + 1) // LATE) + 1, self.last)


@dataclass(frozen=True)
class Move:
    """When a group's world was moved: a stretch before, in the usual world, the stretch of it, and what follows, if anything.

    share: of the full move that is there in the FIRST trials, on average; 1 for a move at once.
    """

    before: Stretch
    moved: Stretch
    after: Stretch | None
    kind: tuple[str, ...]
    share: float


def move_of(group: Group, sessions: int, trials: int) -> Move | None:
    """When and how the world of a group was moved; None where it never was, or where no trials lie before.

    Before are the trials of that session up to the move; where it begins with the session, the session before.
    """
    every = ((s, t) for s in range(1, sessions + 1) for t in range(1, trials + 1))
    changes = {at: change for at in every if (change := change_at(group.perturbations, *at))}
    on = list(changes)
    if not on or on[0] == (1, 1):
        return None
    session, first = on[0]
    before = Stretch(session, 1, first - 1) if first > 1 else Stretch(session - 1, 1, trials)
    last = max(t for s, t in on if s == session)
    end_session, end = on[-1]
    after = Stretch(end_session, end + 1, trials) if end < trials else None
    kind = tuple(sorted({name for c in group.perturbations for name in c.fields()}))
    sizes = [np.linalg.norm(np.hstack(list(change.fields().values()))) for change in changes.values()]
    return Move(before, Stretch(session, first, last), after, kind, float(np.mean(sizes[:FIRST]) / max(sizes)))


def loop_gain(group: Group) -> float:
    """How strong the loops of a group are while its world is moved: 1 as usual."""
    factors = (i.effect.factor for i in group.interventions if i.target == LOOP and i.effect.kind == "scale")
    return next(factors, 1.0)


def endpoints(trials: pd.DataFrame, group: Group, stretch: Stretch, mice: int) -> np.ndarray:
    """Mean endpoint [mm] of each mouse over a stretch, (mice, 3); NaN for a mouse that did not reach."""
    table = trials[
        (trials.group == group.name) & (trials.session == stretch.session) & trials.trial.between(stretch.first, stretch.last)
    ]  # fmt: skip
    means = table.groupby("mouse")[AXES].mean().reindex(range(1, mice + 1))
    return means.to_numpy(float)


def error(
    trials: pd.DataFrame, groups: list[Group], sessions: int, per_session: int, mice: int
) -> Callable[[Group, Stretch], np.ndarray] | None:
    """How far off the mice of these groups reach: a function (group, stretch) → (mice,), in units of the move's first error.

    Direction and size are those of the mean over all mice, so that luck of single mice cannot look like adaptation.
    None where no group was moved, or where the move set reaches off by less than they scatter: luck and the drift of a session
    would be taken for adaptation. So it is with a force field, which bends the way of a reach and hardly its end.
    """
    moves = {g.name: m for g in groups if (m := move_of(g, sessions, per_session))}
    usual = {g.name: endpoints(trials, g, moves[g.name].before, mice) for g in groups if g.name in moves}
    those = [g for g in groups if g.name in moves]
    first = [
        (endpoints(trials, g, moves[g.name].moved.start(), mice) - usual[g.name]) / moves[g.name].share
        for g in [g for g in those if moves[g.name].share == 1] or those
    ]
    if not first or np.isnan(first).all():
        return None
    off = np.nanmean(np.concatenate(first), axis=0)
    size = float(np.linalg.norm(off))
    if not size > 0 or size < _scatter(trials, those, moves, off / size):
        return None
    return lambda group, stretch: (endpoints(trials, group, stretch, mice) - usual[group.name]) @ off / size**2


def _scatter(trials: pd.DataFrame, groups: list[Group], moves: dict[str, Move], along: np.ndarray) -> float:
    """S.d. [mm] along a direction of the endpoints of a mouse, from trial to trial, at the end of its moved world; NaN of single trials."""
    spreads = []
    for group in groups:
        at = moves[group.name].moved.end()
        table = trials[
            (trials.group == group.name) & (trials.session == at.session) & trials.trial.between(at.first, at.last)
        ]
        spreads.append((table[AXES] @ along).groupby(table.mouse).var())
    return float(np.sqrt(pd.concat(spreads).mean()))
