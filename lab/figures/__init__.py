"""Figures of a run, each from its files alone."""

from reachenv.lazy import public

__all__, __getattr__, __dir__ = public(
    "reachenv.lab.figures",
    {
        "run": "draw_all",
    },
)
