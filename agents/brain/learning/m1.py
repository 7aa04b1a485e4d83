"""Rules of motor cortex: senses onto event cells, which keep their total strength; and, in the brain of before, layer 2-3 onto layer 5."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import torch
from torch import Tensor

from reachenv.agents.brain.learning import plasticity
from reachenv.agents.brain.learning.rule import LearningRule, Memory, Site, Trial

MEAN_RATE = 5e-4  # per step: an event cell's running mean spans about five trials


@dataclass(frozen=True)
class Consolidated(LearningRule):
    """Departures of layer 5 that dopamine follows are kept: labile at first, captured by nights with dopamine.

    W = W_birth + expression * early + late; in a trial early += speed * sum_t k_t departure_t r_t (`plasticity.three_factor`),
    k from `Trial.credit`; a night is `plasticity.consolidate`.
    """

    name: ClassVar[str] = "consolidated"
    speed: float
    tag: float  # eligibility time constant [s]
    expression: float
    capture: float
    night_fade: float

    def born(self, site: Site) -> Memory:
        return {"layer5_early": torch.zeros_like(site.birth), "layer5_late": torch.zeros_like(site.birth)}

    def weights(self, site: Site, memory: Memory) -> Tensor:
        return site.birth + self.expression * memory["layer5_early"] + memory["layer5_late"]

    def end_trial(self, site: Site, memory: Memory, tags: Any, trial: Trial) -> None:
        if trial:
            gain = plasticity.three_factor(trial.pre, trial.post, trial.credit(site.dt, self.tag))
            memory["layer5_early"] = memory["layer5_early"] + self.speed * site.mirror(torch.from_numpy(gain))

    def night(self, site: Site, memory: Memory, dopamine: Tensor) -> None:
        early, late = memory["layer5_early"], memory["layer5_late"]
        memory["layer5_early"], memory["layer5_late"] = plasticity.consolidate(
            early, late, dopamine, self.capture, self.night_fade
        )


@dataclass(frozen=True)
class Scaled(LearningRule):
    """Senses that come with what is unusual in a cell, and with dopamine, win what the cell's other senses lose.

    W += speed * sum_t k_t (e_t - mean) h_t, within 0 and limit; then each cell scales its synapses to the strength that they had at
    birth (`plasticity.scale`), where homeostasis is on. mean += mean_rate * (e - mean).
    """

    name: ClassVar[str] = "scaled"
    speed: float
    tag: float  # eligibility time constant [s]
    limit: float  # of one synapse
    homeostasis: bool
    mean_rate: float = MEAN_RATE

    def born(self, site: Site) -> Memory:
        return {"senses": site.birth.clone(), "event_mean": torch.zeros_like(site.birth[..., 0])}

    def weights(self, site: Site, memory: Memory) -> Tensor:
        return memory["senses"]

    def end_trial(self, site: Site, memory: Memory, tags: Any, trial: Trial) -> None:
        if trial:
            unusual = plasticity.unusual(trial.post, memory["event_mean"].numpy(), self.mean_rate)
            gain = plasticity.three_factor(trial.pre, unusual, trial.credit(site.dt, self.tag))
            senses = (memory["senses"] + self.speed * torch.from_numpy(gain)).clamp(0.0, self.limit)
            size = site.birth.square().sum(-1).sqrt()
            memory["senses"] = plasticity.scale(senses, size) if self.homeostasis else senses
