"""The learning rules of the shipped brain, by the names that the wiring table gives them."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from reachenv.agents.brain.learning.critic import TemporalDifference
from reachenv.agents.brain.learning.m1 import Consolidated, Scaled
from reachenv.agents.brain.learning.rule import LearningRule
from reachenv.agents.brain.learning.striatum import Striatal
from reachenv.agents.brain.params import LoopParams
from reachenv.agents.brain.wiring import PATHWAYS


def consolidated(p: LoopParams) -> Consolidated:
    q = p.plasticity
    return Consolidated(q.cortex, q.tag, q.expression, q.capture, q.night_fade)


def scaled(p: LoopParams) -> Scaled:
    q = p.plasticity
    return Scaled(q.senses, q.tag, q.senses_limit, q.homeostasis)


def striatal_d1(p: LoopParams) -> Striatal:
    return _striatal(p, "d1", +1)


def striatal_d2(p: LoopParams) -> Striatal:
    return _striatal(p, "d2", -1)


def temporal_difference(p: LoopParams) -> TemporalDifference:
    return TemporalDifference(p.dopamine)


RULES: dict[str, Callable[[LoopParams], LearningRule]] = {
    "consolidated": consolidated,
    "scaled": scaled,
    "striatal-d1": striatal_d1,
    "striatal-d2": striatal_d2,
    "temporal-difference": temporal_difference,
}


def rules_of(p: LoopParams, others: Mapping[str, LearningRule] | None = None) -> dict[str, LearningRule]:
    """The rule of every plastic projection, by its name (source>target); `others` take the place of the shipped ones.

    ValueError lists the plastic projections for one that is not.
    """
    usual = {pathway.name: RULES[pathway.rule](p) for pathway in PATHWAYS if pathway.rule}
    unknown = [name for name in others or {} if name not in usual]
    if unknown:
        raise ValueError(f"no synapses of {unknown[0]!r} learn; those of {', '.join(usual)} do")
    return usual | dict(others or {})


def _striatal(p: LoopParams, key: str, receptor: int) -> Striatal:
    q, rest = p.plasticity, p.ganglia.striatal_weight
    return Striatal(key, receptor, q.striatum, q.tag, rest, q.striatum_fade_trial, q.striatum_fade_night, q.mean_rate)
