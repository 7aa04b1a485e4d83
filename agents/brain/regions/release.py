"""Dopamine on its way from the midbrain's cells to motor cortex and striatum."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

import numpy as np

from reachenv.agents.brain.state import State

TARGETS = ("m1", "striatum")


@dataclass(slots=True)
class ReleaseState(State):
    """Dopamine of B mice by target ("m1", "striatum"), arrays (B,).

    usual: share of what is released that arrives in this session. share: that arrives now, where a part of the session or trial
    has an intervention of its own. total: sum over the trial of what would arrive were `usual` 1 [firing of the cells x updates].
    """

    usual: dict[str, np.ndarray]
    share: dict[str, np.ndarray]
    total: dict[str, np.ndarray]

    def __getitem__(self, rows: np.ndarray) -> Self:
        parts = (self.usual, self.share, self.total)
        return type(self)(*({target: values[rows] for target, values in part.items()} for part in parts))


def begin(usual: Mapping[str, np.ndarray]) -> ReleaseState:
    """A trial's start, with the shares (B,) of its session."""
    zero = {target: np.zeros_like(share) for target, share in usual.items()}
    return ReleaseState(dict(usual), dict(usual), zero)


def step(state: ReleaseState, vta: np.ndarray, factors: Mapping[str, np.ndarray] | None) -> None:
    """One brain update. vta (B,): firing. factors (B,) by target: of interventions on now; None for none.

    arrives = vta * usual * factor.
    """
    if factors is None:
        for total in state.total.values():
            total += vta
        return
    state.share = {target: share * factors[target] for target, share in state.usual.items()}
    for target, total in state.total.items():
        total += vta * factors[target]


def mean(state: ReleaseState, updates: int) -> dict[str, np.ndarray]:
    """What arrived, mean over the trial's brain updates, (B,) by target."""
    return {target: total / max(updates, 1) * state.usual[target] for target, total in state.total.items()}
