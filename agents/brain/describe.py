"""The description of a brain: every number, every wire, every learning rule, as plain data with a digest."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

import numpy as np

from reachenv.agents.brain import cortex, effects, mouse
from reachenv.agents.brain.learning.defaults import rules_of
from reachenv.agents.brain.learning.rule import LearningRule
from reachenv.agents.brain.mouse import Novice
from reachenv.agents.brain.params import ACTIONS, LoopParams, to_json
from reachenv.agents.brain.regions import decision, ganglia, layer5, tufts
from reachenv.agents.brain.wiring import PARAMETERS, POPULATION_TABLE, Projection, wiring
from reachenv.agents.protocol import Description

NAME, VERSION = "bg_loop", "2"
# Numbers beside the code that uses them: module, name.
CONSTANTS = (
    (ganglia, "SUBSTEP_MS"),
    (layer5, "LAYER5_TONE"),
    (tufts, "LEAST_PLAN"),
    (decision, "FADE"),
    (mouse, "NEARNESS"),
    (effects, "EXCITABILITY"),
    (cortex, "SILENT"),
)


def describe(
    params: LoopParams = LoopParams(),  # noqa: B008 frozen
    rules: Mapping[str, LearningRule] | None = None,
    novice: Novice | None = None,
) -> Description:
    """A brain with these parameters, and with `rules` in place of shipped ones. novice: what mice start from, default the shipped one.

    Words (sources, labels, what a pathway carries) are not part of it: to mend one makes no other brain.
    """
    structure = {
        "populations": [{"name": p.name, "tau_ms": p.tau_ms, "bias": p.bias} for p in POPULATION_TABLE],
        "wiring": [_row(one) for one in wiring(params)],
        "rules": {name: dict(rule.describe()) for name, rule in rules_of(params, rules).items()},
        "constants": {name: float(getattr(module, name)) for module, name in CONSTANTS},
        "actions": ACTIONS,
        "channels": PARAMETERS,
        "phases": cortex.PHASES,
        "novice": _digest(novice or mouse.default_novice()),
    }
    return Description(NAME, VERSION, _plain(to_json(params)), _plain(structure))


def _row(one: Any) -> dict[str, Any]:
    row = {"source": one.source, "target": one.target, "sign": one.sign, "delay_ms": one.delay_ms, "rule": one.rule}
    if isinstance(one, Projection):
        return row | {"gain": one.gain, "scope": one.scope}
    return row | {"strength": one.strength, "channels": one.channels}


def _digest(novice: Novice) -> str:
    """Of all numbers that a novice starts from."""
    found = hashlib.sha256()
    for values in (novice.posture, novice.scale, novice.forgives, novice.critic, novice.reward_rate):
        found.update(np.ascontiguousarray(values, np.float32).tobytes())
    return found.hexdigest()[:16]


def _plain(data: Any) -> Any:
    """As a file gives it back."""
    return json.loads(json.dumps(data))
