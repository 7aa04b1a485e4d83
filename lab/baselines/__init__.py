"""Trains and compares the reinforcement-learning baselines."""

from reachenv.lazy import public

__all__, __getattr__, __dir__ = public(
    "reachenv.lab.baselines",
    {
        "task": "Task open_baseline",
        "train": "last_checkpoint",
    },
)
