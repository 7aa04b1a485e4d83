"""How to grow the shipped brain: a `MakeBrain` of `reachenv.agents.protocol`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from reachenv.agents.brain.learning.rule import LearningRule
from reachenv.agents.brain.loop import Loop
from reachenv.agents.brain.params import LoopParams
from reachenv.agents.brain.variants import changed
from reachenv.agents.protocol import with_settings


def make_bg_loop(
    senses: Mapping[str, slice],
    actions: int,
    births: Sequence[int],
    *,
    variant: str = "",
    settings: Mapping[str, Any] | None = None,
    rules: Mapping[str, LearningRule] | None = None,
) -> Loop:
    """The cortex - basal ganglia - thalamus loop, one brain for each birth seed.

    rules: projection → learning rule in place of the shipped one; see `learning.rule`.

    settings: numbers of `LoopParams` by dotted name, such as {"plasticity.tag": 0.5}; variant: see `variants`, made of what the
    settings left. ValueError says what there is.
    """
    return Loop(senses, actions, births, changed(variant, with_settings(LoopParams(), settings)), rules=rules)
