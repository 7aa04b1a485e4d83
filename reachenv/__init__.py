"""reachenv: a head-fixed mouse that reaches for a pellet, as a Gymnasium environment. Importing it registers the ids.

Public names and modules are imported when they are first used, so that `import reachenv` is quick and
`reachenv.env` works at once. `reachenv.agents` (the brain, reinforcement learning) and `reachenv.lab` (experiments) need
the extras of the same names.
"""

import importlib
from typing import TYPE_CHECKING, Any

from reachenv import gl

gl.choose()  # before MuJoCo is imported, which reads the choice once

from gymnasium.envs.registration import register, registry  # noqa: E402

if TYPE_CHECKING:
    from reachenv.env import PelletReachEnv
    from reachenv.perturb import BodyVariation, Perturbation
    from reachenv.schema import EVENTS, OUTCOMES
    from reachenv.senses import Nerves
    from reachenv.trial import Timing
    from reachenv.vector_env import PelletReachVectorEnv

__version__ = "0.1.0"
__all__ = [
    "ENV_ID",
    "EVENTS",
    "OUTCOMES",
    "BodyVariation",
    "Nerves",
    "PelletReachEnv",
    "PelletReachVectorEnv",
    "Perturbation",
    "Timing",
]

ENV_ID = "reachenv/PelletReach-v0"
_HOME = {
    "EVENTS": "schema",
    "OUTCOMES": "schema",
    "BodyVariation": "perturb",
    "Nerves": "senses",
    "PelletReachEnv": "env",
    "PelletReachVectorEnv": "vector_env",
    "Perturbation": "perturb",
    "Timing": "trial",
}

if ENV_ID not in registry:
    register(
        id=ENV_ID,
        entry_point="reachenv.env:PelletReachEnv",
        vector_entry_point="reachenv.vector_env:PelletReachVectorEnv",
    )


def __getattr__(name: str) -> Any:
    if name in _HOME:
        return getattr(importlib.import_module(f"reachenv.{_HOME[name]}"), name)
    if not name.startswith("_"):
        try:
            return importlib.import_module(f"reachenv.{name}")
        except ModuleNotFoundError as error:
            if error.name != f"reachenv.{name}":
                raise
    raise AttributeError(f"module 'reachenv' has no attribute {name!r}; it has {', '.join(__all__)}")


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
