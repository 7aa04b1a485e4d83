"""How many steps a second PPO learns from, by how its runs share the cores: one run on all of them, or one run a core.

It goes on from a trained agent, whose hand presses: contacts cost, and an agent that has learned nothing touches little.
"""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np

from benchmarks.beside import beside
from benchmarks.timing import spread

AGENT = Path(__file__).parents[1] / "docs/results/baselines/ppo-0.zip"


def layouts(threads: int) -> list[tuple[int, int]]:
    """(runs, threads of each): one run that has all threads, and as many runs as threads."""
    return list(dict.fromkeys([(1, threads), (threads, 1)]))


def measure(runs: int, threads: int, rollouts: int) -> dict:
    """Let `runs` processes learn `rollouts` rollouts at the same time, after one that does not count.

    Returns steps of 10 ms learned a second, of all runs together: rollouts and updates included, tests and files not.
    """
    told = [t["speeds"] for t in beside(_work, runs, threads, rollouts)]
    return {"runs": runs, "threads": threads, "steps_per_s": spread(np.sum(told, axis=0))}


def _work(number: int, threads: int, rollouts: int, together, results) -> None:
    try:
        results.put({"speeds": _speeds(threads, rollouts, together)})
    except Exception as error:
        together.abort()
        results.put({"error": f"run {number}: {type(error).__name__}: {error}"})


def _speeds(threads: int, rollouts: int, together) -> list[float]:
    """Steps a second of each rollout, with the updates that follow it."""
    import torch

    from reachenv.agents.rl import baselines
    from reachenv.agents.rl import store as baselines_store
    from reachenv.lab.baselines.train import Task, make_worlds

    torch.set_num_threads(1)
    worlds = make_worlds(Task("ppo"), baselines.BASELINES["ppo"].worlds, threads=threads)
    agent = baselines_store.load(AGENT, worlds)
    speeds = []
    for _ in range(1 + rollouts):
        together.wait()
        began, before = time.perf_counter(), baselines.steps_taken(agent, "ppo")
        agent.learn(1, reset_num_timesteps=False)  # never less than a rollout
        speeds.append((baselines.steps_taken(agent, "ppo") - before) / (time.perf_counter() - began))
    worlds.close()
    return speeds[1:]
