"""Motor cortex, layer 5: what layer 2-3 asks for, and how the loop asks for a departure from it; the descending command."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from reachenv.agents.brain.params import ACTIONS, LoopParams
from reachenv.agents.brain.state import ONE, ZERO, State, number
from reachenv.agents.brain.wiring import PARAMETERS

A = len(ACTIONS)
CELLS = 2 * A  # an agonist and an antagonist population for each action
AIM_CHANNELS = np.array([PARAMETERS.index(name) for name in ACTIONS])
LAYER5_TONE = (
    0.75  # resting rate of layer 5: high enough that neither of two antagonists falls silent in a normal reach
)
_BOTH = np.tile(AIM_CHANNELS, 2)  # of agonists, then antagonists


@dataclass(slots=True)
class Layer5State(State):
    """Layer 5 of B mice: A agonist populations, then their A antagonists. Rates are in units of the command.

    rates (B, 2 A): activity now. held (B, 2 A): posture of the phase "hold", as layer 2-3 reads it out in this trial.
    aim (B, 2 A): how a population is to depart from its posture for a unit of opponent difference in the loop, agonist and antagonist
    with opposite signs. restless (B, 2 A): how it departs of M1's own in this trial, once a movement is wholly planned.
    """

    rates: np.ndarray
    held: np.ndarray
    aim: np.ndarray
    restless: np.ndarray


class Layer5:
    """tau5 dm/dt = -m + [m0 + W5 r / n]+, command = [m_agonist - m_antagonist] within -1..1.

    departure = aim / 2 * (bias + m1_restlessness * plan * noise): what the loop asks for, and intrinsic variability of M1. It acts on
    the tufts of layer 2-3, and what these make of it is in W5 r; with `skill_site` "layer5" it is added here instead.
    n is inhibition that follows all of layer 2-3. In mice that lost nigral cells a posture departs from the one held by the
    share `vigour` of its usual departure (Desmurget & Turner 2010).
    """

    def __init__(self, p: LoopParams, dt: float):
        self._noise = p.ganglia.m1_restlessness
        self._share = number(1 - math.exp(-dt / p.cortex.tau_layer5))
        self._tone, self._least, self._lowest = number(LAYER5_TONE), number(0.3), number(-1.0)

    def begin(self, held: np.ndarray, aim: np.ndarray, noise: np.ndarray) -> Layer5State:
        """At rest; for held see the state. aim (B, A): change of command for a unit of opponent difference; noise (B, C) of the trial."""
        half = 0.5 * np.concatenate((aim, -aim), 1)
        rest = np.full((len(aim), CELLS), LAYER5_TONE, np.float32)
        return Layer5State(rest, held, half, self.restless(half, noise))

    def restless(self, aim: np.ndarray, noise: np.ndarray) -> np.ndarray:
        """See the state, whose `aim` (B, 2 A) this is; noise (B, C)."""
        return self._noise * aim * noise[:, _BOTH]

    def departure(self, state: Layer5State, bias: np.ndarray, plan: np.ndarray, out: np.ndarray) -> None:
        """How layer 5 is to depart from its posture → out (B, 2 A) [command]. bias (B, C); plan (B, 1)."""
        np.multiply(state.restless, plan, out=out)
        out += state.aim * bias.take(_BOTH, axis=1)

    def step(
        self,
        state: Layer5State,
        posture: np.ndarray,
        total: np.ndarray,
        departure: np.ndarray | None = None,
        vigour: np.ndarray | None = None,
    ) -> None:
        """One brain update. posture (B, 2 A): W5 r; total (B, 1): activity of all of layer 2-3; vigour (B, 1).

        departure (B, 2 A): where it is added here.
        """
        goal = posture / np.maximum(total, self._least)
        if vigour is not None:
            goal += (vigour - 1.0) * (goal - state.held)
        if departure is not None:
            goal += departure
        goal += self._tone
        np.maximum(goal, ZERO, out=goal)
        goal -= state.rates
        goal *= self._share
        state.rates += goal

    def command(self, state: Layer5State) -> np.ndarray:
        """Descending command (B, A), within -1..1."""
        command = state.rates[:, :A] - state.rates[:, A:]
        np.maximum(command, self._lowest, out=command)
        return np.minimum(command, ONE, out=command)
