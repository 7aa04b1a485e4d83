"""What a learning rule is: an object that keeps the weights of one projection, and changes them. Give your own to `Loop(rules=...)`.

    @dataclass(frozen=True)
    class Hebb(LearningRule):
        speed: float = 1e-6

        def born(self, site):
            return {"hebb": site.birth.clone()}       # kept with each mouse, saved and restored with it

        def weights(self, site, memory):
            return memory["hebb"]                     # those of the next trial

        def end_trial(self, site, memory, tags, trial):
            change = np.einsum("tbi,tbj->bij", trial.post, trial.pre)
            memory["hebb"] += self.speed * site.mirror(torch.from_numpy(change))

    Loop(senses, 5, mice, rules={"m1_l23>m1_l5": Hebb()})

A rule is immutable: what a mouse carries from trial to trial is in its `memory`, what the rule notes within a trial in `tags`.
What it is shown of an update holds until the next trial begins.
A rule that depends on weights reads them from `memory`; one that changes them within a trial returns them from `step`.
The rules of the shipped brain are in `learning.m1`, `learning.striatum` and `learning.critic`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, is_dataclass
from typing import Any, ClassVar, Literal, NamedTuple

import numpy as np
import torch
from torch import Tensor

from reachenv.agents.brain.learning import plasticity

Memory = dict[str, Tensor]


@dataclass(frozen=True)
class Site:
    """The synapses of one projection, in B mice.

    name: source>target, as the wiring table has it. birth (B, post, pre): weights at birth. dt: brain update [s].
    pairs: how rows of `birth` form pairs whose two cells change alike with opposite sign: "halves", agonists and then antagonists;
    "neighbours", more and less in turn; "" for none. together (B, pre, groups): rates of presynaptic cells that fire together, in each
    group of them; None where that is of no account.
    """

    name: str
    birth: Tensor
    dt: float
    pairs: Literal["", "halves", "neighbours"] = ""
    together: Tensor | None = None

    def __getitem__(self, rows: np.ndarray) -> Site:
        together = None if self.together is None else self.together[rows]
        return Site(self.name, self.birth[rows], self.dt, self.pairs, together)

    def mirror(self, change: Tensor) -> Tensor:
        """Change (B, pairs, pre) of the first cell of each pair → change (B, post, pre) of all."""
        if self.pairs == "halves":
            return torch.cat([change, -change], 1)
        if self.pairs == "neighbours":
            return torch.stack([change, -change], 2).flatten(1, 2)
        return change


class Moment(NamedTuple):
    """What is there at the synapses of a site in one brain update.

    pre (B, pre): rates, or senses. post (B, pairs or post): what the cells did, by site: change of gain of a cell of layer 2-3 that the
    loop and its private noise bring, while a phase is aimed; how the loop has layer 5 depart from its posture [command]; a D1 cell's own
    exploration [input], or, for D2 cells and with `skill_site` "layer5", half the difference of two opponents [rate]; rate of an event
    cell; value of the critic.
    dopamine, usual (B,): what arrives at the target, and what arrives there at tonic firing; for the critic prediction error, and 0.
    plan (B, 1): how far the present phase is one that aims, 0 to 1; 0 for the critic.
    """

    pre: np.ndarray
    post: np.ndarray
    dopamine: np.ndarray
    usual: np.ndarray
    plan: np.ndarray


def stacked(moments: Sequence[Moment]) -> Moment:
    """Moments (B, ...) of T updates → one of arrays (T, B, ...)."""
    return Moment(*(np.stack(steps) for steps in zip(*moments, strict=True)))


class Trial:
    """All moments of a trial at one site: a `Moment` of arrays with an axis of time first. `len(trial)` is T, the number of updates.

    seen: with an axis of time first; or one by one, and stacked where they are asked for. credits: what sites where the same dopamine
    arrives share, by the identity of its array.

    Attributes:
        pre (T, B, pre), post (T, B, pairs or post), dopamine, usual (T, B), plan (T, B, 1): see `Moment`. They hold until the next trial
            begins.
    """

    pre: np.ndarray
    post: np.ndarray
    dopamine: np.ndarray
    usual: np.ndarray
    plan: np.ndarray

    def __init__(self, seen: Moment | list[Moment], credits: dict[Any, np.ndarray] | None = None):
        self._seen, self._credits = seen, {} if credits is None else credits

    def __len__(self) -> int:
        return len(self._seen.pre if isinstance(self._seen, Moment) else self._seen)

    def __getattr__(self, part: str) -> np.ndarray:
        if part not in Moment._fields:
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {part!r}")
        if not isinstance(self._seen, Moment):
            self._seen = stacked(self._seen)
        return getattr(self._seen, part)

    def credit(self, dt: float, tag: float) -> np.ndarray:
        """What a tag of each update is worth in the end (T, B), where it lasts `tag` s and updates `dt` s: `plasticity.credit` of
        `plasticity.modulation`.
        """
        what = id(self.dopamine), dt, tag
        if what not in self._credits:
            third = plasticity.modulation(self.dopamine, self.usual)
            self._credits[what] = plasticity.credit(dt * third, math.exp(-dt / tag))
        return self._credits[what]


class LearningRule:
    """Synapses that stay as they were at birth. Other rules override what they need; keys that `born` returns are theirs alone.

    name: what descriptions call it; by default the module and name of its class.
    """

    name: ClassVar[str] = ""

    def born(self, site: Site) -> Memory:
        """All that the rule keeps of each mouse, by a name of its own: arrays with the mice first. Saved and restored with the mouse."""
        return {}

    def weights(self, site: Site, memory: Memory) -> Tensor:
        """Weights (B, post, pre) that the next trial begins with."""
        return site.birth

    def begin_trial(self, site: Site, memory: Memory) -> Any:
        """What the rule notes within a trial, handed to `step` and `end_trial`: by default an empty list."""
        return []

    def step(self, site: Site, memory: Memory, tags: Any, now: Moment) -> Tensor | None:
        """Every brain update (10 ms). Returns new weights (B, post, pre) where they change within a trial, else None.

        A rule that needs no such thing leaves this one as it is, which costs nothing: `end_trial` is shown every update at once.
        """
        return None

    def end_trial(self, site: Site, memory: Memory, tags: Any, trial: Trial) -> None:
        """After the trial's last update: change `memory`. trial: every moment of it, none where it ended before it began."""

    def night(self, site: Site, memory: Memory, dopamine: Tensor) -> None:
        """Between sessions: change `memory`. dopamine (B,): mean of the day in M1, over its usual level."""

    def describe(self) -> Mapping[str, Any]:
        """Name and numbers, plain data: part of the digest of a brain. By default its dataclass fields."""
        kind = type(self)
        numbers: dict[str, Any] = asdict(self) if is_dataclass(self) else {}
        return {"rule": self.name or f"{kind.__module__}.{kind.__qualname__}", **numbers}
