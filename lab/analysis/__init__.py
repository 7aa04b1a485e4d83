"""From recorded files to numbers: behaviour, statistics, and the imaged population."""

from reachenv.lazy import public

__all__, __getattr__, __dir__ = public(
    "reachenv.lab.analysis",
    {
        "results": "Analysis Mouse Result read_result",
        "behaviour": "by_session movement",
        "stats": "Interval bootstrap_mean paired_permutation",
        "equivalence": "equivalent_pairs",
    },
)
