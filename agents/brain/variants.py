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


def skill_in_layer5(p: LoopParams) -> LoopParams:
    """The brain of the release before: the loop's bias is added in layer 5, whose synapses from layer 2-3 hold the skill, with the
    parameters it had; striatum forgets everything over night. To be removed in the release after this one.
    """
    ganglia = replace(
        p.ganglia, exploration=0.0014, cortical_restlessness=0.0025, m1_restlessness=0.02, calm=0.8, calm_floor=0.2
    )
    plasticity = replace(
        p.plasticity,
        striatum=0.00018,
        striatum_fade_night=1.0,
        cortex=0.00034,
        expression=0.2,
        capture=0.15,
        night_fade=0.7,
    )
    individual = replace(p.individual, aim=1.22)
    return replace(p, skill_site="layer5", ganglia=ganglia, plasticity=plasticity, individual=individual)


def no_layer23_plasticity(p: LoopParams) -> LoopParams:
    """Lateral synapses of layer 2-3 keep the strength that they were born with; event cells, which nothing reads, go on changing."""
    return replace(p, plasticity=replace(p.plasticity, cortex=0.0))


def no_m1_plasticity(p: LoopParams) -> LoopParams:
    """Layer 2-3 keeps the lateral synapses and the senses that it was born with."""
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
# Brains to compare with, in no design of ours: give them as --variant.
COMPARISONS: dict[str, Change] = {
    "skill-in-layer-5": skill_in_layer5,
    "no-layer-2-3-plasticity": no_layer23_plasticity,
}
VARIANTS: dict[str, Change] = PRESETS | ABLATIONS | COMPARISONS


def changed(variant: str, params: LoopParams = LoopParams()) -> LoopParams:  # noqa: B008 frozen
    """The parameters of a variant of a brain; "" changes nothing, "aged+open-loop" one after the other. ValueError lists what there is."""
    for name in variant.split("+") if variant else ():
        if name not in VARIANTS:
            raise ValueError(f"the variant {name!r} is not known; there is {', '.join(VARIANTS)}")
        params = VARIANTS[name](params)
    return params
