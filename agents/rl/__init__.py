"""Reinforcement learning: the environment and the brain for stable-baselines3, and baselines with settings that suit the task."""

from reachenv.lazy import public

__all__, __getattr__, __dir__ = public(
    "reachenv.agents.rl",
    {
        "bg_loop": "BGLoop",
        "sb3_env": "PelletVecEnv",
        "strides": "StridingVecEnv",
        "baselines": "BASELINES Baseline make",
        "store": "load save",
    },
)
