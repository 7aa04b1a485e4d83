"""Basal ganglia, thalamus and the loop's cortical cells: what drives the circuit, how it runs, what cortex reads of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from reachenv.agents.brain.circuit import Circuit, Ring
from reachenv.agents.brain.params import GangliaParams
from reachenv.agents.brain.state import ZERO, State, number
from reachenv.agents.brain.wiring import PARAMETERS, POPULATION_TABLE, POPULATIONS, mouse_loop

if TYPE_CHECKING:
    from reachenv.agents.brain.effects import Effects, Now

SUBSTEP_MS = 5.0  # step of the circuit; a model with another one is another model (docs/model.md)
C = len(PARAMETERS)
GO, TEMPO = PARAMETERS.index("go"), PARAMETERS.index("tempo")
IT, D1, D2, THALAMUS = (POPULATIONS.index(name) for name in ("it", "d1", "d2", "thalamus"))
assert (IT, D1, D2) == (0, 1, 2), POPULATIONS  # what layer 2-3 drives stands together
IT_D1, D1_D2, IT_D1_D2 = slice(IT, D1 + 1), slice(D1, D2 + 1), slice(IT, D2 + 1)


@dataclass(slots=True)
class GangliaState(State):
    """history: rates of the last steps of the circuit, steps as long as the longest delay."""

    history: Ring


class Ganglia:
    """Seven populations of C channels with two opponents each; see `Circuit` for their equation.

    Drive: it = plan_drive * plan +- cortical_restlessness * plan * noise; d1 = W1 r +- push, and tone_drive * go signal in the channel
    `go`; d2 = W2 r. Nothing but the go signal drives the channel `go` of it.
    """

    def __init__(self, p: GangliaParams, dt: float):
        self._p = p
        self.circuit = Circuit(POPULATION_TABLE, mouse_loop(p.corticostriatal_gain, p.loop_gain), SUBSTEP_MS)
        self.row = {name: i for i, name in enumerate(self.circuit.names)}
        self.substeps = round(dt * 1000 / SUBSTEP_MS)
        self._tone, self._relay, self._gate = number(p.tone_drive), number(p.relay_gain), number(p.relay_gate)

    def begin(self, mice: int) -> GangliaState:
        """A silent circuit."""
        return GangliaState(self.circuit.rest(mice, C))

    def in_plan(self, push: np.ndarray, noise: np.ndarray) -> np.ndarray:
        """Input (T, 2, B, C, 2) to `it` and to D1 cells that a whole plan brings in T updates.

        push (T, B, C): of exploration; noise (B, C): of the loop's cortical cells, all trial long.
        """
        planned = np.empty((len(push), 2, *noise.shape, 2), np.float32)
        own = self._p.cortical_restlessness * noise
        planned[:, 0, ..., 0], planned[:, 0, ..., 1] = self._p.plan_drive + own, self._p.plan_drive - own
        planned[:, 0, :, GO] = 0.0
        planned[:, 1, ..., 0] = push
        np.negative(push, out=planned[:, 1, ..., 1])
        return planned

    def drive(self, striatum: np.ndarray, plan: np.ndarray, in_plan: np.ndarray, go: np.ndarray) -> np.ndarray:
        """Input (populations, B, C, 2) of one brain update. striatum (2, B, C, 2): to D1 and D2 cells from layer 2-3; plan (B, 1);
        in_plan (2, B, C, 2): see there; go signal (B,).
        """
        drive = np.zeros((len(self.row), *in_plan.shape[1:]), np.float32)
        np.multiply(in_plan, plan[:, :, None], out=drive[IT_D1])
        drive[D1_D2] += striatum
        drive[D1, :, GO, 0] += self._tone * go
        return drive

    def planned(self, mice: int) -> np.ndarray:
        """Input (populations, B, 1, 2) in a planned movement, without exploration."""
        drive = np.zeros((len(self.row), mice, 1, 2), np.float32)
        drive[self.row["it"]] = self._p.plan_drive
        return drive

    def step(
        self, state: GangliaState, drive: np.ndarray, clock: int, effects: Effects | None, now: Now | None
    ) -> np.ndarray:
        """One brain update, of `substeps` of the circuit. clock: updates before this one. effects, now: interventions, if any.

        Returns rates (populations, B, C, 2), a view into the history.
        """
        first, circuit, scales = clock * self.substeps, self.circuit, now.scales if now else None
        held = circuit.hold(drive)
        for tick in range(first, first + self.substeps):
            stimulus = effects.stimulus(tick * SUBSTEP_MS) if effects else None
            driven = held if stimulus is None else circuit.hold(drive + stimulus)
            rates = circuit.advance(state.history, tick, driven, scales)
        return rates

    def lean(self, rates: np.ndarray, out: np.ndarray) -> None:
        """Differences of opponents, more less less, of `it`, D1 and D2 cells → out (3, B, C)."""
        cells = rates[IT_D1_D2]
        np.subtract(cells[..., 0], cells[..., 1], out=out)

    def lift(self, rates: np.ndarray, go: np.ndarray) -> np.ndarray:
        """What reaches the lift of motor cortex (B,): [more - less]+ of thalamus in the channel `go`, plus the relay.

        Relay: relay_gain * go signal * [min(more, less) - relay_gate]+. Thalamus freed of its inhibition relays the tone by itself
        (Chevalier & Deniau 1990). The gate lies above the weaker channel's largest rate under tonic inhibition by GPi, so that this
        route is used only where GPi is silenced.
        """
        thalamus = rates[THALAMUS, :, GO]
        more, less = thalamus[:, 0], thalamus[:, 1]
        lift = more - less
        np.maximum(lift, ZERO, out=lift)
        freed = np.minimum(more, less) > self._gate
        if np.count_nonzero(freed):
            lift += self._relay * go * np.maximum(np.minimum(more, less) - self._gate, ZERO)
        return lift

    def rates(self, state: GangliaState, clock: int) -> np.ndarray:
        """Rates (populations, B, C, 2) after `clock` brain updates."""
        return state.history.rates[(clock * self.substeps - 1) % self.circuit.length]
