"""The rule of lateral synapses of layer 2-3, onto apical tufts: which cells of an aimed assembly fire, kept where M1 dopamine follows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import torch
from torch import Tensor

from reachenv.agents.brain.learning import plasticity
from reachenv.agents.brain.learning.rule import LearningRule, Memory, Site, Trial
from reachenv.agents.brain.regions.tufts import LEAST_PLAN


@dataclass(frozen=True)
class Lateral(LearningRule):
    """Changes of gain that dopamine follows are kept, in three stores: early, mid (what one night captured) and late (what lasts).

    E = E_birth + L, L = expression * early + max(mid_expressed, expression) * mid + late, where no synapse is below 0
    and no cell's input from one assembly above lateral_limit (`plasticity.limit`). In a trial early fades by fade_trial and grows by
    speed * sum_t k_t post_t r_t (`plasticity.three_factor_at`, while a phase is aimed), k from `Trial.credit`, post the change of gain
    that loop and private noise bring. A night is `plasticity.consolidate_twice`, then late is limited as L is, and
    mid_expressed' = D + (1 - D) (1 - unsettled) mid_expressed with D = min(the day's dopamine, 1): after a day without
    dopamine, mid stays and is hardly expressed. No cell has a synapse onto itself.
    """

    name: ClassVar[str] = "lateral"
    speed: float
    tag: float  # eligibility time constant [s]
    fade_trial: float
    expression: float
    capture: float
    night_fade: float
    unsettled: float
    limit: float

    def born(self, site: Site) -> Memory:
        stores = {f"lateral_{store}": torch.zeros_like(site.birth) for store in ("early", "mid", "late")}
        return stores | {"lateral_mid_expressed": torch.ones(len(site.birth))}

    def weights(self, site: Site, memory: Memory) -> Tensor:
        mid = memory["lateral_mid_expressed"].clamp(min=self.expression)[:, None, None]
        learned = self.expression * memory["lateral_early"] + mid * memory["lateral_mid"] + memory["lateral_late"]
        return site.birth + self._limited(site, torch.maximum(learned, -site.birth))

    def end_trial(self, site: Site, memory: Memory, tags: Any, trial: Trial) -> None:
        if not trial:
            return
        early = (1 - self.fade_trial) * memory["lateral_early"]
        if self.speed:
            aimed = trial.plan[..., 0] >= LEAST_PLAN
            gain = plasticity.three_factor_at(trial.pre, trial.post, trial.credit(site.dt, self.tag), aimed)
            early += self.speed * torch.from_numpy(gain)
            early.diagonal(dim1=1, dim2=2).zero_()
        memory["lateral_early"] = early

    def night(self, site: Site, memory: Memory, dopamine: Tensor) -> None:
        early, mid, late = (memory[f"lateral_{store}"] for store in ("early", "mid", "late"))
        early, mid, late = plasticity.consolidate_twice(early, mid, late, dopamine, self.capture, self.night_fade)
        memory["lateral_early"], memory["lateral_mid"] = early, mid
        memory["lateral_late"] = self._limited(site, torch.maximum(late, -site.birth))
        level = dopamine.clamp(0.0, 1.0)
        expressed = memory["lateral_mid_expressed"]
        memory["lateral_mid_expressed"] = level + (1 - level) * (1 - self.unsettled) * expressed

    def _limited(self, site: Site, learned: Tensor) -> Tensor:
        return learned if site.together is None else plasticity.limit(learned, site.together, self.limit)
