"""Apical tufts of layer 2-3: the loop, private noise and other cells of the layer choose which cells of an aimed assembly fire."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from reachenv.agents.brain.params import LoopParams
from reachenv.agents.brain.regions.layer5 import A
from reachenv.agents.brain.state import ONE, State, number

# Share of aimed phases below which a phase is none that is aimed: noise of the layer alone stays below it. Where it is not reached
# tufts do nothing, and cost nothing.
LEAST_PLAN = 0.2


@dataclass(slots=True)
class TuftState(State):
    """Tufts of B mice, of N cells each; gains are relative to a cell's maximal rate.

    bias (B, N, A): change of gain for each unit of command by which the loop asks an agonist to depart. private (B, N): change of gain
    by private noise, held all trial. lateral (B, N, N): learned change of gain for each unit of another cell's rate, onto each cell.
    """

    bias: np.ndarray
    private: np.ndarray
    lateral: np.ndarray
    learned: np.ndarray = field(init=False)

    def __post_init__(self) -> None:
        self.learned = np.zeros_like(self.private)


class Tufts:
    """gain = [1 + plan (U departure + sigma zeta + L r)] within least_gain..most_gain, where plan is at least LEAST_PLAN; else 1.

    L = E - E_birth: lateral excitation E that learns, less the inhibition that balances it at birth and does not.
    A distal input to a pyramidal cell scales what its proximal ones bring (Larkum 2004).
    """

    def __init__(self, p: LoopParams):
        c = p.cortex
        self._noise, self._at_birth = c.apical_noise, c.lateral_weight
        self._least, self._most = number(c.least_gain), number(c.most_gain)

    def begin(self, bias: np.ndarray, noise: np.ndarray, excitation: np.ndarray) -> TuftState:
        """A trial's start. bias (B, N, A): see the state; noise (B, N): of the trial; excitation (B, N, N): lateral synapses."""
        return TuftState(bias, self._noise * noise, self.lateral(excitation))

    def lateral(self, excitation: np.ndarray) -> np.ndarray:
        """See `TuftState`, of lateral synapses (B, N, N)."""
        return excitation - number(self._at_birth)

    def step(
        self, state: TuftState, departure: np.ndarray, plan: np.ndarray, rates: np.ndarray, out: np.ndarray
    ) -> np.ndarray | None:
        """One brain update: gain of each cell (B, N), None where it is 1 in all mice.

        departure (B, 2 A): that the loop asks for, agonists first; plan (B, 1); rates (B, N). Change of gain by loop and private noise →
        out (B, N): what learning is made of.
        """
        out.fill(0.0)
        aims = plan >= LEAST_PLAN
        aiming = np.flatnonzero(aims)
        if not aiming.size:
            return None
        # Mice aim at different times, a few updates each: one by one costs less than all of them at every update.
        for mouse in aiming:
            np.dot(state.bias[mouse], departure[mouse, :A], out=out[mouse])
            np.dot(state.lateral[mouse], rates[mouse], out=state.learned[mouse])
        share = plan * aims
        out += state.private
        out *= share
        gain = share * state.learned
        gain += out
        gain += ONE
        np.maximum(gain, self._least, out=gain)
        return np.minimum(gain, self._most, out=gain)
