"""Carries a design out: sessions in which brains meet worlds, in worker processes or on a cluster."""

from reachenv.lazy import public

__all__, __getattr__, __dir__ = public(
    "reachenv.lab.runner",
    {
        "world": "World",
        "session": "SessionResult run_session",
        "local": "carry_out",
        "load": "load_brain",
    },
)
