"""What interventions do to many mice in one trial: factors and inputs, ready for the loop. `agents.interventions` is the data.

Where no intervention is on there are no effects, and the loop goes its usual way; a mouse without one is multiplied by 1 and
added 0, so that its numbers stay what they are whoever shares its batch. Dopamine that is scaled all trial long is
multiplied once a trial (`arriving`) and is no effect either.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from reachenv.agents.brain.circuit import Circuit, Scales
from reachenv.agents.interventions import Intervention, dopamine_at, dopamine_left, is_sham
from reachenv.agents.waveforms import WAVEFORMS

# Dopamine makes D1 cells more excitable and D2 cells less (Gerfen & Surmeier 2011; Frank 2005). Without any, an input moves
# a D1 cell by so much less and a D2 cell by so much more; our choice, within what slices show.
EXCITABILITY = 0.5
SETTLE, LISTEN = 400, 200  # substeps: how long the loop settles, over how many of them it is then averaged
ARRIVES = ("m1", "striatum")  # where dopamine does
LAYER23 = "m1_l23"
# Other names of populations, and of both kinds of striatal cells together.
CELLS = {"striatum": ("d1", "d2"), "striatum_d1": ("d1",), "striatum_d2": ("d2",)}


@dataclass(frozen=True)
class Now:
    """Factors at one moment. scales: of the circuit. l23 (B, 1): of layer 2-3. dopamine: target → (B,), of what arrives."""

    scales: Scales
    l23: np.ndarray
    dopamine: dict[str, np.ndarray]


class Effects:
    """All interventions on B mice in one trial; `at` and `stimulus` give what is on when.

    vigour (B, 1): thalamic drive of a planned movement over its usual one, below 1 in depleted mice alone.
    """

    def __init__(self, interventions: Sequence[Sequence[Intervention]], circuit: Circuit, plan_drive: np.ndarray):
        self._interventions, self._circuit = interventions, circuit
        seconds = [i.when.seconds for m in interventions for i in m if i.effect.kind == "scale" and i.when.seconds]
        self._edges = sorted({edge for span in seconds for edge in span})
        self._moments: dict[int, Now] = {}
        self._loss = np.array(
            [max((i.effect.loss for i in m if i.effect.kind == "deplete"), default=0.0) for m in interventions],
            np.float32,
        )
        self.vigour = self._vigour(plan_drive)

    def at(self, seconds: float) -> Now:
        """The factors at this time in the trial."""
        part = sum(edge <= seconds + 1e-9 for edge in self._edges)
        if part not in self._moments:
            self._moments[part] = self._factors(seconds)
        return self._moments[part]

    def stimulus(self, ms: float) -> np.ndarray | None:
        """Input (populations, B, 1, 1) at this time in the trial; None where no mouse is stimulated."""
        drive = None
        for mouse, interventions in enumerate(self._interventions):
            for i in interventions:
                if i.effect.kind == "stimulate" and i.when.lasts(ms / 1000):
                    if drive is None:
                        drive = np.zeros((len(self._circuit.names), len(self._interventions), 1, 1), np.float32)
                    for cells in CELLS.get(i.target, (i.target,)):
                        drive[self._circuit.names.index(cells), mouse] += i.effect.size * WAVEFORMS[i.effect.waveform](
                            ms
                        )
        return drive

    def pick(self, rows: Sequence[int]) -> Effects:
        """The same for some of the mice (indices, repeats allowed)."""
        other = object.__new__(Effects)
        other._interventions, other._circuit = [self._interventions[i] for i in rows], self._circuit
        other._edges, other._moments = self._edges, {}
        other._loss, other.vigour = self._loss[list(rows)], self.vigour[list(rows)]
        return other

    def _factors(self, seconds: float) -> Now:
        circuit, b = self._circuit, len(self._interventions)
        populations, projections = (
            np.ones((k, b, 1, 1), np.float32) for k in (len(circuit.names), len(circuit.projections))
        )
        l23, dopamine = np.ones((b, 1), np.float32), {target: np.ones(b, np.float32) for target in ARRIVES}
        for mouse, interventions in enumerate(self._interventions):
            for i in interventions:
                if i.effect.kind != "scale" or not i.when.lasts(seconds):
                    continue
                if i.target == LAYER23:
                    l23[mouse] *= i.effect.factor
                elif places := dopamine_at(i):
                    for place in places:
                        dopamine[place][mouse] *= i.effect.factor
                elif ">" in i.target:
                    projections[[p == i.target for p in circuit.projections], mouse] *= i.effect.factor
                else:
                    for cells in CELLS.get(i.target, (i.target,)):
                        populations[circuit.names.index(cells), mouse] *= i.effect.factor
        populations[circuit.names.index("d1")] *= (1 - EXCITABILITY * self._loss).reshape(b, 1, 1)
        populations[circuit.names.index("d2")] *= (1 + EXCITABILITY * self._loss).reshape(b, 1, 1)
        dopamine["striatum"] *= 1 - self._loss
        return Now(Scales(populations, projections), l23, dopamine)

    def _vigour(self, plan_drive: np.ndarray) -> np.ndarray:
        """Thalamus of the loop held in a planned movement, depleted over intact, at most 1; 1 in mice that lost no cells."""
        if not self._loss.any():
            return np.ones((len(self._interventions), 1), np.float32)
        usual, depleted = (
            settled(self._circuit, plan_drive, scales, "thalamus") for scales in (None, self._factors(0.0).scales)
        )
        return np.where(self._loss > 0, np.clip(depleted / usual, 0.0, 1.0), np.float32(1.0))[:, None]


def effects_of(
    interventions: Sequence[Sequence[Intervention]], session: int, trial: int, circuit: Circuit, plan_drive: np.ndarray
) -> Effects | None:
    """What is on in this trial, mouse by mouse; None where it changes nothing but what `arriving` says.

    plan_drive: (populations, B, 1, 2) input in a planned movement.
    """
    on = [[i for i in mouse if _acts(i) and i.when.holds(session, trial)] for mouse in interventions]
    return Effects(on, circuit, plan_drive) if any(on) else None


def arriving(interventions: Sequence[Sequence[Intervention]], session: int, trial: int) -> dict[str, np.ndarray]:
    """Factor of the dopamine that arrives all this trial long: target → (B,) float32."""
    return {
        target: np.array([dopamine_left(mouse, target, session, trial) for mouse in interventions], np.float32)
        for target in ARRIVES
    }


def settled(circuit: Circuit, drive: np.ndarray, scales: Scales | None, name: str) -> np.ndarray:
    """Mean rate (B,) of a population once the circuit has settled under a held input (populations, B, C, 2)."""
    history, kept = circuit.rest(drive.shape[1], drive.shape[2]), []
    for step in range(SETTLE):
        rates = circuit.step(history, step, drive, scales)
        if step >= SETTLE - LISTEN:
            kept.append(rates[circuit.names.index(name)].mean((1, 2)))
    return np.mean(kept, axis=0)


def _acts(i: Intervention) -> bool:
    """Whether an intervention changes anything at all, beyond dopamine all trial long."""
    return not is_sham(i) and not (dopamine_at(i) and i.when.seconds is None)
