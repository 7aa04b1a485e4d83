"""Other kinds of this brain: each a named function from the parameters of a brain to those of another.

An ablation takes one mechanism away from birth on and touches nothing else: the same mouse's cells, body and noise stay as they are.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from reachenv.agents.brain.params import LoopParams

Change = Callable[[LoopParams], LoopParams]
AGED_PLASTICITY = 0.4  # of a young brain's: our choice; that of motor cortex falls with age (Mueller-Dahlhaus 2008)


def aged(p: LoopParams) -> LoopParams:
    """Every synapse in cortex and striatum learns less; nothing else differs."""
    slow = {name: AGED_PLASTICITY * getattr(p.plasticity, name) for name in ("striatum", "cortex", "senses")}
    return replace(p, plasticity=replace(p.plasticity, **slow))


def no_m1_plasticity(p: LoopParams) -> LoopParams:
    """Layer 5 keeps the read-out that it was born with, layer 2-3 its senses."""
    return replace(p, plasticity=replace(p.plasticity, cortex=0.0, senses=0.0))


def no_striatal_plasticity(p: LoopParams) -> LoopParams:
    """Cortico-striatal synapses stay at their resting weight: the loop explores and biases nothing."""
    return replace(p, plasticity=replace(p.plasticity, striatum=0.0))


def no_consolidation(p: LoopParams) -> LoopParams:
    """Nights capture nothing of M1's labile potentiation."""
    return replace(p, plasticity=replace(p.plasticity, capture=0.0))


def no_homeostasis(p: LoopParams) -> LoopParams:
    """Sensory synapses of layer 2-3 grow and shrink freely, up to a limit each."""
    return replace(p, plasticity=replace(p.plasticity, homeostasis=False))


def open_loop(p: LoopParams) -> LoopParams:
    """Thalamus no longer reaches the loop's cortical cells: basal ganglia start movements and shape none."""
    return replace(p, ganglia=replace(p.ganglia, loop_gain=0.0))


PRESETS: dict[str, Change] = {"aged": aged}
ABLATIONS: dict[str, Change] = {
    "no-m1-plasticity": no_m1_plasticity,
    "no-striatal-plasticity": no_striatal_plasticity,
    "no-consolidation": no_consolidation,
    "no-homeostasis": no_homeostasis,
    "open-loop": open_loop,
}
VARIANTS: dict[str, Change] = PRESETS | ABLATIONS


def changed(variant: str, params: LoopParams = LoopParams()) -> LoopParams:  # noqa: B008 frozen
    """The parameters of a variant of a brain; "" changes nothing, "aged+open-loop" one after the other. ValueError lists what there is."""
    for name in variant.split("+") if variant else ():
        if name not in VARIANTS:
            raise ValueError(f"the variant {name!r} is not known; there is {', '.join(VARIANTS)}")
        params = VARIANTS[name](params)
    return params
