"""What noise brings to each region, worked out for many updates at a time: see `noise`."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from reachenv.agents.brain.noise import BLOCK, Silence, TrialNoise
from reachenv.agents.brain.regions.exploration import Exploration, ExplorationState
from reachenv.agents.brain.regions.ganglia import Ganglia


class Brought(NamedTuple):
    """In one update. in_plan (2, B, C, 2): see `Ganglia.in_plan`; cells (B, N + K): to cells of layer 2-3, with their resting input."""

    in_plan: np.ndarray
    cells: np.ndarray


class Background:
    """Noise of a trial as input to regions. A copy of it (`copy.copy`) goes its own way."""

    def __init__(self, noise: TrialNoise | Silence, exploration: Exploration, size: ExplorationState, ganglia: Ganglia):
        self._noise, self._exploration, self._size, self._ganglia = noise, exploration, size, ganglia
        self._number, self._rows = -1, list[Brought]()

    def at(self, clock: int) -> Brought:
        """After `clock` updates."""
        number, row = divmod(clock, BLOCK)
        if number != self._number:
            drift, cells = self._noise.block(number)
            push = self._exploration.push(self._size, self._noise.reach, drift)
            in_plan = self._ganglia.in_plan(push, self._noise.cortex)
            self._number, self._rows = number, [Brought(*one) for one in zip(in_plan, cells, strict=True)]
        return self._rows[row]
