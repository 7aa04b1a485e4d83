"""A world and a brain that keep the contracts and cost nothing, so that the experiment is tested without physics.

The brain's one weight grows with success, and success grows with the weight: it learns, unless M1 is blocked.
"""

import os
import signal
import time

import numpy as np

from reachenv.agents.interventions import dopamine_left
from reachenv.lab.design.seeds import birth_seed
from reachenv.lab.runner.brains import Parts

STEPS, NQ, UNITS, OBS = 40, 5, 6, 10


class StubWorld:
    """Ends every trial after STEPS steps; the mean of the command decides the outcome."""

    sense_slices = {"tone": slice(0, 1), "paw": slice(1, 4)}

    def __init__(self, n):
        self.num_envs, self.unwrapped, self.trial = n, self, 0

    def reset(self, seed, options=None):
        self._rng = [np.random.default_rng(s) for s in seed]
        self._t, self._sum = 0, np.zeros(self.num_envs)
        return self._obs(), {}

    def step(self, action):
        self._t += 1
        self._sum += action.mean(1)
        ended = self._t == STEPS
        n, info, won = self.num_envs, {}, np.zeros(self.num_envs, bool)
        if ended:
            won = np.array([r.random() for r in self._rng]) < self._sum / STEPS
            info = {
                "outcome": np.where(won, "success", "miss").astype(object),
                "_outcome": np.ones(n, bool),
                "is_success": won,
                "tone_time": np.full(n, 0.1),
                "at_mouth_time": np.where(won, 0.3, np.nan),
                "reach_duration": np.full(n, 0.15),
                "peak_speed": 40 + self._sum,
                "aim_error": 2 - self._sum / STEPS,
            }
        return self._obs(), won.astype(np.float32), np.full(n, ended), np.zeros(n, bool), info

    def qpos(self):
        return self._sum[:, None] + np.arange(NQ)

    def close(self):
        pass

    def _obs(self):
        return np.stack([r.normal(size=OBS) for r in self._rng]).clip(-5, 5).astype(np.float32)


class StubBrain:
    def __init__(self, births):
        self._w = np.array([0.3 + 0.1 * np.random.default_rng(b).random() for b in births])

    def begin_session(self, session, interventions):
        self._w = self._w * 0.99
        self._depth = np.array([1 - dopamine_left(of_mouse, "m1", session) for of_mouse in interventions])

    def begin_trial(self, seeds):
        self._noise = np.array([np.random.default_rng(s).normal() for s in seeds])

    def step(self, obs, reward):
        return np.tile((self._w + 0.01 * self._noise)[:, None], (1, 5)).astype(np.float32)

    def end_trial(self, reward):
        rpe = reward - self._w
        self._w = self._w + 0.02 * (1 - self._depth) * reward
        return {"rpe": rpe, "value_at_tone": self._w.copy(), "exploration": np.abs(self._noise)}

    def taps(self, names):
        n = len(self._w)
        level = (1 - self._depth) * self._w
        dopamine = {"vta": np.ones(n), "dopamine_m1": level, "dopamine_striatum": np.ones(n)}
        return {"m1_l23": np.tile(self._w[:, None], (1, UNITS)), **dopamine}

    def state(self, i):
        return {"w": self._w[i : i + 1].copy()}

    def set_state(self, i, state):
        self._w[i] = state["w"][0]


def make_world(design, subjects):
    return StubWorld(len(subjects))


def make_brain(design, subjects, world):
    return StubBrain([birth_seed(design.seed, s.group.litter, s.mouse) for s in subjects])


def make_slow_world(design, subjects):
    """Leaves time to be killed in the middle."""
    time.sleep(0.15)
    return StubWorld(len(subjects))


def make_full_disk_world(design, subjects):
    """From the second world on, no file of this process may grow beyond 100 bytes: as on a full disk."""
    import resource

    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    if _born["worlds"]:
        resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))
    _born["worlds"] += 1
    return StubWorld(len(subjects))


def make_dying_world(design, subjects):
    """The second world takes its process with it."""
    if _born["worlds"]:
        os.kill(os.getpid(), signal.SIGKILL)
    _born["worlds"] += 1
    return StubWorld(len(subjects))


def make_failing_world(design, subjects):
    raise ZeroDivisionError("planted")


_born = {"worlds": 0}
STUB = Parts(make_world, make_brain)
