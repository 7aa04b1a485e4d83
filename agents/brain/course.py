"""What goes on in a trial, update by update, where learning and recording find it: regions write their results straight into it."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from reachenv.agents.brain.learning.rule import Moment
from reachenv.agents.brain.regions.layer5 import CELLS as LAYER5
from reachenv.agents.brain.regions.layer5 import A
from reachenv.agents.brain.regions.release import M1, STRIATUM, TARGETS
from reachenv.agents.brain.state import HALF
from reachenv.agents.brain.wiring import PARAMETERS

C = len(PARAMETERS)
ROWS = 64  # updates that there is room for at first; it doubles when it is full
IT, D1, D2 = range(3)  # rows of `Row.lean`


class Row(NamedTuple):
    """One update of B mice; as `Course.rows` has them, views into its arrays.

    before, after (B, N + K): rates of layer 2-3, cells of the reach and event cells, that the update followed and that it left.
    plan (B, 1): share of aimed phases, 0 to 1. lean (3, B, C): difference of opponents in `it`, D1 and D2 cells.
    explored (B, C): D1 cells' own exploration. departure (B, 2 A): of layer 5 from its posture, that the loop asks for.
    push (B, N): change of gain of cells of the reach by loop and private noise. heard (B, S): senses of event cells.
    arrives, usual (2, B): dopamine by target (`release.TARGETS`), and what arrives there at tonic firing.
    """

    before: np.ndarray
    after: np.ndarray
    plan: np.ndarray
    lean: np.ndarray
    explored: np.ndarray
    departure: np.ndarray
    push: np.ndarray
    heard: np.ndarray
    arrives: np.ndarray
    usual: np.ndarray


class Course:
    """Rows of one trial after another, each over the last one's.

    reach, events: cells of layer 2-3; senses: of event cells. explored: whether D1 cells learn from their own exploration, else from
    the difference of opponents. kept: whether all rows of a trial are; else two take turns.
    """

    def __init__(self, mice: int, reach: int, events: int, senses: int, explored: bool, kept: bool = True):
        self._reach, self._explored, self._kept = reach, explored, kept
        self._sizes = {
            "plan": (mice, 1),
            "lean": (3, mice, C),
            "explored": (mice, C),
            "departure": (mice, LAYER5),
            "push": (mice, reach),
            "heard": (mice, senses),
            "arrives": (len(TARGETS), mice),
            "usual": (len(TARGETS), mice),
        }
        self._cells = np.empty((0, mice, reach + events), np.float32)
        self._arrays = {name: np.empty((0, *size), np.float32) for name, size in self._sizes.items()}
        self._usual = np.zeros((len(TARGETS), mice), np.float32)
        self._rows: list[Row] = []

    def begin(self, usual: np.ndarray) -> None:
        """A trial begins. usual (2, B): see `Row`, until an intervention changes it within the trial."""
        self._usual = usual
        self._arrays["usual"][:] = usual

    def row(self, update: int) -> Row:
        """Of this update, from 0; to be asked for one after another."""
        if not self._kept:
            update %= 2
        if update >= len(self._rows):
            self._grow(max(ROWS, 2 * len(self._rows)) if self._kept else 2)
        return self._rows[update]

    def moment(self, update: int) -> dict[str, Moment]:
        """What there was in one update at the synapses of every plastic projection but the critic's, by its name."""
        return self._seen(update, update + 1)

    def moments(self, updates: int) -> dict[str, Moment]:
        """The same of the first `updates`, arrays with an axis of time first."""
        return self._seen(slice(updates), slice(1, updates + 1))

    def _seen(self, at: int | slice, after: int | slice) -> dict[str, Moment]:
        one, cells = self._arrays, self._cells
        pre, plan = cells[at][..., : self._reach], one["plan"][at]
        in_m1, in_striatum = ((one["arrives"][at, k], one["usual"][at, k], plan) for k in (M1, STRIATUM))
        return {
            "m1_l23>d1": Moment(
                pre, one["explored"][at] if self._explored else HALF * one["lean"][at, D1], *in_striatum
            ),
            "m1_l23>d2": Moment(pre, HALF * one["lean"][at, D2], *in_striatum),
            "m1_l23>m1_l23": Moment(pre, one["push"][at], *in_m1),
            "m1_l23>m1_l5": Moment(pre, one["departure"][at][..., :A], *in_m1),
            "senses>m1_events": Moment(one["heard"][at], cells[after][..., self._reach :], *in_m1),
        }

    def _grow(self, rows: int) -> None:
        """Room for so many rows, with what there is."""
        there = len(self._rows)
        more = {name: np.empty((rows, *size), np.float32) for name, size in self._sizes.items()}
        cells = np.empty((rows + self._kept, *self._cells.shape[1:]), np.float32)
        for name, array in self._arrays.items():
            more[name][:there] = array
        cells[: len(self._cells)] = self._cells
        more["usual"][there:] = self._usual
        self._arrays, self._cells = more, cells
        self._name_rows()

    def _name_rows(self) -> None:
        """Views into the arrays."""
        rates = list(self._cells)  # what an update leaves is the very array that the next one follows
        self._rows = [
            Row(rates[k], rates[(k + 1) % len(rates)], **{name: array[k] for name, array in self._arrays.items()})
            for k in range(len(self._arrays["plan"]))
        ]

    def __getstate__(self) -> dict[str, Any]:
        return self.__dict__ | {"_rows": []}  # a copy of a view is none

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._name_rows()
