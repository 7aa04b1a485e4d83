"""Eligibility tags of a trial: what was active together, step by step, and the dopamine that may act on it."""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import Tensor

from reachenv.agents.brain.learning import plasticity

NOTHING = np.zeros(0, np.float32)


class Tags:
    """Collects one trial of one projection; false while nothing was added.

    mean: running mean of the post-synaptic cells, for rules that keep one; shares its numbers with the mouse's memory.
    """

    def __init__(self, mean: np.ndarray = NOTHING):
        self.mean = mean
        self._pre: list[np.ndarray] = []
        self._post: list[np.ndarray] = []
        self._third: list[np.ndarray] = []

    def __len__(self) -> int:
        return len(self._pre)

    def add(self, pre: np.ndarray, post: np.ndarray, third: np.ndarray) -> None:
        """One brain update: pre (B, pre), post (B, post), third factor (B,)."""
        self._pre.append(pre)
        self._post.append(post)
        self._third.append(third)

    def change(self, dt: float, tag: float) -> Tensor:
        """What the trial comes to, (B, post, pre): `plasticity.three_factor`, with tags that last `tag` s in updates of `dt` s."""
        worth = plasticity.credit(dt * np.stack(self._third), math.exp(-dt / tag))
        return torch.from_numpy(plasticity.three_factor(np.stack(self._pre), np.stack(self._post), worth))
