"""Dopamine on its way from the midbrain's cells to motor cortex and striatum."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

import numpy as np

from reachenv.agents.brain.state import State

TARGETS = ("m1", "striatum")
M1, STRIATUM = range(len(TARGETS))


@dataclass(slots=True)
class ReleaseState(State):
    """Dopamine of B mice by target, arrays (2, B) in the order of TARGETS.

    usual: share of what is released that arrives in this session. share: that arrives now, where a part of the session or trial
    has an intervention of its own. total: sum over the trial of what would arrive were `usual` 1 [firing of the cells x updates].
    """

    usual: np.ndarray
    share: np.ndarray
    total: np.ndarray

    def __getitem__(self, rows: np.ndarray) -> Self:
        return type(self)(self.usual[:, rows], self.share[:, rows], self.total[:, rows])


def begin(usual: Mapping[str, np.ndarray]) -> ReleaseState:
    """A trial's start, with the shares (B,) of its session by target."""
    share = np.stack([usual[target] for target in TARGETS])
    return ReleaseState(share, share, np.zeros_like(share))


def step(state: ReleaseState, vta: np.ndarray, factors: Mapping[str, np.ndarray] | None) -> None:
    """One brain update. vta (B,): firing. factors (B,) by target: of interventions on now; None for none.

    arrives = vta * usual * factor.
    """
    if factors is None:
        state.total += vta
        return
    now = np.stack([factors[target] for target in TARGETS])
    state.share = state.usual * now
    state.total += vta * now


def mean(state: ReleaseState, updates: int) -> dict[str, np.ndarray]:
    """What arrived, mean over the trial's brain updates, (B,) by target."""
    return dict(zip(TARGETS, state.total / max(updates, 1) * state.usual, strict=True))
