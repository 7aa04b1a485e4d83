"""The rule of the critic: temporal differences with traces, TD(lambda), at every brain update."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from torch import Tensor

from reachenv.agents.brain.dopamine import DopamineParams, features
from reachenv.agents.brain.learning.rule import LearningRule, Memory, Moment, Site, Trial
from reachenv.agents.brain.state import number


def td_change(
    trace: np.ndarray, before: np.ndarray, delta: np.ndarray, keep: np.ndarray, rate: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """e' = gamma lambda e + x_before, change = rate delta e'.

    trace, before (B, F); delta (B,): prediction error; keep: gamma lambda of an update; rate: of learning. Returns
    (trace, change of weights), (B, F) each. Source: Sutton & Barto 2018 ch. 12.
    """
    trace = keep * trace + before
    return trace, (rate * delta)[:, None] * trace


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
    """seen (B, F): what the critic saw lately. weights (B, F): its own, the memory's numbers. keep, rate: see `td_change`."""

    seen: np.ndarray
    weights: np.ndarray
    keep: np.ndarray
    rate: np.ndarray


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
        p = self.p
        keep = math.exp(-site.dt / p.horizon) * math.exp(-site.dt / p.trace)
        return Trace(np.zeros_like(weights), weights, number(keep), number(p.rate))

    def step(self, site: Site, memory: Memory, tags: Trace, now: Moment) -> None:
        tags.seen, change = td_change(tags.seen, now.pre, now.dopamine, tags.keep, tags.rate)
        tags.weights += change  # in place: the midbrain reads these very numbers

    def end_trial(self, site: Site, memory: Memory, tags: Trace, trial: Trial) -> None:
        pellet = np.array([[0.5, 0.0, 0.0]], np.float32)  # on its cup, no more
        (context,) = features(self.p, np.zeros(1, np.float32), pellet, np.eye(3, dtype=np.float32))
        tags.weights[:] = wait(self.p, site.dt, tags.weights, context)
