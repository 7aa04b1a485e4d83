"""What interventions do to many mice in one trial: factors and inputs, ready for the loop. `agents.interventions` is the data.

Where nothing is on there are no effects, and the loop goes its usual way; a mouse to which nothing is done is multiplied
by 1 and added 0, so that its numbers stay what they are whoever shares its batch.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from reachenv.agents.brain.circuit import Circuit, Scales
from reachenv.agents.interventions import Depletion, Intervention, Scaling, Stimulation
from reachenv.agents.waveforms import WAVEFORMS

# Dopamine makes D1 cells more excitable and D2 cells less (Gerfen & Surmeier 2011; Frank 2005). Without any, an input moves
# a D1 cell by so much less and a D2 cell by so much more; our choice, within what slices show.
EXCITABILITY = 0.5
SETTLE, LISTEN = 400, 200  # substeps: how long the loop settles, over how many of them it is then averaged


@dataclass(frozen=True)
class Now:
    """Factors at one moment. scales: of the circuit. l23 (B, 1): of layer 2-3. dopamine: target → (B,), of what arrives."""

    scales: Scales
    l23: np.ndarray
    dopamine: dict[str, np.ndarray]


class Effects:
    """All that is done to B mice in one trial; `at` and `stimulus` say what is on when.

    vigour (B, 1): thalamic drive of a planned movement over its usual one, below 1 in depleted mice alone.
    """

    def __init__(self, doings: Sequence[Sequence[Intervention]], circuit: Circuit, plan_drive: np.ndarray):
        self._doings, self._circuit = doings, circuit
        seconds = [d.when.seconds for mouse in doings for d in mouse if isinstance(d, Scaling) and d.when.seconds]
        self._edges = sorted({edge for span in seconds for edge in span})
        self._moments: dict[int, Now] = {}
        self._loss = np.array(
            [max((d.loss for d in m if isinstance(d, Depletion)), default=0.0) for m in doings], np.float32
        )
        self.vigour = self._vigour(plan_drive)

    def at(self, seconds: float) -> Now:
        """The factors at this time in the trial."""
        part = sum(edge <= seconds + 1e-9 for edge in self._edges)
        if part not in self._moments:
            self._moments[part] = self._factors(seconds)
        return self._moments[part]

    def stimulus(self, ms: float) -> np.ndarray | None:
        """Input (populations, B, 1, 1) at this time in the trial; None where nobody is stimulated."""
        found = [
            (i, d) for i, m in enumerate(self._doings) for d in m if isinstance(d, Stimulation) and _on(d, ms / 1000)
        ]
        if not found:
            return None
        drive = np.zeros((len(self._circuit.names), len(self._doings), 1, 1), np.float32)
        for mouse, d in found:
            for cells in d.cells():
                drive[self._circuit.names.index(cells), mouse] += d.size * WAVEFORMS[d.waveform](ms)
        return drive

    def pick(self, rows: Sequence[int]) -> Effects:
        """The same for some of the mice (indices, repeats allowed)."""
        other = object.__new__(Effects)
        other._doings, other._circuit, other._edges = [self._doings[i] for i in rows], self._circuit, self._edges
        other._moments, other._loss, other.vigour = {}, self._loss[list(rows)], self.vigour[list(rows)]
        return other

    def _factors(self, seconds: float) -> Now:
        circuit, b = self._circuit, len(self._doings)
        populations, projections = (
            np.ones((k, b, 1, 1), np.float32) for k in (len(circuit.names), len(circuit.projections))
        )
        l23, dopamine = np.ones((b, 1), np.float32), {target: np.ones(b, np.float32) for target in ("m1", "striatum")}
        for mouse, doings in enumerate(self._doings):
            for d in doings:
                if not isinstance(d, Scaling) or not _on(d, seconds):
                    continue
                if d.target == "m1_l23":
                    l23[mouse] *= d.factor
                elif d.target in circuit.names:
                    populations[circuit.names.index(d.target), mouse] *= d.factor
                elif ">" in d.target:
                    projections[[p == d.target for p in circuit.projections], mouse] *= d.factor
                else:
                    for target in ("m1", "striatum") if d.target == "both" else (d.target,):
                        dopamine[target][mouse] *= d.factor
        populations[circuit.names.index("d1")] *= (1 - EXCITABILITY * self._loss).reshape(b, 1, 1)
        populations[circuit.names.index("d2")] *= (1 + EXCITABILITY * self._loss).reshape(b, 1, 1)
        dopamine["striatum"] *= 1 - self._loss
        return Now(Scales(populations, projections), l23, dopamine)

    def _vigour(self, plan_drive: np.ndarray) -> np.ndarray:
        """Thalamus of the loop held in a planned movement, depleted over intact, at most 1; 1 in mice that lost nothing."""
        if not self._loss.any():
            return np.ones((len(self._doings), 1), np.float32)
        usual, depleted = (
            settled(self._circuit, plan_drive, scales, "thalamus") for scales in (None, self._factors(0.0).scales)
        )
        return np.where(self._loss > 0, np.clip(depleted / usual, 0.0, 1.0), np.float32(1.0))[:, None]


def effects_of(
    doings: Sequence[Sequence[Intervention]], session: int, trial: int, circuit: Circuit, plan_drive: np.ndarray
) -> Effects | None:
    """What is on in this trial, mouse by mouse; None where it changes nothing. Blocks are the loop's own business.

    plan_drive: (populations, B, 1, 2) input in a planned movement.
    """
    on = [[d for d in mouse if _acts(d) and d.when.holds(session, trial)] for mouse in doings]
    return Effects(on, circuit, plan_drive) if any(on) else None


def settled(circuit: Circuit, drive: np.ndarray, scales: Scales | None, name: str) -> np.ndarray:
    """Mean rate (B,) of a population once the circuit has settled under a held input (populations, B, C, 2)."""
    history, kept = circuit.rest(drive.shape[1], drive.shape[2]), []
    for step in range(SETTLE):
        rates = circuit.step(history, step, drive, scales)
        if step >= SETTLE - LISTEN:
            kept.append(rates[circuit.names.index(name)].mean((1, 2)))
    return np.mean(kept, axis=0)


def _acts(d: Intervention) -> bool:
    """Whether an intervention of the loop changes anything at all."""
    if isinstance(d, Scaling):
        return d.factor != 1
    if isinstance(d, Stimulation):
        return d.waveform != "sham"
    return isinstance(d, Depletion) and d.loss > 0


def _on(d: Scaling | Stimulation, seconds: float) -> bool:
    span = d.when.seconds
    return span is None or span[0] <= seconds + 1e-9 < span[1]
