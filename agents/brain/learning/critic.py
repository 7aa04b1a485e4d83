"""The rule of the critic: temporal differences with traces, TD(lambda), at every brain update."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from torch import Tensor

from reachenv.agents.brain.dopamine import DopamineParams, features
from reachenv.agents.brain.learning.rule import LearningRule, Memory, Moment, Site, Trial


def td_change(
    p: DopamineParams, dt: float, trace: np.ndarray, before: np.ndarray, delta: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """e' = gamma lambda e + x_before, change = rate delta e'.

    trace, before (B, F); delta (B,): prediction error. Returns (trace, change of weights), (B, F) each.
    Source: Sutton & Barto 2018 ch. 12.
    """
    gamma, lam = math.exp(-dt / p.horizon), math.exp(-dt / p.trace)
    trace = gamma * lam * trace + before
    return trace, p.rate * delta[:, None] * trace


def wait(p: DopamineParams, dt: float, weights: np.ndarray, context: np.ndarray) -> np.ndarray:
    """Weights (B, F) after `p.wait` s in which nothing comes but the context: the sight of the plate promises little by itself.

    context (F,): what is sensed meanwhile. It is TD(lambda) without reward and with a constant x, in closed form: the trace rests at
    x / (1 - gamma lambda), so that V falls each step by the share rate (1 - gamma) |x|^2 / (1 - gamma lambda), and weights follow along x.
    """
    gamma, lam = math.exp(-dt / p.horizon), math.exp(-dt / p.trace)
    size = float(context @ context)
    share = p.rate * (1 - gamma) * size / (1 - gamma * lam)
    lost = 1 - (1 - share) ** round(p.wait / dt)
    return weights - (lost / size) * (weights @ context)[:, None] * context


@dataclass
class Trace:
    """seen (B, F): what the critic saw lately. weights (B, F): its own, the memory's numbers."""

    seen: np.ndarray
    weights: np.ndarray


@dataclass(frozen=True)
class TemporalDifference(LearningRule):
    """w += rate * delta * e at every update (`td_change`); after the trial a wait for the next, in which nothing comes (`wait`)."""

    name: ClassVar[str] = "temporal-difference"
    p: DopamineParams

    def born(self, site: Site) -> Memory:
        return {"critic": site.birth[:, 0].clone()}

    def weights(self, site: Site, memory: Memory) -> Tensor:
        return memory["critic"][:, None]

    def begin_trial(self, site: Site, memory: Memory) -> Trace:
        weights = memory["critic"].numpy()
        return Trace(np.zeros_like(weights), weights)

    def step(self, site: Site, memory: Memory, tags: Trace, now: Moment) -> None:
        tags.seen, change = td_change(self.p, site.dt, tags.seen, now.pre, now.dopamine)
        tags.weights += change  # in place: the midbrain reads these very numbers

    def end_trial(self, site: Site, memory: Memory, tags: Trace, trial: Trial) -> None:
        nothing = np.zeros(1, np.float32)
        (context,) = features(self.p, nothing, nothing + 1, nothing, nothing)  # a pellet on its cup, no more
        tags.weights[:] = wait(self.p, site.dt, tags.weights, context)
