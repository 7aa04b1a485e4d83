"""reachenv: a head-fixed mouse that reaches for a pellet, as a Gymnasium environment. Importing it registers the ids."""

from reachenv import gl

gl.choose()  # before MuJoCo is imported, which reads the choice once

from gymnasium.envs.registration import register, registry  # noqa: E402

from reachenv.perturb import BodyVariation, Perturbation  # noqa: E402
from reachenv.senses import Nerves  # noqa: E402
from reachenv.trial import EVENTS, OUTCOMES, Timing  # noqa: E402

__version__ = "0.1.0"
__all__ = ["EVENTS", "OUTCOMES", "BodyVariation", "Nerves", "Perturbation", "Timing"]

ENV_ID = "reachenv/PelletReach-v0"

if ENV_ID not in registry:
    register(
        id=ENV_ID,
        entry_point="reachenv.env:PelletReachEnv",
        vector_entry_point="reachenv.vector_env:PelletReachVectorEnv",
    )
