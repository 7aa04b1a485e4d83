"""Tells apart brains with different parameters or wires."""

from __future__ import annotations

import hashlib
import json

from reachenv.agents.brain.params import LoopParams, to_json
from reachenv.agents.brain.wiring import POPULATION_TABLE, mouse_loop


def digest() -> str:
    """Sixteen hexadecimal digits of the present parameters and wiring of the mouse's brain."""
    params = LoopParams()
    wires = mouse_loop(params.ganglia.corticostriatal_gain, params.ganglia.loop_gain)
    return hashlib.sha256(f"{json.dumps(to_json(params))}{wires}{POPULATION_TABLE}".encode()).hexdigest()[:16]
