"""Motor cortex, layer 2-3, in time: assemblies that hold themselves and hand over. What it is born with: `agents.brain.cortex`."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from reachenv.agents.brain.cortex import PHASE_INDEX, SILENT
from reachenv.agents.brain.params import LoopParams
from reachenv.agents.brain.regions.layer5 import CELLS as LAYER5
from reachenv.agents.brain.state import State
from reachenv.agents.brain.wiring import PARAMETERS

C = len(PARAMETERS)
HOLD, LIFT = PHASE_INDEX["hold"], PHASE_INDEX["lift"]
# Rows of the axons, by what they reach. The last two read whether the present phase is aimed, and how much there is of any.
AXONS = {
    "m1_l5": slice(0, LAYER5),
    "d1": slice(LAYER5, LAYER5 + 2 * C),
    "d2": slice(LAYER5 + 2 * C, LAYER5 + 4 * C),
    "gate": slice(LAYER5 + 4 * C, LAYER5 + 4 * C + 2),
}


@dataclass(slots=True)
class Layer23State(State):
    """Layer 2-3 of B mice: N cells, S senses, P phases. Rates are in units of a saturated cell's, weights of its input.

    rates, slow (B, N): activity now, and its slow trace.
    Held in a trial: weights (B, N, N + S) onto each cell from rates and senses; onward (B, P, N) from slow traces onto each
    phase's assembly; pattern (B, N, P): who takes part in a phase; largest (B, N): maximal rate;
    axons (B, 2 A + 4 C + 2, N): onto what layer 2-3 reaches, in rows as AXONS says.
    """

    rates: np.ndarray
    slow: np.ndarray
    weights: np.ndarray
    onward: np.ndarray
    pattern: np.ndarray
    largest: np.ndarray
    axons: np.ndarray


class Output(NamedTuple):
    """What layer 2-3 sends. posture (B, 2 A); d1, d2 (B, C, 2); plan (B, 1): share of aimed phases, 0 to 1; total (B, 1): all activity."""

    posture: np.ndarray
    d1: np.ndarray
    d2: np.ndarray
    plan: np.ndarray
    total: np.ndarray


class Layer23:
    """tau dr/dt = -r + r_max [W r + U u + pattern (phases) + I0 + noise]_0^1, tau_slow ds/dt = r - s.

    phases = (1 + tempo_gain * tempo) (onward s) + go_gain * go * (lift - hold): the slow hand-over from phase to phase, hurried by
    the loop's tempo channel, and the go that calls the lift. I0 = inhibition * sparseness - threshold.
    """

    def __init__(self, p: LoopParams, dt: float):
        c = p.cortex
        self._p, self._tempo_gain = c, p.tempo_gain
        self._share, self._slow_share = 1 - math.exp(-dt / c.tau), 1 - math.exp(-dt / c.tau_slow)

    def begin(self, birth: Mapping[str, Tensor], onto: Mapping[str, Tensor]) -> Layer23State:
        """In the phase "hold". birth: see `mouse.individual`; onto: weights (B, rows, N) for each part of AXONS."""
        rest = rest_rates(birth)
        return Layer23State(
            rates=rest.numpy(),
            slow=rest.numpy().copy(),
            weights=birth["l23"].numpy(),
            onward=birth["onward"].numpy(),
            pattern=birth["pattern"].numpy(),
            largest=birth["rate"].numpy(),
            axons=torch.cat([onto[name] for name in AXONS], 1).numpy(),
        )

    def output(self, state: Layer23State) -> Output:
        """What leaves the layer: axons times rates."""
        out = np.matmul(state.axons, state.rates[:, :, None])[:, :, 0]
        d1, d2 = out[:, AXONS["d1"]].reshape(-1, C, 2), out[:, AXONS["d2"]].reshape(-1, C, 2)
        plan = np.minimum(np.maximum(out[:, -2:-1], 0.0), 1.0)
        return Output(out[:, AXONS["m1_l5"]], d1, d2, plan, out[:, -1:])

    def step(
        self,
        state: Layer23State,
        sense: np.ndarray,
        noise: np.ndarray,
        tempo: np.ndarray,
        go: np.ndarray,
        vigour: np.ndarray | None = None,
    ) -> None:
        """One brain update. sense (B, S); noise (B, N); tempo (B, 1): bias of that channel; go (B,): from thalamus; vigour (B, 1)."""
        p, before = self._p, state.rates
        h = np.matmul(state.weights, np.concatenate((before, sense), 1)[:, :, None])[:, :, 0]
        h += p.inhibition * p.sparseness - p.threshold
        h += p.noise * noise
        phases = np.matmul(state.onward, state.slow[:, :, None])[:, :, 0]
        phases *= 1.0 + self._tempo_gain * tempo
        lifts = p.go_gain * go
        phases[:, LIFT] += lifts
        phases[:, HOLD] -= lifts
        h += np.matmul(state.pattern, phases[:, :, None])[:, :, 0]
        pace = self._slow_share if vigour is None else self._slow_share * vigour
        state.slow = state.slow + pace * (before - state.slow)
        # r + share (r_max [h]_0^1 - r), in place
        np.minimum(np.maximum(h, 0.0, out=h), 1.0, out=h)
        h *= state.largest
        h -= before
        h *= self._share
        h += before
        h[h < SILENT] = 0.0
        state.rates = h


def rest_rates(birth: Mapping[str, Tensor]) -> Tensor:
    """Rates (B, N) in the phase "hold"."""
    return birth["rate"] * birth["pattern"][..., HOLD]
