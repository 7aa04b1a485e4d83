"""All the randomness of a trial, from the trial's seed alone."""

import math
from collections.abc import Sequence

import numpy as np

CHUNK = 128  # steps drawn at a time


class TrialNoise:
    """Standard normal draws for each mouse: one a trial and a slow drift for each channel, one a step for each cell.

    Streams are per mouse and drawn in a fixed order, so a mouse's noise depends on its seed and the step alone.
    """

    def __init__(self, seeds: Sequence[int], channels: int, cells: int, dt: float, drift_tau: float):
        self._streams = [np.random.Generator(np.random.SFC64(np.random.SeedSequence(int(s)))) for s in seeds]
        self._channels, self._cells = channels, cells
        self._keep = math.exp(-dt / drift_tau)
        first = np.stack([g.standard_normal((5, channels), dtype=np.float32) for g in self._streams])
        self.reach, self.cortex = first[:, 0].copy(), first[:, 2].copy()  # (B, channels), held all trial
        self.readiness, self.layer5 = first[:, 3, 0].copy(), first[:, 4].copy()  # (B,), (B, channels)
        self._last_drift = first[:, 1]
        self._drift: list[np.ndarray] = []
        self._white: list[np.ndarray] = []

    def at(self, step: int) -> tuple[np.ndarray, np.ndarray]:
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
        self._drift += list(kicks)
        self._white += list(block[..., self._channels :].copy())


class Silence:
    """The same without any noise."""

    def __init__(self, mice: int, channels: int, cells: int):
        self.reach, self.cortex, self.layer5 = np.zeros((3, mice, channels), np.float32)
        self.readiness, self._white = np.zeros(mice, np.float32), np.zeros((mice, cells), np.float32)

    def at(self, step: int) -> tuple[np.ndarray, np.ndarray]:
        """Zeros, shaped as of `TrialNoise.at`."""
        return self.reach, self._white
