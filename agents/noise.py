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
        first = np.stack([g.standard_normal((3, channels), dtype=np.float32) for g in self._streams])
        self.reach = torch.from_numpy(first[:, 0].copy())  # (B, channels), held all trial
        self.cortex = torch.from_numpy(first[:, 2].copy())  # (B, channels), held all trial
        self._last_drift = first[:, 1]
        self._drift: list[torch.Tensor] = []
        self._white: list[torch.Tensor] = []

    def at(self, step: int) -> tuple[torch.Tensor, torch.Tensor]:
        """Drift (B, channels), unit variance and correlated over `drift_tau`; cell noise (B, cells), white."""
        while step >= len(self._drift):
            self._draw()
        return self._drift[step], self._white[step]

    def _draw(self) -> None:
        shape = (CHUNK, self._channels + self._cells)
        block = np.stack([g.standard_normal(shape, dtype=np.float32) for g in self._streams], axis=1)
        kicks = np.float32(math.sqrt(1 - self._keep**2)) * block[..., : self._channels]
        keep = np.float32(self._keep)
        for i in range(CHUNK):
            self._last_drift = keep * self._last_drift + kicks[i]
            kicks[i] = self._last_drift
        self._drift += torch.from_numpy(kicks).unbind(0)
        self._white += torch.from_numpy(block[..., self._channels :].copy()).unbind(0)


class Silence:
    """The same without any noise."""

    def __init__(self, mice: int, channels: int, cells: int):
        self.reach, self.cortex = torch.zeros(mice, channels), torch.zeros(mice, channels)
        self._white = torch.zeros(mice, cells)

    def at(self, step: int) -> tuple[torch.Tensor, torch.Tensor]:
        """Zeros, shaped as of `TrialNoise.at`."""
        return self.reach, self._white
