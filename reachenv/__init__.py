"""reachenv: a head-fixed mouse that reaches for a pellet, as a Gymnasium environment. Importing it registers the ids.

Public names and modules are imported when they are first used, so that `import reachenv` is quick and
`reachenv.env` works at once. `reachenv.agents` (the brain, reinforcement learning) and `reachenv.lab` (experiments) need
the extras of the same names.
"""

from typing import TYPE_CHECKING

from reachenv import gl
from reachenv.lazy import public

gl.choose()  # before MuJoCo is imported, which reads the choice once

from gymnasium.envs.registration import register, registry  # noqa: E402

if TYPE_CHECKING:
    from reachenv.env import PelletReachEnv as PelletReachEnv
    from reachenv.perturb import BodyVariation as BodyVariation
    from reachenv.perturb import Perturbation as Perturbation
    from reachenv.schema import EVENTS as EVENTS
    from reachenv.schema import OUTCOMES as OUTCOMES
    from reachenv.senses import Nerves as Nerves
    from reachenv.trial import Timing as Timing
    from reachenv.vector_env import PelletReachVectorEnv as PelletReachVectorEnv

__version__ = "0.1.0"
ENV_ID = "reachenv/PelletReach-v0"

_names, __getattr__, __dir__ = public(
    "reachenv",
    {
        "schema": "EVENTS OUTCOMES",
        "env": "PelletReachEnv",
        "vector_env": "PelletReachVectorEnv",
        "perturb": "BodyVariation Perturbation",
        "senses": "Nerves",
        "trial": "Timing",
    },
)
__all__ = ["ENV_ID", *_names]

if ENV_ID not in registry:
    register(
        id=ENV_ID,
        entry_point="reachenv.env:PelletReachEnv",
        vector_entry_point="reachenv.vector_env:PelletReachVectorEnv",
    )
