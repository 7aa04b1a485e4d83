"""What the critic sees, its prediction error, and what dopamine cells make of it: numbers and pure functions.

The critic sees what the mouse senses: a fading memory of the tone through overlapping windows (microstimuli: Ludvig, Sutton &
Kehoe 2008), the pellet in sight, touch, taste. How it learns is in `learning.critic`, how it runs in `regions.midbrain`.
"""

import functools
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from reachenv.agents.brain.state import ZERO, number


@dataclass(frozen=True)
class DopamineParams:
    """Critic and release. Times in s."""

    horizon: float = 2.0  # discount time constant
    trace: float = 1.0  # lambda's time constant
    rate: float = 0.003  # learning rate per step
    memory: float = 1.0  # decay of the tone's memory
    windows: int = 8
    gain: float = 5.0  # release per unit of prediction error
    tonic: float = 0.08
    clearance: float = 0.2  # reuptake
    reward_rate_trials: float = 35.0  # over how many trials the average reward is taken
    # Between trials, not simulated: what the compact timing leaves out of the study's 12 s; with that timing whole, a pause after it.
    wait: float = 8.0


N_EXTRA = 4  # bias, pellet in sight, touch, taste
BIAS = 0.2


@functools.cache
def _windows(windows: int) -> tuple[np.ndarray, np.ndarray]:
    """Their centres, and what the square of a distance from one counts."""
    return np.linspace(1.0, 0.0, windows + 1, dtype=np.float32)[:-1], number(-(windows**2) / 2)


def microstimuli(p: DopamineParams, memory: np.ndarray, out: np.ndarray) -> None:
    """The memory of the tone (B,), from 0 to 1, through windows that overlap → out (B, windows)."""
    if not np.count_nonzero(memory):
        out[:] = 0.0
        return
    column, (centres, sharpness) = memory[:, None], _windows(p.windows)
    off = column - centres
    off *= off
    off *= sharpness
    np.multiply(np.exp(off, out=off), column, out=out)


def outside(p: DopamineParams, where: Mapping[str, slice]) -> np.ndarray:
    """What pellet, touch of the whole hand and taste count to the critic, by each sense: (3, senses)."""
    share = np.zeros((N_EXTRA - 1, max(s.stop for s in where.values())), np.float32)
    share[0, where["pellet"].start] = 0.5
    share[1, where["touch"]] = 0.5 / (where["touch"].stop - where["touch"].start)
    share[2, where["taste"].start] = 1.0
    return share


def features(p: DopamineParams, memory: np.ndarray, sense: np.ndarray, outside: np.ndarray) -> np.ndarray:
    """What the critic sees, (B, windows + 4): the memory of the tone (B,) through its windows, a bias, and senses (B, S) as they count.

    outside (3, S): see there.
    """
    seen = np.empty((len(memory), p.windows + N_EXTRA), np.float32)
    microstimuli(p, memory, seen[:, : p.windows])
    seen[:, p.windows] = BIAS
    np.vecdot(sense[:, None], outside, out=seen[:, p.windows + 1 :])
    return seen


def prediction_error(gamma: np.ndarray, before: np.ndarray, now: np.ndarray, reward: np.ndarray) -> np.ndarray:
    """delta = reward + gamma V(now) - V(before), each (B,). Source: Schultz, Dayan & Montague 1997."""
    return reward + gamma * now - before


def firing(
    phasic: np.ndarray, delta: np.ndarray, keep: np.ndarray, gain: np.ndarray, tonic: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Phasic transmitter after one step, and the cells' output, both (B,): tonic plus phasic, never below zero.

    keep: what reuptake leaves of phasic transmitter in a step; gain, tonic: see `DopamineParams`.
    """
    phasic = phasic * keep + gain * delta
    return phasic, np.maximum(tonic + phasic, ZERO)
