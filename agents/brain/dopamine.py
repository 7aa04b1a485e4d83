"""What the critic sees, its prediction error, and what dopamine cells make of it: numbers and pure functions.

The critic sees what the mouse senses: a fading memory of the tone through overlapping windows (microstimuli: Ludvig, Sutton &
Kehoe 2008), the pellet in sight, touch, taste. How it learns is in `learning.critic`, how it runs in `regions.midbrain`.
"""

import functools
import math
from dataclasses import dataclass

import numpy as np


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


@functools.cache
def _centres(windows: int) -> np.ndarray:
    return np.linspace(1.0, 0.0, windows + 1, dtype=np.float32)[:-1]


def features(
    p: DopamineParams, memory: np.ndarray, pellet: np.ndarray, touch: np.ndarray, taste: np.ndarray
) -> np.ndarray:
    """What the critic sees, (B, windows + 4). memory, pellet, touch, taste: (B,) each, memory in [0, 1]."""
    seen = np.empty((len(memory), p.windows + N_EXTRA), np.float32)
    off = memory[:, None] - _centres(p.windows)
    np.multiply(np.exp(off * off * (-(p.windows**2) / 2)), memory[:, None], out=seen[:, : p.windows])
    seen[:, p.windows] = 0.2
    np.multiply(pellet, 0.5, out=seen[:, p.windows + 1])
    np.multiply(touch, 0.5, out=seen[:, p.windows + 2])
    seen[:, p.windows + 3] = taste
    return seen


def prediction_error(
    p: DopamineParams, dt: float, weights: np.ndarray, before: np.ndarray, now: np.ndarray, reward: np.ndarray
) -> np.ndarray:
    """delta = reward + gamma V(now) - V(before), V = weights . features.

    weights, before, now (B, F); reward (B,). Returns delta (B,). Source: Schultz, Dayan & Montague 1997.
    """
    gamma = math.exp(-dt / p.horizon)
    return reward + gamma * (weights * now).sum(-1) - (weights * before).sum(-1)


def firing(p: DopamineParams, dt: float, phasic: np.ndarray, delta: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Phasic transmitter after one step, and the cells' output, both (B,): tonic plus phasic, never below zero."""
    phasic = phasic * math.exp(-dt / p.clearance) + p.gain * delta
    return phasic, np.maximum(p.tonic + phasic, 0.0)
