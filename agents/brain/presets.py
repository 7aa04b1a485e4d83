"""Kinds of mice other than the young adult: each a named function from the parameters of a brain to those of another."""

from collections.abc import Callable
from dataclasses import replace

from reachenv.agents.brain.params import LoopParams

AGED_PLASTICITY = 0.4  # of a young brain's: our choice; that of motor cortex falls with age (Mueller-Dahlhaus 2008)


def aged(p: LoopParams) -> LoopParams:
    """Every synapse in cortex and striatum learns less; nothing else differs."""
    slow = {name: AGED_PLASTICITY * getattr(p.plasticity, name) for name in ("striatum", "cortex", "senses")}
    return replace(p, plasticity=replace(p.plasticity, **slow))


PRESETS: dict[str, Callable[[LoopParams], LoopParams]] = {"aged": aged}


def preset(name: str, params: LoopParams = LoopParams()) -> LoopParams:  # noqa: B008 frozen
    """The parameters of a kind of brain; '' for the young adult. ValueError lists what there is."""
    if not name:
        return params
    if name not in PRESETS:
        raise ValueError(f"the preset {name!r} is not known; there is {', '.join(PRESETS)}")
    return PRESETS[name](params)
