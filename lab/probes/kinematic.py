"""A world without physics, for quick looks at how the brain learns: a paw that follows the command, and a pellet that is caught or not.

The brain is the real one. The paw follows the command with a lag; when the hand closes, the catch succeeds where the paw is off by
less than the pellet's tolerance in that direction, which the making of the novice measured in the full world (`Novice.forgives`). What
arms, contact and a moving pellet add is not here, so that success differs from the full world's: this world decides between parameters
and tests mechanisms. No finding is judged by it.

A mouse's trial costs about a tenth of one in the full world.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from reachenv.agents.brain.cortex import PHASE_INDEX
from reachenv.agents.brain.loop import Loop
from reachenv.agents.brain.mouse import DIRECTIONS, NEARNESS, Novice, default_novice
from reachenv.agents.brain.params import LoopParams
from reachenv.agents.interventions import Intervention, parse
from reachenv.schema import CONTROL_DT

# Senses in order, with their sizes; muscles are not felt.
SIZES = {"tone": 1, "plate": 1, "pellet": 4, "paw": 3, "command": 5, "touch": 7, "taste": 1}
UPDATES = 140  # of a trial: what comes after a catch is short
TONE, TONE_UPDATES = 12, 50  # when it sounds, and for how long
LAG = 0.03  # [s] with which the paw follows
SCATTER = 0.35  # mm, s.d. along each axis of what the brain does not decide: joints, and how the pellet lies
TIGHT = 1.1  # times the tolerance that was measured; set by hand, so that novices begin as in the full world
TASTES = (35, 85)  # updates after a catch: when it is eaten, until when it is tasted
GRIP = 4  # column of the command


def sense_slices() -> dict[str, slice]:
    """Where each sense lies in an observation."""
    ends = np.cumsum(list(SIZES.values())).tolist()
    return {name: slice(end - size, end) for (name, size), end in zip(SIZES.items(), ends, strict=True)}


class KinematicWorld:
    """B paws and pellets.

    Attributes:
        shift (B, 3): where the pellet stands, from where it usually does [mm].
        caught (B,): whether this trial's pellet was. closed (B,): update in which the hand closed, -1 before.
        endpoint (B, 3): paw from where it should close on a pellet in its usual place [mm]; NaN before it closes.
    """

    def __init__(self, mice: int, novice: Novice | None = None):
        novice = novice or default_novice()
        self._close, self._rest = novice.posture[PHASE_INDEX["close"], :3], novice.posture[PHASE_INDEX["hold"], :3]
        self._mm, self._tolerance, self._at = 1 / novice.scale[:3], TIGHT * novice.forgives, sense_slices()
        self.mice, self.shift = mice, np.zeros((mice, 3))

    def reset(self, scatter: np.ndarray) -> None:
        """A new trial. scatter (B, 3): standard normal."""
        b = self.mice
        self._scatter, self._clock = SCATTER * scatter, 0
        self._paw = np.tile(self._rest, (b, 1)).astype(np.float32)
        self._grip, self.closed = np.full(b, -1.0), np.full(b, -1)
        self.caught, self.endpoint = np.zeros(b, bool), np.full((b, 3), np.nan)
        self.obs = np.zeros((b, sum(SIZES.values())), np.float32)
        self.obs[:, self._at["pellet"].start] = 1.0
        self.obs[:, self._at["tone"]] = float(TONE == 0)

    def step(self, command: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """A brain update: command (B, 5) → senses (B, S), reward (B,)."""
        obs, at, clock = self.obs, self._at, self._clock
        self._paw += (1 - np.exp(-CONTROL_DT / LAG)) * (command[:, :3] - self._paw)
        obs[:, at["paw"]], obs[:, at["command"]] = self._paw, command
        closes = (self.closed < 0) & (self._grip < 0) & (command[:, GRIP] >= 0) & (clock > TONE + 10)
        if closes.any():
            self._close_hands(closes)
        self._grip = command[:, GRIP]
        since, done = clock - self.closed, self.closed >= 0
        obs[(done & ~self.caught & (since > 8)) | (self.caught & (since > 60)), at["touch"]] = 0.0
        eats = self.caught & (since == TASTES[0])
        obs[:, at["taste"]] = (self.caught & (since >= TASTES[0]) & (since < TASTES[1]))[:, None]
        obs[eats, at["pellet"]] = 0.0
        self._clock = clock + 1
        obs[:, at["tone"]] = float(TONE <= self._clock < TONE + TONE_UPDATES)
        return obs, eats.astype(np.float32)

    def _close_hands(self, closes: np.ndarray) -> None:
        off = (self._paw - self._close) * self._mm - self.shift + self._scatter
        size = np.linalg.norm(off, axis=1)
        near = np.exp(NEARNESS * (off / size[:, None] @ DIRECTIONS.T - 1))
        share = size / ((near @ self._tolerance) / near.sum(1))
        self.caught |= closes & (share < 1)
        self.closed[closes] = self._clock
        self.endpoint[closes] = (off + self.shift)[closes]
        self.obs[closes & (share < 1.4), self._at["touch"]] = 0.3


@dataclass(frozen=True)
class Session:
    """What B mice did in T trials: success (T, B), endpoints (T, B, 3) [mm], NaN where the hand did not close."""

    success: np.ndarray
    endpoints: np.ndarray


class Cohort:
    """The same mice in each of some groups: matched mice share birth, trial noise and scatter, and differ by what is done to them.

    groups: names. mice: in each. seed: of births and trials. The brain's first mice are those of the first group.
    """

    def __init__(self, groups: Sequence[str], mice: int, seed: int, params: LoopParams = LoopParams()):  # noqa: B008 frozen
        self.groups, self.mice, self._seed, self._trials = tuple(groups), mice, seed, 0
        births = np.random.SeedSequence(seed).generate_state(mice).tolist() * len(groups)
        self.brain = Loop(sense_slices(), 5, births, params)
        self.world = KinematicWorld(len(births))

    def of(self, group: str) -> slice:
        """The mice of a group."""
        first = self.groups.index(group) * self.mice
        return slice(first, first + self.mice)

    def session(
        self, number: int, trials: int, interventions: dict[str, str] | None = None, *, night: bool | None = None
    ) -> Session:
        """A session of all groups. interventions: group → text form, such as "m1:2-4"."""
        texts = interventions or {}
        each: list[tuple[Intervention, ...]] = []
        for group in self.groups:
            each += [(parse(texts[group]),) if texts.get(group) else ()] * self.mice
        self.brain.begin_session(number, each, night=night)
        lived = [self._trial() for _ in range(trials)]
        return Session(*(np.array(part) for part in zip(*lived, strict=True)))

    def _trial(self) -> tuple[np.ndarray, np.ndarray]:
        sequence, copies = np.random.SeedSequence([self._seed, self._trials]), len(self.groups)
        self._trials += 1
        scatter = np.random.default_rng(sequence.spawn(1)[0]).standard_normal((self.mice, 3))
        self.brain.begin_trial(sequence.generate_state(self.mice).tolist() * copies)
        self.world.reset(np.tile(scatter, (copies, 1)))
        obs, reward = self.world.obs, np.zeros(self.world.mice, np.float32)
        for _ in range(UPDATES):
            obs, reward = self.world.step(self.brain.step(obs, reward))
        self.brain.end_trial(reward)
        return self.world.caught, self.world.endpoint
