"""When to move: a decision that rises while the tone sounds, and the go signal that ends it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from reachenv.agents.brain.params import GangliaParams
from reachenv.agents.brain.state import ONE, State, number

FADE = 0.25  # share that the go signal loses at each brain update: it lasts 40 ms


@dataclass(slots=True)
class DecisionState(State):
    """Decisions of B mice.

    risen (B,): how far the decision has come, from 0; it is made at 1. rise (B,): in an update with a tone, in this trial.
    go (B,): go signal to the D1 cells of the channel `go`, 1 when the decision is made, then fading.
    """

    risen: np.ndarray
    rise: np.ndarray
    go: np.ndarray


class Decision:
    """d risen / dt = pace while the tone sounds (linear rise to threshold: Carpenter & Williams 1995).

    go = 1 in the update in which risen crosses 1, else (1 - FADE) of what it was.
    """

    def __init__(self, p: GangliaParams, dt: float):
        self._p, self._dt, self._left = p, dt, number(1 - FADE)

    def begin(self, readiness: np.ndarray) -> DecisionState:
        """A trial's start. readiness (B,): standard normal, one draw a trial."""
        pace = np.maximum(self._p.rise + self._p.rise_sd * readiness, self._p.rise_slowest).astype(np.float32)
        return DecisionState(np.zeros_like(pace), self._dt * pace, np.zeros_like(pace))

    def step(self, state: DecisionState, sounds: np.ndarray | None) -> None:
        """One brain update. sounds (B,): whether the tone does; None where it does for no mouse."""
        state.go *= self._left
        if sounds is not None:
            risen = state.risen + state.rise * sounds
            state.go[(risen >= ONE) & (state.risen < ONE)] = 1.0
            state.risen = risen
