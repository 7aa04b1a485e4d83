"""Pages: the report of a run, published results, predictions, the scoreboard and the model page."""

from reachenv.lazy import public

__all__, __getattr__, __dir__ = public(
    "reachenv.lab.report",
    {
        "page": "write",
    },
)
