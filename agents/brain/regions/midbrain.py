"""Midbrain in time: what the critic expects, how wrong it was, what VTA and SNc fire. SNc fires as VTA does."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from reachenv.agents.brain import dopamine
from reachenv.agents.brain.dopamine import DopamineParams
from reachenv.agents.brain.state import HALF, State, number

Learn = Callable[[np.ndarray, np.ndarray], np.ndarray | None]
"""What the critic saw before (B, F), prediction error (B,) → its weights (B, F) where they changed; see `learning.critic`."""


@dataclass(slots=True)
class MidbrainState(State):
    """Critic and dopamine cells of B mice; (B,) where no shape is given. F features, values in units of reward.

    critic (B, F): weights, by which seen (B, F), what the critic saw last, makes a value. tone: fading memory of the tone, 0 to 1.
    rpe: prediction error. value: expected reward. value_at_tone: when the tone began. earned: reward of the trial so far.
    phasic: transmitter above the tonic level. vta: firing [arbitrary unit, `tonic` at rest].
    """

    critic: np.ndarray
    seen: np.ndarray
    tone: np.ndarray
    rpe: np.ndarray
    value: np.ndarray
    value_at_tone: np.ndarray
    earned: np.ndarray
    phasic: np.ndarray
    vta: np.ndarray


class Midbrain:
    """rpe = reward + gamma V(now) - V(before), V = critic . seen; vta = [tonic + phasic]+, phasic decays and gains gain * rpe."""

    def __init__(self, p: DopamineParams, where: Mapping[str, slice], dt: float):
        self._p, self._taste, self._outside = p, where["taste"].start, dopamine.outside(p, where)
        self._fades, self._gamma = number(math.exp(-dt / p.memory)), number(math.exp(-dt / p.horizon))
        self.tonic = number(p.tonic)
        self._firing = number(math.exp(-dt / p.clearance)), number(p.gain), self.tonic

    def begin(self, critic: np.ndarray) -> MidbrainState:
        """A trial's start: tonic firing, nothing expected yet. critic (B, F)."""
        tone, rpe, value, value_at_tone, earned, phasic = np.zeros((6, len(critic)), np.float32)
        vta = np.full(len(critic), self._p.tonic, np.float32)
        return MidbrainState(critic, np.zeros_like(critic), tone, rpe, value, value_at_tone, earned, phasic, vta)

    def step(
        self,
        state: MidbrainState,
        sense: np.ndarray,
        sounds: np.ndarray | None,
        reward: np.ndarray,
        first: bool,
        learn: Learn | None = None,
    ) -> None:
        """One brain update: senses (B, S) now, reward (B,) of the update before. first: of the trial. learn: None freezes the critic.

        sounds (B,): whether the tone does; None where it does for no mouse.
        """
        started = None if sounds is None else sounds & (state.tone < 1e-3)
        state.tone *= self._fades
        if started is not None:
            state.tone[started] = 1.0
        tasted = sense[:, self._taste] > HALF
        if np.count_nonzero(tasted):
            state.tone[tasted] = 0.0  # what it promised has come
        seen = dopamine.features(self._p, state.tone, sense, self._outside)
        self._err(state, seen, reward, first, learn)
        if started is not None:
            state.value_at_tone[started] = state.value[started]

    def end(self, state: MidbrainState, reward: np.ndarray, first: bool, learn: Learn | None = None) -> None:
        """The trial is over, and nothing more is to be expected of it; `reward` (B,) of its last update."""
        self._err(state, np.zeros_like(state.critic), reward, first, learn)

    def _err(
        self, state: MidbrainState, seen: np.ndarray, reward: np.ndarray, first: bool, learn: Learn | None
    ) -> None:
        before = seen if first else state.seen
        if first:
            state.rpe = np.zeros_like(state.rpe)  # nothing was expected before the trial began
        else:
            state.rpe = dopamine.prediction_error(self._gamma, state.value, np.vecdot(state.critic, seen), reward)
        changed = learn(before, state.rpe) if learn else None
        if changed is not None:
            state.critic = changed
        state.seen = seen
        state.value = np.vecdot(state.critic, seen)
        state.phasic, state.vta = dopamine.firing(state.phasic, state.rpe, *self._firing)
        state.earned += reward
