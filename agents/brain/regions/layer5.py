"""Motor cortex, layer 5: the posture that layer 2-3 asks for, plus the bias of the loop; the descending command."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from reachenv.agents.brain.params import ACTIONS, LoopParams
from reachenv.agents.brain.state import State
from reachenv.agents.brain.wiring import PARAMETERS

A = len(ACTIONS)
CELLS = 2 * A  # an agonist and an antagonist population for each action
AIM_CHANNELS = np.array([PARAMETERS.index(name) for name in ACTIONS])
LAYER5_TONE = (
    0.75  # resting rate of layer 5: high enough that neither of two antagonists falls silent in a normal reach
)


@dataclass(slots=True)
class Layer5State(State):
    """Layer 5 of B mice: A agonist populations, then their A antagonists. Rates are in units of the command.

    rates (B, 2 A): activity now. held (B, 2 A): posture of the phase "hold", as layer 2-3 reads it out in this trial.
    aim (B, A): change of command for a unit of opponent difference in the loop.
    """

    rates: np.ndarray
    held: np.ndarray
    aim: np.ndarray


class Layer5:
    """tau5 dm/dt = -m + [m0 + W5 r / n + (departure, -departure)]+, command = [m_agonist - m_antagonist] within -1..1.

    departure = aim / 2 * (bias + layer5_restlessness * plan * noise): what the loop adds, and intrinsic variability of layer 5.
    n is inhibition that follows all of layer 2-3. In mice that lost nigral cells a posture departs from the one held by the
    share `vigour` of its usual departure (Desmurget & Turner 2010).
    """

    def __init__(self, p: LoopParams, dt: float):
        self._noise = p.ganglia.layer5_restlessness
        self._share = 1 - math.exp(-dt / p.cortex.tau_layer5)

    def begin(self, held: np.ndarray, aim: np.ndarray) -> Layer5State:
        """At rest; for held and aim see the state."""
        return Layer5State(np.full((len(aim), CELLS), LAYER5_TONE, np.float32), held, aim)

    def departure(self, state: Layer5State, bias: np.ndarray, plan: np.ndarray, noise: np.ndarray) -> np.ndarray:
        """How layer 5 departs from its posture (B, A) [command]. bias, noise (B, C); plan (B, 1)."""
        departs = bias + self._noise * plan * noise
        return 0.5 * state.aim * departs[:, AIM_CHANNELS]

    def step(
        self,
        state: Layer5State,
        posture: np.ndarray,
        total: np.ndarray,
        departure: np.ndarray,
        vigour: np.ndarray | None = None,
    ) -> None:
        """One brain update. posture (B, 2 A): W5 r; total (B, 1): activity of all of layer 2-3; departure (B, A); vigour (B, 1)."""
        goal = posture / np.maximum(total, 0.3)
        if vigour is not None:
            goal += (vigour - 1.0) * (goal - state.held)
        goal += LAYER5_TONE
        goal[:, :A] += departure
        goal[:, A:] -= departure
        np.maximum(goal, 0.0, out=goal)
        state.rates = state.rates + self._share * (goal - state.rates)

    def command(self, state: Layer5State) -> np.ndarray:
        """Descending command (B, A), within -1..1."""
        return np.minimum(np.maximum(state.rates[:, :A] - state.rates[:, A:], -1.0), 1.0)
