"""Experiments on the model itself, apart from runs: its dynamics, babbling, and how the pre-shaped novice is made."""

from reachenv.lazy import public

__all__, __getattr__, __dir__ = public(
    "reachenv.lab.probes",
    {
        "dynamics": "Attractors Course OwnRegimes Regimes",
    },
)
