"""Threshold-linear rates with delays, stepped for many mice at once from a table of projections."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch

from agents.wiring import Population, Projection


@dataclass(frozen=True)
class Scales:
    """Factors on a circuit: populations (P, B, 1, 1) on what each fires, projections (K, B, 1, 1) on what each carries."""

    populations: torch.Tensor
    projections: torch.Tensor


class Circuit:
    """A compiled wiring table: who reads whom, when. It holds no activity, only indices and gains.

    Rates obey tau dm/dt = -m + [I]+, I = bias + drive + sum over projections of gain * m_source(t - delay), integrated
    with the exact factor 1 - exp(-dt/tau) for a held input. Delays are rounded to steps, at least one step each.
    """

    def __init__(self, populations: Sequence[Population], projections: Sequence[Projection], dt_ms: float):
        names = [p.name for p in populations]
        for p in projections:
            for end in (p.source, p.target):
                if end not in names:
                    raise ValueError(f"projection {p.source} → {p.target}: no population {end!r}; there are {names}")
        ordered = sorted(projections, key=lambda p: p.scope == "opponent")
        self.names = tuple(names)
        self.projections = tuple(f"{p.source}>{p.target}" for p in ordered)
        self.n_same = sum(p.scope == "same" for p in ordered)
        steps = [max(1, round(p.delay_ms / dt_ms)) for p in ordered]
        self.length = max(steps)
        # One row of source indices for each position of the ring, so that a step costs one gather.
        self._sources = torch.tensor(
            [
                [((now - step) % self.length) * len(names) + names.index(p.source) for p, step in zip(ordered, steps, strict=True)]
                for now in range(self.length)
            ]
        )
        self._targets = torch.tensor([names.index(p.target) for p in ordered])
        self._gains = torch.tensor([p.gain for p in ordered], dtype=torch.float32).view(-1, 1, 1, 1)
        self._bias = torch.tensor([p.bias for p in populations], dtype=torch.float32).view(-1, 1, 1, 1)
        self._alpha = torch.tensor([1 - math.exp(-dt_ms / p.tau_ms) for p in populations]).float().view(-1, 1, 1, 1)

    def rest(self, mice: int, channels: int) -> torch.Tensor:
        """History of a silent circuit, (length, populations, mice, channels, 2)."""
        return torch.zeros(self.length, len(self.names), mice, channels, 2)

    def step(self, history: torch.Tensor, now: int, drive: torch.Tensor, scales: Scales | None = None) -> torch.Tensor:
        """Advance one step and write it into the ring `history`; `now` counts steps.

        history: (length, populations, B, C, 2). drive: (populations, B, C, 2) external input. scales: factors, if any.
        Returns the new rates (populations, B, C, 2), a view into the ring.
        """
        slot = now % self.length
        flat = history.view(-1, *history.shape[2:])
        arriving = flat.index_select(0, self._sources[slot])
        if self.n_same < len(arriving):
            arriving[self.n_same :] = arriving[self.n_same :].flip(-1)
        total = drive + self._bias
        arriving.mul_(self._gains)
        if scales is not None:
            arriving.mul_(scales.projections)
        total.index_add_(0, self._targets, arriving).clamp_(min=0.0)
        if scales is not None:
            total.mul_(scales.populations)
        previous = history[(now - 1) % self.length]
        history[slot] = previous + self._alpha * (total - previous)
        return history[slot]
