"""When to move: a decision that rises while the tone sounds, and the go signal that ends it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from reachenv.agents.brain.params import GangliaParams
from reachenv.agents.brain.state import State

FADE = 0.25  # share that the go signal loses at each brain update: it lasts 40 ms


@dataclass(slots=True)
class DecisionState(State):
    """Decisions of B mice.

    risen (B,): how far the decision has come, from 0; it is made at 1. pace (B,): of this trial [1/s].
    go (B,): go signal to the D1 cells of the channel `go`, 1 when the decision is made, then fading.
    """

    risen: np.ndarray
    pace: np.ndarray
    go: np.ndarray


class Decision:
    """d risen / dt = pace while the tone sounds (linear rise to threshold: Carpenter & Williams 1995).

    go = 1 in the update in which risen crosses 1, else (1 - FADE) of what it was.
    """

    def __init__(self, p: GangliaParams, dt: float):
        self._p, self._dt = p, dt

    def begin(self, readiness: np.ndarray) -> DecisionState:
        """A trial's start. readiness (B,): standard normal, one draw a trial."""
        pace = np.maximum(self._p.rise + self._p.rise_sd * readiness, self._p.rise_slowest).astype(np.float32)
        return DecisionState(np.zeros_like(pace), pace, np.zeros_like(pace))

    def step(self, state: DecisionState, tone: np.ndarray) -> None:
        """One brain update; tone (B,) as it is sensed."""
        risen = state.risen + self._dt * state.pace * (tone > 0.5)
        made = (risen >= 1.0) & (state.risen < 1.0)
        state.go = np.where(made, 1.0, (1 - FADE) * state.go)
        state.risen = risen
