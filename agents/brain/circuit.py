"""Threshold-linear rates with delays, stepped for many mice at once from a table of projections."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from reachenv.agents.brain.wiring import Population, Projection


@dataclass(frozen=True)
class Scales:
    """Factors on a circuit: populations (P, B, 1, 1) on what each fires, projections (K, B, 1, 1) on what each carries."""

    populations: np.ndarray
    projections: np.ndarray


def _steps(delay_ms: float, dt_ms: float) -> int:
    return max(1, round(delay_ms / dt_ms))


def acting_delay_ms(delay_ms: float, dt_ms: float) -> float:
    """What a delay comes to in steps of `dt_ms`: whole steps, at least one, less half a step.

    A rate is read k steps back and held for a step, so that it is k - 1/2 steps old on average while it acts. A circuit in steps of
    5 ms so does what one in steps of 1 ms does whose delays are 2 ms shorter (a test).
    """
    return (_steps(delay_ms, dt_ms) - 0.5) * dt_ms


class Circuit:
    """A compiled wiring table: who reads whom, when. It holds no activity, only indices and gains.

    Rates obey tau dm/dt = -m + [I]+, I = bias + drive + sum over projections of gain * m_source(t - delay), integrated
    with the exact factor 1 - exp(-dt/tau) for a held input. Delays are rounded to steps, at least one step each, and act
    as half a step less (`acting_delay_ms`): the step is part of a circuit.
    """

    def __init__(self, populations: Sequence[Population], projections: Sequence[Projection], dt_ms: float):
        names = [p.name for p in populations]
        for p in projections:
            for end in (p.source, p.target):
                if end not in names:
                    raise ValueError(f"projection {p.source} → {p.target}: no population {end!r}; there are {names}")
        ordered = sorted(projections, key=lambda p: names.index(p.target))
        self.names = tuple(names)
        self.projections = tuple(f"{p.source}>{p.target}" for p in ordered)
        steps = [_steps(p.delay_ms, dt_ms) for p in ordered]
        self.length = max(steps)
        # One row of source indices for each position of the ring, so that a step costs one gather; projections onto one
        # population stand together, so that their sum costs one more.
        self._sources = np.array(
            [
                [
                    ((now - step) % self.length) * len(names) + names.index(p.source)
                    for p, step in zip(ordered, steps, strict=True)
                ]
                for now in range(self.length)
            ]
        )
        targets = [names.index(p.target) for p in ordered]
        self._targets, self._first = np.unique(targets, return_index=True)
        self._opponents = np.flatnonzero([p.scope == "opponent" for p in ordered])
        self._gains = np.array([p.gain for p in ordered], np.float32).reshape(-1, 1, 1, 1)
        self._bias = np.array([p.bias for p in populations], np.float32).reshape(-1, 1, 1, 1)
        self._alpha = np.array([1 - math.exp(-dt_ms / p.tau_ms) for p in populations], np.float32).reshape(-1, 1, 1, 1)

    def rest(self, mice: int, channels: int) -> np.ndarray:
        """History of a silent circuit, (length, populations, mice, channels, 2)."""
        return np.zeros((self.length, len(self.names), mice, channels, 2), np.float32)

    def step(self, history: np.ndarray, now: int, drive: np.ndarray, scales: Scales | None = None) -> np.ndarray:
        """Advance one step and write it into the ring `history`; `now` counts steps.

        history: (length, populations, B, C, 2). drive: (populations, B, C, 2) external input. scales: factors, if any.
        Returns the new rates (populations, B, C, 2), a view into the ring.
        """
        slot = now % self.length
        arriving = history.reshape(-1, *history.shape[2:]).take(self._sources[slot], axis=0)
        if len(self._opponents):
            arriving[self._opponents] = arriving[self._opponents][..., ::-1]
        arriving *= self._gains
        if scales is not None:
            arriving *= scales.projections
        total = drive + self._bias
        total[self._targets] += np.add.reduceat(arriving, self._first, axis=0)
        np.maximum(total, 0.0, out=total)
        if scales is not None:
            total *= scales.populations
        previous = history[(now - 1) % self.length]
        total -= previous
        total *= self._alpha
        np.add(previous, total, out=history[slot])
        return history[slot]
