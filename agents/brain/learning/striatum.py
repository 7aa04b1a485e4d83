"""Rules of cortico-striatal synapses: what a D1 cell explored; or, as in releases before, what distinguished opponents. Soon forgotten."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor

from reachenv.agents.brain.learning import plasticity
from reachenv.agents.brain.learning.rule import LearningRule, Memory, Site, Trial
from reachenv.agents.brain.wiring import PARAMETERS

# Starting a movement is learned long before the experiment; only what shapes it is still open.
SHAPES = np.array([name != "go" for name in PARAMETERS], np.float32)


@dataclass(frozen=True)
class Striatal(LearningRule):
    """What is unusual in the difference of two opponents, while a movement is aimed, times dopamine's departure from its usual level.

    W += speed * sum_t k_t unusual_t r_t, then fades towards `rest` and stays within 0 and twice that; k from `Trial.credit`, with the
    sign of the receptor (`plasticity.at_receptor`); unusual = plan * ((more - less) / 2 - mean), mean += mean_rate * unusual.
    Collaterals between opponents leave what distinguishes them. A night forgets.

    key: of the memory, such as "d1". receptor: +1 for D1 cells, -1 for D2 cells.
    """

    name: ClassVar[str] = "striatal"
    key: str
    receptor: int
    speed: float
    tag: float  # eligibility time constant [s]
    rest: float  # weight
    fade_trial: float
    fade_night: float
    mean_rate: float

    def born(self, site: Site) -> Memory:
        mice, cells, _ = site.birth.shape
        return {self.key: site.birth.clone(), f"{self.key}_mean": torch.zeros(mice, cells // 2)}

    def weights(self, site: Site, memory: Memory) -> Tensor:
        return memory[self.key]

    def end_trial(self, site: Site, memory: Memory, tags: Any, trial: Trial) -> None:
        if trial:
            rest = torch.tensor(self.rest)
            unusual = plasticity.unusual(trial.post, memory[f"{self.key}_mean"].numpy(), self.mean_rate, trial.plan)
            worth = plasticity.at_receptor(trial.credit(site.dt, self.tag), self.receptor)
            gain = plasticity.three_factor(trial.pre, unusual * SHAPES, worth)
            grown = memory[self.key] + self.speed * site.mirror(torch.from_numpy(gain))
            memory[self.key] = plasticity.fade(grown, rest, self.fade_trial).clamp(0.0, 2 * float(rest))

    def night(self, site: Site, memory: Memory, dopamine: Tensor) -> None:
        memory[self.key] = plasticity.fade(memory[self.key], torch.tensor(self.rest), self.fade_night)


@dataclass(frozen=True)
class Explored(LearningRule):
    """What a D1 cell explored by itself, times dopamine's departure from its usual level.

    W += speed * sum_t k_t explored_t r_t, then fades towards `rest` and stays within rest (1 -+ cap); k from `Trial.credit`. The tag holds
    the cell's own spontaneous activity and nothing of what it has learned, so that learning does not feed on itself (as in birds, where a
    copy of what was tried reaches striatum: Fee & Goldberg 2011). A night forgets most. D2 cells explore nothing, and do not learn.
    """

    name: ClassVar[str] = "explored"
    key: ClassVar[str] = "d1"  # of the memory
    speed: float
    tag: float  # eligibility time constant [s]
    rest: float  # weight
    fade_trial: float
    fade_night: float
    cap: float

    def born(self, site: Site) -> Memory:
        return {self.key: site.birth.clone()}

    def weights(self, site: Site, memory: Memory) -> Tensor:
        return memory[self.key]

    def end_trial(self, site: Site, memory: Memory, tags: Any, trial: Trial) -> None:
        if trial:
            rest = torch.tensor(self.rest)
            gain = plasticity.three_factor(trial.pre, trial.post * SHAPES, trial.credit(site.dt, self.tag))
            grown = memory[self.key] + self.speed * site.mirror(torch.from_numpy(gain))
            faded = plasticity.fade(grown, rest, self.fade_trial)
            memory[self.key] = faded.clamp((1 - self.cap) * self.rest, (1 + self.cap) * self.rest)

    def night(self, site: Site, memory: Memory, dopamine: Tensor) -> None:
        memory[self.key] = plasticity.fade(memory[self.key], torch.tensor(self.rest), self.fade_night)
