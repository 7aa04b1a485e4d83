"""Runs inside a peer's own virtual environment, which has neither our packages nor our pins.

    python peer_probe.py KIND ID WORLDS THREADS

First prints one JSON line: the versions, or an error. Then, for each number of environment steps read from standard input,
takes about that many with random actions and prints {"steps", "wall", "cpu"}.
"""

import json
import sys
import time
from importlib import metadata


def make(kind, name, worlds, threads):
    """Return step(), which advances every world once, resetting those that ended."""
    import numpy as np

    rng = np.random.default_rng(0)
    if kind == "envpool":
        import envpool

        env = envpool.make(name, env_type="gymnasium", num_envs=worlds, num_threads=threads, seed=0)
        box = env.action_space
        low, high = (
            np.broadcast_to(box.low, (worlds, box.shape[-1])),
            np.broadcast_to(box.high, (worlds, box.shape[-1])),
        )
        actions = [rng.uniform(low, high).astype(box.dtype) for _ in range(64)]
        env.reset()
        turn = iter(range(10**12))
        return lambda: env.step(actions[next(turn) % 64])
    if kind == "myosuite":
        from myosuite.utils import gym
    else:
        import gymnasium as gym
    env = gym.make(name)
    box = env.action_space
    actions = [rng.uniform(box.low, box.high).astype(box.dtype) for _ in range(64)]
    env.reset(seed=0)
    turn = iter(range(10**12))

    def step():
        _, _, terminated, truncated, _ = env.step(actions[next(turn) % 64])
        if terminated or truncated:
            env.reset()

    return step


def version(package):
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def main(kind, name, worlds, threads):
    worlds, threads = int(worlds), int(threads)
    answers, sys.stdout = sys.stdout, sys.stderr  # what a peer prints must not mix with the answers
    say = lambda told: print(json.dumps(told), file=answers, flush=True)  # noqa: E731
    try:
        step = make(kind, name, worlds, threads)
        step()
    except Exception as error:
        say({"error": f"{type(error).__name__}: {error}"})
        return
    say({"versions": {p: version(p) for p in ("envpool", "myosuite", "gymnasium", "mujoco", "numpy")}})
    for line in sys.stdin:
        wall, cpu, calls = time.perf_counter(), time.process_time(), max(1, int(line) // worlds)
        for _ in range(calls):
            step()
        say({"steps": calls * worlds, "wall": time.perf_counter() - wall, "cpu": time.process_time() - cpu})


if __name__ == "__main__":
    main(*sys.argv[1:])
