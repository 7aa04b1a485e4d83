"""All the randomness of a trial, from the trial's seed alone."""

import math
from collections.abc import Sequence

import numpy as np

BLOCK = 50  # steps drawn at a time


class TrialNoise:
    """Normal draws for each mouse: one a trial and a slow drift for each channel, one a trial for each tuft, one a step for each cell.

    Streams are per mouse and drawn in a fixed order, so a mouse's noise depends on its seed and the step alone.

    sizes, means (cells,): s.d. and mean of the cells' noise; all else has s.d. 1 and mean 0. tufts: cells that have one.
    """

    def __init__(
        self,
        seeds: Sequence[int],
        channels: int,
        tufts: int,
        sizes: np.ndarray,
        means: np.ndarray,
        dt: float,
        drift_tau: float,
    ):
        self._streams = [np.random.Generator(np.random.SFC64(np.random.SeedSequence(int(s)))) for s in seeds]
        self._channels, self._sizes, self._means = channels, sizes, means
        self._keep = np.array(math.exp(-dt / drift_tau), np.float32)
        self._kick = np.float32(math.sqrt(1 - math.exp(-dt / drift_tau) ** 2))
        size = 5 * channels + tufts
        drawn = np.stack([g.standard_normal(size, dtype=np.float32) for g in self._streams])
        self.tufts = drawn[:, 5 * channels :].copy()  # (B, tufts)
        first = drawn[:, : 5 * channels].reshape(-1, 5, channels)
        self.reach, self.cortex = first[:, 0].copy(), first[:, 2].copy()  # (B, channels), held all trial
        self.readiness, self.m1 = first[:, 3, 0].copy(), first[:, 4].copy()  # (B,), (B, channels)
        self._last_drift = first[:, 1]
        self._blocks: list[tuple[np.ndarray, np.ndarray]] = []

    def block(self, number: int) -> tuple[np.ndarray, np.ndarray]:
        """BLOCK steps from BLOCK * number on: drift (BLOCK, B, channels), correlated over `drift_tau`; white noise (BLOCK, B, cells)."""
        while number >= len(self._blocks):
            self._blocks.append(self._draw())
        return self._blocks[number]

    def _draw(self) -> tuple[np.ndarray, np.ndarray]:
        mice, channels, cells = len(self._streams), self._channels, len(self._sizes)
        drift, white = np.empty((BLOCK, mice, channels), np.float32), np.empty((BLOCK, mice, cells), np.float32)
        drawn = np.empty((BLOCK, channels + cells), np.float32)
        for mouse, stream in enumerate(self._streams):
            stream.standard_normal(out=drawn, dtype=np.float32)
            drift[:, mouse], white[:, mouse] = drawn[:, :channels], drawn[:, channels:]
        drift *= self._kick
        white *= self._sizes
        white += self._means
        last = self._last_drift
        for now in drift:
            now += self._keep * last
            last = now
        self._last_drift = last
        return drift, white


class Silence:
    """The same without any noise."""

    def __init__(self, mice: int, channels: int, tufts: int, means: np.ndarray):
        self.reach, self.cortex, self.m1 = np.zeros((3, mice, channels), np.float32)
        self.tufts = np.zeros((mice, tufts), np.float32)
        self.readiness = np.zeros(mice, np.float32)
        self._block = np.zeros((BLOCK, mice, channels), np.float32), np.tile(means, (BLOCK, mice, 1))

    def block(self, number: int) -> tuple[np.ndarray, np.ndarray]:
        """As of `TrialNoise.block`: zeros, and the means of cells."""
        return self._block
