"""The brain: cortex, basal ganglia, thalamus and dopamine of a batch of mice, and the rules by which it learns."""

from reachenv.lazy import public

__all__, __getattr__, __dir__ = public(
    "reachenv.agents.brain",
    {
        "loop": "Loop",
        "params": "LoopParams",
        "circuit": "Circuit",
    },
)
