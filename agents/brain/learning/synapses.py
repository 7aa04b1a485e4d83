"""All synapses of B mice that learn: which rule changes which, when."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from torch import Tensor

from reachenv.agents.brain.learning.rule import LearningRule, Memory, Moment, Site, Trial

CRITIC = "senses>critic"


class Synapses:
    """Sites and rules by the name of their projection (source>target).

    watching: projections whose rule is shown every update as it comes. Rules of the shipped brain change weights at the end of a trial,
    the critic's at once.
    """

    def __init__(self, sites: Mapping[str, Site], rules: Mapping[str, LearningRule]):
        self.sites, self.rules = dict(sites), dict(rules)
        self.watching = [name for name, rule in rules.items() if name != CRITIC and _watches(rule)]
        self._tags: dict[str, Any] = {}
        self._moments: list[Moment] = []

    def born(self) -> Memory:
        """All that the rules keep of each mouse at birth. ValueError where two of them use one name."""
        memory: Memory = {}
        for name, rule in self.rules.items():
            own = rule.born(self.sites[name])
            taken = sorted(memory.keys() & own.keys())
            if taken:
                raise ValueError(
                    f"the rule of {name} keeps {taken[0]!r}, and so does another; give it a name of its own"
                )
            memory |= own
        return memory

    def weights(self, memory: Memory) -> dict[str, Tensor]:
        """Weights (B, post, pre) of the next trial, by projection: those at birth where no rule changes them."""
        born = {name: site.birth for name, site in self.sites.items() if name not in self.rules}
        return born | {name: rule.weights(self.sites[name], memory) for name, rule in self.rules.items()}

    def begin_trial(self, memory: Memory) -> None:
        """Forget the trial before."""
        self._moments = []
        self._tags = {name: rule.begin_trial(self.sites[name], memory) for name, rule in self.rules.items()}

    def step(self, name: str, memory: Memory, now: Moment) -> Tensor | None:
        """One brain update of one projection; weights (B, post, pre) where they changed."""
        return self.rules[name].step(self.sites[name], memory, self._tags[name], now)

    def critic_step(self, memory: Memory, now: Moment) -> Tensor | None:
        """The same of the critic, whose moments are kept here: what it learns at the end of a trial comes after the last update."""
        self._moments.append(now)
        return self.step(CRITIC, memory, now)

    def end_trial(self, memory: Memory, seen: Mapping[str, Moment]) -> None:
        """Let every rule change the memory, once in a trial. seen: moments of the trial at each site but the critic's, time first."""
        credits: dict[Any, np.ndarray] = {}
        for name, rule in self.rules.items():
            if type(rule).end_trial is LearningRule.end_trial:
                continue
            trial = Trial(self._moments if name == CRITIC else seen[name], credits)
            rule.end_trial(self.sites[name], memory, self._tags[name], trial)

    def night(self, memory: Memory, dopamine: Tensor) -> None:
        """dopamine (B,): mean of the day in M1, over its usual level."""
        for name, rule in self.rules.items():
            rule.night(self.sites[name], memory, dopamine)

    def __getitem__(self, rows: np.ndarray) -> Synapses:
        """The same synapses of some mice, without tags."""
        return Synapses({name: site[rows] for name, site in self.sites.items()}, self.rules)


def _watches(rule: LearningRule) -> bool:
    """Whether it has a `step` of its own."""
    return type(rule).step is not LearningRule.step
