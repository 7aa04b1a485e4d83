"""All the randomness of a trial, from the trial's seed alone."""

import math
from collections.abc import Sequence

import numpy as np
import torch

CHUNK = 128  # steps drawn at a time


class TrialNoise:
    """Standard normal draws for each mouse: one a trial and a slow drift for each channel, one a step for each cell.

    Streams are per mouse and drawn in a fixed order, so a mouse's noise depends on its seed and the step alone.
    """

    def __init__(self, seeds: Sequence[int], channels: int, cells: int, dt: float, drift_tau: float):
        self._streams = [np.random.Generator(np.random.SFC64(np.random.SeedSequence(int(s)))) for s in seeds]
        self._channels, self._cells = channels, cells
        self._keep = math.exp(-dt / drift_tau)
        first = np.stack([g.standard_normal((2, channels), dtype=np.float32) for g in self._streams])
        self.reach = torch.from_numpy(first[:, 0].copy())  # (B, channels), held all trial
        self._drift = torch.from_numpy(first[:, 1].copy())
        self._left: list[tuple[torch.Tensor, torch.Tensor]] = []

    def step(self) -> tuple[torch.Tensor, torch.Tensor]:
        """Drift (B, channels), unit variance and correlated over `drift_tau`; cell noise (B, cells), white."""
        if not self._left:
            draw = [g.standard_normal((CHUNK, self._channels + self._cells), dtype=np.float32) for g in self._streams]
            block = torch.from_numpy(np.stack(draw, axis=1))  # (CHUNK, B, ...)
            self._left = [(b[:, : self._channels], b[:, self._channels :]) for b in block.unbind(0)][::-1]
        kick, cells = self._left.pop()
        self._drift = self._keep * self._drift + math.sqrt(1 - self._keep**2) * kick
        return self._drift, cells
