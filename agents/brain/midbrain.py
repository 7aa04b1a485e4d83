"""The critic at work in a trial: what it expects, how wrong it was, what VTA and SNc fire. Rules are in `dopamine`."""

import math
from collections.abc import Mapping

import numpy as np

from reachenv.agents.brain import dopamine
from reachenv.agents.brain.dopamine import DopamineParams


class Midbrain:
    """One trial of B mice. `rpe`, `value`, `value_at_tone`, `vta`, `earned`: (B,), now or so far.

    vta: firing [tonic level and prediction error in the same arbitrary unit]; SNc fires alike.
    """

    def __init__(self, params: DopamineParams, where: Mapping[str, slice], critic: np.ndarray, dt: float):
        self._p, self._where, self._dt, self._critic = params, where, dt, critic
        b = len(critic)
        self.vta = np.full(b, params.tonic, np.float32)
        self.rpe, self.value, self.value_at_tone, self.earned = np.zeros((4, b), np.float32)
        (self._memory, self._phasic, self._vta_sum), self._steps = np.zeros((3, b), np.float32), 0
        self._seen, self._trace = None, np.zeros_like(critic)

    def mean_vta(self) -> np.ndarray:
        """Mean firing of the trial so far (B,)."""
        return self._vta_sum / max(self._steps, 1)

    def step(self, sense: np.ndarray, reward: np.ndarray, learn: bool) -> None:
        """Senses (B, S) now, reward (B,) of the step before; `learn` lets the critic's weights change in place."""
        p, where = self._p, self._where
        tone = sense[:, where["tone"]][:, 0]
        started = (tone > 0.5) & (self._memory < 1e-3)
        self._memory = np.where(started, np.float32(1.0), self._memory * math.exp(-self._dt / p.memory))
        taste = sense[:, where["taste"]][:, 0]
        self._memory = np.where(taste > 0.5, np.float32(0.0), self._memory)  # what it promised has come
        pellet, touch = sense[:, where["pellet"]][:, 0], sense[:, where["touch"]].mean(-1)
        self._learn(dopamine.features(p, self._memory, pellet, touch, taste), reward, learn)
        self.value_at_tone = np.where(started, self.value, self.value_at_tone)
        self._steps += 1

    def end(self, reward: np.ndarray, learn: bool) -> None:
        """The trial is over, and nothing more is to be expected of it; `reward` (B,) of its last step. Then a wait for the next."""
        self._learn(np.zeros_like(self._critic), reward, learn)
        if learn:
            nothing = np.zeros(1, np.float32)
            (context,) = dopamine.features(
                self._p, nothing, nothing + 1, nothing, nothing
            )  # a pellet on its cup, no more
            self._critic[:] = dopamine.wait(self._p, self._dt, self._critic, context)

    def _learn(self, seen: np.ndarray, reward: np.ndarray, learn: bool) -> None:
        p, first = self._p, self._seen is None
        before = seen if first else self._seen
        delta, self._trace, change = dopamine.td_step(p, self._dt, self._critic, self._trace, before, seen, reward)
        if first:
            delta = np.zeros_like(delta)  # nothing was expected before the trial began
        elif learn:
            self._critic += change
        self._seen, self.rpe = seen, delta
        self.value = (self._critic * seen).sum(-1)
        self._phasic, self.vta = dopamine.firing(p, self._dt, self._phasic, delta)
        self._vta_sum = self._vta_sum + self.vta
        self.earned = self.earned + reward
