"""Basal ganglia, thalamus and the loop's cortical cells: what drives the circuit, how it runs, what cortex reads of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, Self

import numpy as np

from reachenv.agents.brain.circuit import Circuit
from reachenv.agents.brain.params import GangliaParams
from reachenv.agents.brain.regions.layer23 import Output
from reachenv.agents.brain.state import State
from reachenv.agents.brain.wiring import PARAMETERS, POPULATION_TABLE, mouse_loop

if TYPE_CHECKING:
    from reachenv.agents.brain.effects import Effects, Now

SUBSTEP_MS = 5.0  # step of the circuit; a model with another one is another model (docs/model.md)
C = len(PARAMETERS)
GO, TEMPO = PARAMETERS.index("go"), PARAMETERS.index("tempo")


@dataclass(slots=True)
class GangliaState(State):
    """history (steps, populations, B, C, 2): rates of the last steps of the circuit, a ring; steps as long as the longest delay."""

    history: np.ndarray

    def __getitem__(self, rows: np.ndarray) -> Self:
        return type(self)(self.history.take(rows, axis=2))


class Loops(NamedTuple):
    """What cortex reads of the circuit. bias (B, C): difference of opponents in the loop's cortical cells; go (B,): to the lift."""

    bias: np.ndarray
    go: np.ndarray


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

    def begin(self, mice: int) -> GangliaState:
        """A silent circuit."""
        return GangliaState(self.circuit.rest(mice, C))

    def drive(self, cortex: Output, push: np.ndarray, noise: np.ndarray, go: np.ndarray) -> np.ndarray:
        """Input (populations, B, C, 2) of one brain update. push: of exploration (B, C); noise (B, C); go signal (B,)."""
        p, it, d1, d2 = self._p, self.row["it"], self.row["d1"], self.row["d2"]
        drive = np.zeros((len(self.row), *cortex.d1.shape), np.float32)
        own = p.cortical_restlessness * cortex.plan * noise
        drive[it] = p.plan_drive * cortex.plan[:, :, None]
        drive[it, :, :, 0] += own
        drive[it, :, :, 1] -= own
        drive[it, :, GO] = 0.0
        drive[d1] = cortex.d1
        drive[d1, :, :, 0] += push
        drive[d1, :, :, 1] -= push
        drive[d1, :, GO, 0] += p.tone_drive * go
        drive[d2] = cortex.d2
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
        first = clock * self.substeps
        for tick in range(first, first + self.substeps):
            stimulus = effects.stimulus(tick * SUBSTEP_MS) if effects else None
            driven = drive if stimulus is None else drive + stimulus
            rates = self.circuit.step(state.history, tick, driven, now.scales if now else None)
        return rates

    def read(self, rates: np.ndarray, go: np.ndarray) -> Loops:
        """What reaches motor cortex: bias = it_more - it_less; go = [more - less]+ of thalamus in that channel, plus the relay.

        Relay: relay_gain * go signal * [min(more, less) - relay_gate]+. Thalamus freed of its inhibition relays the tone by itself
        (Chevalier & Deniau 1990). The gate lies above the weaker channel's largest rate under tonic inhibition by GPi, so that this
        route is used only where GPi is silenced.
        """
        it, thalamus = rates[self.row["it"]], rates[self.row["thalamus"]]
        more, less = thalamus[:, GO, 0], thalamus[:, GO, 1]
        freed = np.maximum(np.minimum(more, less) - self._p.relay_gate, 0.0)
        lift = np.maximum(more - less, 0.0) + self._p.relay_gain * go * freed
        return Loops(it[..., 0] - it[..., 1], lift)

    def rates(self, state: GangliaState, clock: int) -> np.ndarray:
        """Rates (populations, B, C, 2) after `clock` brain updates."""
        return state.history[(clock * self.substeps - 1) % self.circuit.length]
