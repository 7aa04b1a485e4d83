"""Exploration: spontaneous activity of D1 cells, one draw a reach plus a slow drift, less of it the more reward is expected."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from torch import Tensor

from reachenv.agents.brain.params import GangliaParams
from reachenv.agents.brain.state import State


@dataclass(slots=True)
class ExplorationState(State):
    """size (B,): of exploration in this trial [input to a D1 cell]."""

    size: np.ndarray


class Exploration:
    """push = plan * size * (xi + drift * eta), size = exploration * max(1 - calm * reward_rate, calm_floor).

    xi is one draw a reach, eta drifts. Source: variability regulated by average reward, Dhawale 2019.
    """

    def __init__(self, p: GangliaParams):
        self._p = p

    def begin(self, reward_rate: Tensor) -> ExplorationState:
        """A trial's start. reward_rate (B,): average reward that a mouse is used to."""
        p = self._p
        return ExplorationState((p.exploration * (1.0 - p.calm * reward_rate).clamp(min=p.calm_floor)).numpy())

    def push(self, state: ExplorationState, xi: np.ndarray, eta: np.ndarray) -> np.ndarray:
        """What a whole plan pushes (T, B, C): input to the D1 cells of "more", and with the other sign to those of "less".

        xi (B, C); eta (T, B, C), for T updates at once.
        """
        return state.size[:, None] * (xi + self._p.drift * eta)
