"""Motor cortex, layer 2-3, in time: assemblies that hold themselves and hand over. What it is born with: `agents.brain.cortex`.

All its cells fire by one equation, those of the reach and, after them, those that answer to events (`event_cells`); what differs is
what they hear.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from reachenv.agents.brain.cortex import HEARD, PHASE_INDEX, PHASES, SILENT
from reachenv.agents.brain.params import LoopParams
from reachenv.agents.brain.regions.layer5 import CELLS as LAYER5
from reachenv.agents.brain.state import ONE, State, number
from reachenv.agents.brain.wiring import PARAMETERS

C = len(PARAMETERS)
HOLD, LIFT = PHASE_INDEX["hold"], PHASE_INDEX["lift"]
# Rows of the axons, by what they reach: layer 5, striatum, the assemblies of the next phases (through slow traces). The last two read
# whether the present phase is aimed, and how much there is of any.
_ENDS = {"m1_l5": LAYER5, "d1": 2 * C, "d2": 2 * C, "onward": len(PHASES), "gate": 2}
_STARTS = np.cumsum([0, *_ENDS.values()]).tolist()
AXONS = {name: slice(start, start + rows) for (name, rows), start in zip(_ENDS.items(), _STARTS, strict=False)}
LINE = 16  # numbers of a cache line, at whose beginning each row of weights begins: a product of large matrices takes a tenth less time
CUT = 16  # updates between cuts of rates below SILENT, which halve in one and so stay far above the smallest of numbers


class Output(NamedTuple):
    """What layer 2-3 sends. posture (B, 2 A); striatum (2, B, C, 2), of D1 and D2 cells; onward (B, P); aimed (B, 1): share of aimed
    phases, not yet within 0..1; total (B, 1): all activity.
    """

    posture: np.ndarray
    striatum: np.ndarray
    onward: np.ndarray
    aimed: np.ndarray
    total: np.ndarray


class Room:
    """Room for what an update works out, and views into it.

    hears (B, M, 1): what cells of the reach hear; rates, phases, go and outside are its parts. sends (B, rows of axons, 1): what leaves
    the layer; `sent` names its parts. drive (B, N + K): input to all cells; reach (B, N, 1) and events (B, K, 1) are its parts.
    nothing, most (B, N + K): 0 and 1.
    """

    def __init__(self, b: int, reach: int, hears: int, rows: int, cells: int):
        self._sizes = b, reach, hears, rows, cells
        self.hears = np.zeros((b, hears, 1), np.float32)
        heard, go = self.hears[:, :, 0], reach + len(PHASES)
        self.rates, self.phases, self.go, self.outside = (
            heard[:, :reach],
            heard[:, reach:go],
            heard[:, go],
            heard[:, go + 1 :],
        )
        self.sends = np.empty((b, rows, 1), np.float32)
        out = self.sends[:, :, 0]
        striatum = out[:, AXONS["d1"].start : AXONS["d2"].stop].reshape(b, 2, C, 2).transpose(1, 0, 2, 3)
        self.sent = Output(out[:, AXONS["m1_l5"]], striatum, out[:, AXONS["onward"]], out[:, -2:-1], out[:, -1:])
        self.drive = np.empty((b, cells), np.float32)
        self.reach, self.events = self.drive[:, :reach, None], self.drive[:, reach:, None]
        self.nothing, self.most = np.zeros_like(self.drive), np.ones_like(self.drive)

    def __reduce__(self) -> tuple[type[Room], tuple[int, ...]]:
        return Room, self._sizes  # a copy of a view is none, and nothing else is to be kept


@dataclass(slots=True)
class Layer23State(State):
    """Layer 2-3 of B mice: N cells of the reach, K event cells, S senses, P phases. Rates are in units of a saturated cell's, weights of
    its input.

    cells (B, N + K): rates now, of the reach and then of events. slow (B, P): slow trace of what reaches each phase's assembly from the
    others. Held in a trial: weights (B, N, M) onto each cell of the reach from all that it hears, which is `rates`, phases, go and
    senses, in this order; keep (B, N + K): share of a rate that an update keeps; gains (B, N + K): what it
    gains at most, of the maximal rate; axons (B, 2 A + 4 C + P + 2, N): onto what layer 2-3 reaches, in rows as
    AXONS says.
    """

    cells: np.ndarray
    slow: np.ndarray
    weights: np.ndarray
    keep: np.ndarray
    gains: np.ndarray
    axons: np.ndarray
    room: Room = field(init=False)

    def __post_init__(self) -> None:
        self.weights, self.axons = _in_lines(self.weights), _in_lines(self.axons)
        mice, reach, hears = self.weights.shape
        self.room = Room(mice, reach, hears, self.axons.shape[1], self.cells.shape[1])

    @property
    def rates(self) -> np.ndarray:
        """(B, N): of the cells of the reach, a view."""
        return self.cells[:, : self.axons.shape[2]]

    @rates.setter
    def rates(self, rates: np.ndarray) -> None:
        self.rates[:] = rates


class Layer23:
    """tau dr/dt = -r + r_max gain [W r + U u + pattern (phases) + I0 + noise]_0^1, tau_slow ds/dt = onward r - s.

    phases = (1 + tempo_gain * tempo) s + go_gain * go * (lift - hold): the slow hand-over from phase to phase, hurried by
    the loop's tempo channel, and the go that calls the lift. I0 = inhibition * sparseness - threshold. gain comes from apical tufts
    (`tufts`). Event cells have W_e h in place of what those of the reach hear, a threshold alone for I0, and gain 1.
    """

    def __init__(self, p: LoopParams, where: Mapping[str, slice], dt: float):
        c, e = p.cortex, p.events
        self._p, self._cells = c, c.units
        self._tempo_gain, self._slow_share = number(p.tempo_gain), number(1 - math.exp(-dt / c.tau_slow))
        spans = [where[name] for name in HEARD if name in where]
        self._heard = slice(min(s.start for s in spans), max(s.stop for s in spans))
        self._width = self._heard.stop - self._heard.start
        self._keep = _of_both(p, math.exp(-dt / c.tau), math.exp(-dt / e.tau))
        self.noise = _of_both(p, c.noise, e.noise)
        self.resting_input = _of_both(p, c.inhibition * c.sparseness - c.threshold, -e.threshold)

    def begin(self, birth: Mapping[str, Tensor], onto: Mapping[str, Tensor]) -> Layer23State:
        """In the phase "hold". birth: see `mouse.individual`; onto: weights (B, rows, N) for each part of AXONS but "onward"."""
        rest = rest_rates(birth)
        onward, events = birth["onward"], birth["event_rate"]
        axons = torch.cat([onward if name == "onward" else onto[name] for name in AXONS], 1).numpy()
        largest = torch.cat([birth["rate"], events], 1).numpy()
        return Layer23State(
            cells=torch.cat([rest, torch.zeros_like(events)], 1).numpy(),
            slow=(onward * rest[:, None]).sum(-1).numpy(),
            weights=self._weights(birth["l23"].numpy(), birth["pattern"].numpy()),
            keep=np.broadcast_to(self._keep, largest.shape).copy(),
            gains=(1 - self._keep) * largest,
            axons=axons,
        )

    def output(self, state: Layer23State) -> Output:
        """What leaves the layer: axons times rates. It holds until the next output."""
        np.matmul(state.axons, state.rates[:, :, None], out=state.room.sends)
        return state.room.sent

    def step(
        self,
        state: Layer23State,
        sense: np.ndarray,
        noise: np.ndarray,
        tempo: np.ndarray,
        go: np.ndarray,
        after: np.ndarray,
        gain: np.ndarray | None = None,
        vigour: np.ndarray | None = None,
    ) -> None:
        """One brain update, after `output`, once the input to event cells is in `state.room.events`.

        sense (B, S); noise (B, N + K), with the resting input; tempo (B, 1): bias of that channel; go (B,): from thalamus; after
        (B, N + K): where the rates are to be from now on; gain (B, N): of cells of the reach, None for 1; vigour (B, 1).
        """
        before, slow, room = state.cells, state.slow, state.room
        room.rates[:] = state.rates
        room.outside[:, : self._width] = sense[:, self._heard]
        hurry = self._tempo_gain * tempo
        hurry += ONE
        np.multiply(slow, hurry, out=room.phases)
        room.go[:] = go
        drive = room.drive
        np.matmul(state.weights, room.hears, out=room.reach)
        drive += noise
        np.maximum(drive, room.nothing, out=drive)
        np.minimum(drive, room.most, out=drive)
        # r + share (r_max gain [drive]_0^1 - r)
        drive *= state.gains
        if gain is not None:
            drive[:, : self._cells] *= gain
        np.multiply(before, state.keep, out=after)
        after += drive
        state.cells = after
        slow += (self._slow_share if vigour is None else self._slow_share * vigour) * (room.sent.onward - slow)

    def cut(self, state: Layer23State) -> None:
        """Silence what is below SILENT; to be called once in CUT updates."""
        state.cells[state.cells < SILENT] = 0.0

    def _weights(self, born: np.ndarray, pattern: np.ndarray) -> np.ndarray:
        """Weights of `Layer23State` from those at birth: (B, N, N + all senses), pattern (B, N, P)."""
        p, n, go = self._p, self._cells, self._cells + len(PHASES)
        weights = _zeros(*born.shape[:2], -(-(go + 1 + self._width) // LINE) * LINE)
        weights[:, :, :n] = born[:, :, :n]
        weights[:, :, n:go] = pattern
        weights[:, :, go] = p.go_gain * (pattern[:, :, LIFT] - pattern[:, :, HOLD])
        weights[:, :, go + 1 : go + 1 + self._width] = born[:, :, n + self._heard.start : n + self._heard.stop]
        return weights


def rest_rates(birth: Mapping[str, Tensor]) -> Tensor:
    """Rates (B, N) in the phase "hold"."""
    return birth["rate"] * birth["pattern"][..., HOLD]


def _of_both(p: LoopParams, reach: float, events: float) -> np.ndarray:
    """A number for every cell (N + K,): of the reach, and of events."""
    return np.repeat(np.array([reach, events], np.float32), [p.cortex.units, p.events.cells])


def _zeros(*shape: int) -> np.ndarray:
    """float32 zeros that begin at the beginning of a cache line."""
    size = 4 * LINE
    room = np.zeros(4 * math.prod(shape) + size, np.uint8)
    first = -room.ctypes.data % size
    return room[first : first + 4 * math.prod(shape)].view(np.float32).reshape(shape)


def _in_lines(weights: np.ndarray) -> np.ndarray:
    """The same, or a copy where it does not begin at the beginning of a cache line."""
    if weights.ctypes.data % (4 * LINE) == 0:
        return weights
    copy = _zeros(*weights.shape)
    copy[:] = weights
    return copy
