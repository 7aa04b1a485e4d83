"""The learning rules of the shipped brain, by the names that the wiring table gives them."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from reachenv.agents.brain.learning.critic import TemporalDifference
from reachenv.agents.brain.learning.lateral import Lateral
from reachenv.agents.brain.learning.m1 import Consolidated, Scaled
from reachenv.agents.brain.learning.rule import LearningRule
from reachenv.agents.brain.learning.striatum import Explored, Striatal
from reachenv.agents.brain.params import LoopParams
from reachenv.agents.brain.wiring import CAN_LEARN, pathways


def lateral(p: LoopParams) -> Lateral:
    q = p.plasticity
    return Lateral(
        q.cortex,
        q.tag,
        q.cortex_fade_trial,
        q.expression,
        q.capture,
        q.night_fade,
        q.unsettled,
        q.lateral_limit,
    )


def consolidated(p: LoopParams) -> Consolidated:
    q = p.plasticity
    return Consolidated(q.cortex, q.tag, q.expression, q.capture, q.night_fade)


def scaled(p: LoopParams) -> Scaled:
    q = p.plasticity
    return Scaled(q.senses, q.tag, q.senses_limit, q.homeostasis)


def explored(p: LoopParams) -> Explored:
    q, rest = p.plasticity, p.ganglia.striatal_weight
    return Explored(q.striatum, q.tag, rest, q.striatum_fade_trial, q.striatum_fade_night, q.striatum_cap)


def striatal_d1(p: LoopParams) -> Striatal:
    return _striatal(p, "d1", +1)


def striatal_d2(p: LoopParams) -> Striatal:
    return _striatal(p, "d2", -1)


def temporal_difference(p: LoopParams) -> TemporalDifference:
    return TemporalDifference(p.dopamine)


RULES: dict[str, Callable[[LoopParams], LearningRule]] = {
    "lateral": lateral,
    "consolidated": consolidated,
    "scaled": scaled,
    "explored": explored,
    "striatal-d1": striatal_d1,
    "striatal-d2": striatal_d2,
    "temporal-difference": temporal_difference,
}


def rules_of(p: LoopParams, others: Mapping[str, LearningRule] | None = None) -> dict[str, LearningRule]:
    """The rule of every projection that learns, by its name (source>target); `others` take the place of the shipped ones, or make
    synapses learn that do not in the shipped brain.

    ValueError lists the projections that can learn for one that cannot.
    """
    usual = {pathway.name: RULES[pathway.rule](p) for pathway in pathways(p) if pathway.rule}
    unknown = [name for name in others or {} if name not in CAN_LEARN]
    if unknown:
        raise ValueError(f"no synapses of {unknown[0]!r} learn; those of {', '.join(CAN_LEARN)} can")
    return usual | dict(others or {})


def _striatal(p: LoopParams, key: str, receptor: int) -> Striatal:
    q, rest = p.plasticity, p.ganglia.striatal_weight
    return Striatal(key, receptor, q.striatum, q.tag, rest, q.striatum_fade_trial, q.striatum_fade_night, q.mean_rate)
