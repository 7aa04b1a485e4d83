"""Brains that lack one mechanism: each a named function from the parameters of a whole brain to those of one without it.

An ablation takes a mechanism away from birth on and touches nothing else: the same mouse's cells, body and luck stay as they are.
"""

from collections.abc import Callable
from dataclasses import replace

from reachenv.agents.brain.params import LoopParams


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


ABLATIONS: dict[str, Callable[[LoopParams], LoopParams]] = {
    "no-m1-plasticity": no_m1_plasticity,
    "no-striatal-plasticity": no_striatal_plasticity,
    "no-consolidation": no_consolidation,
    "no-homeostasis": no_homeostasis,
    "open-loop": open_loop,
}


def ablated(name: str, params: LoopParams = LoopParams()) -> LoopParams:  # noqa: B008 frozen
    """The parameters of a brain without the named mechanism; '' for a whole one. ValueError lists what there is."""
    if not name:
        return params
    if name not in ABLATIONS:
        raise ValueError(f"the ablation {name!r} is not known; there is {', '.join(ABLATIONS)}")
    return ABLATIONS[name](params)
