"""All synapses of B mice that learn: which rule changes which, when."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from torch import Tensor

from reachenv.agents.brain.learning.rule import LearningRule, Memory, Moment, Site, Trial


class Synapses:
    """Sites and rules by the name of their projection (source>target).

    Within a trial rules see every brain update; those of the shipped brain change weights at its end, the critic's at once.
    """

    def __init__(self, sites: Mapping[str, Site], rules: Mapping[str, LearningRule]):
        self.sites, self.rules = dict(sites), dict(rules)
        self._tags: dict[str, Any] = {}
        self._moments: dict[str, list[Moment]] = {}

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
        """Weights (B, post, pre) of the next trial, by projection."""
        return {name: rule.weights(self.sites[name], memory) for name, rule in self.rules.items()}

    def begin_trial(self, memory: Memory) -> None:
        """Forget the trial before."""
        self._moments = {name: [] for name in self.rules}
        self._tags = {name: rule.begin_trial(self.sites[name], memory) for name, rule in self.rules.items()}

    def step(self, name: str, memory: Memory, now: Moment) -> Tensor | None:
        """One brain update of one projection; weights (B, post, pre) where they changed."""
        self._moments[name].append(now)
        return self.rules[name].step(self.sites[name], memory, self._tags[name], now)

    def end_trial(self, memory: Memory) -> None:
        """Let every rule change the memory, once in a trial."""
        stacks: dict[int, np.ndarray] = {}
        for name, rule in self.rules.items():
            trial = Trial(self._moments[name], stacks)
            rule.end_trial(self.sites[name], memory, self._tags[name], trial)

    def night(self, memory: Memory, dopamine: Tensor) -> None:
        """dopamine (B,): mean of the day in M1, over its usual level."""
        for name, rule in self.rules.items():
            rule.night(self.sites[name], memory, dopamine)

    def __getitem__(self, rows: np.ndarray) -> Synapses:
        """The same synapses of some mice, without tags."""
        return Synapses({name: site[rows] for name, site in self.sites.items()}, self.rules)
