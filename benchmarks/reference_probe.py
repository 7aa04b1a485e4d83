"""Measures one source tree, old or new: the tree that Python finds first.

    python -P reference_probe.py TREE

First prints one JSON line: {} or an error. Then reads one JSON line a measurement from standard input,
{"do": name of a function below, and its arguments}, and prints what the function returned.
Both trees have `benchmarks` with the same functions, so that nothing here depends on how a tree is laid out.
"""

import json
import os
import sys
import time
from pathlib import Path

MICE = Path(__file__).with_name("trained_mice.npz")
_made = {}  # what is made once and measured again


class TimedBatch:
    """Stands in for a Batch and adds up the time of the calls that advance or recompute physics."""

    CALLS = ("step", "forward", "set_const")

    def __init__(self, batch):
        self.batch, self.wall, self.cpu, self.calls = batch, 0.0, 0.0, 0
        for name in self.CALLS:
            setattr(self, name, self._timed(getattr(batch, name)))

    def __getattr__(self, name):
        return getattr(self.batch, name)

    def _timed(self, method):
        def call(*args, **kwargs):
            wall, cpu = time.perf_counter(), time.process_time()
            method(*args, **kwargs)
            self.cpu += time.process_time() - cpu
            self.wall += time.perf_counter() - wall
            self.calls += 1

        return call


def physics():
    """A whole trial of trained mice, each with its body and its recorded commands; times are those of physics alone."""
    import numpy as np
    from gymnasium.vector import AutoresetMode

    from reachenv.perturb import BodyVariation
    from reachenv.vector_env import PelletReachVectorEnv

    if "physics" not in _made:
        with np.load(MICE) as stored:
            mice = {name: stored[name] for name in stored.files}
        env = PelletReachVectorEnv(len(mice["seed"]), autoreset_mode=AutoresetMode.DISABLED)
        names = ("humerus", "forearm", "strength", "shoulder_mm")
        bodies = zip(*(mice[name].tolist() for name in names), strict=True)
        env.set_bodies([BodyVariation(**dict(zip(names, body, strict=True))) for body in bodies])
        _made["physics"] = env, mice
    env, mice = _made["physics"]
    plain = env.sim.batch
    env.reset(seed=mice["seed"].tolist())
    env.sim.batch = timed = TimedBatch(plain)
    for action in mice["command"].swapaxes(0, 1):
        *_, info = env.step(action)
    env.sim.batch = plain
    if not timed.calls:
        raise RuntimeError("the environment stepped, but not through sim.batch")
    n, steps = mice["command"].shape[:2]
    lap = {"steps": n * steps, "wall": timed.wall, "cpu": timed.cpu}
    return {**lap, "success": float(np.mean(info["is_success"]))}


def cohort(mice, workers, trials, sessions, folder):
    """A run of mice with everything that belongs to it: see benchmarks.cohort."""
    from benchmarks import cohort

    told = cohort.measure(mice, workers, trials, sessions, Path(folder))
    parts = told["cpu_us_per_mouse_step"]
    rest = {name: spent for name, spent in parts.items() if name not in ("raw physics", "physics")}
    cost = {clock: spread["median"] for clock, spread in told["core_ms_per_mouse_trial"].items()}
    return {"core_ms": cost, "parts": parts, "all_but_physics_us": sum(rest.values())}


def learning(runs, threads, rollouts):
    """Steps a second that PPO learns: see benchmarks.learning."""
    from benchmarks import learning

    return {"steps_per_s": learning.measure(runs, threads, rollouts)["steps_per_s"]["median"]}


def learning_cpu(rollouts):
    """CPU time of a step that PPO learns [µs], of one run on one thread: the median over rollouts."""
    import numpy as np

    from benchmarks import learning

    marks = []

    class Together:
        """Nobody else to wait for: notes when each rollout begins."""

        def wait(self):
            marks.append((time.perf_counter(), time.process_time()))

    speeds = learning._speeds(1, rollouts + 1, Together())[:-1]  # the last has no mark at its end
    wall, cpu = np.diff(np.array(marks), axis=0)[1:].T  # nor does the first count in `speeds`
    return {"cpu_us_per_step": float(np.median(1e6 / np.array(speeds) * cpu / wall))}


def worlds(kind, n, threads, steps):
    """One turn of "raw", "vector" or "single" environments: see benchmarks.worlds."""
    from benchmarks import worlds

    key = ("worlds", n, threads, steps)
    if key not in _made:
        _made[key] = worlds.rivals(n, "spinal", threads, steps)
    lap = _made[key][kind]()
    return {"steps": lap.steps, "wall": lap.wall, "cpu": lap.cpu}


def success(aim_mm, reach_s, seeds, threads):
    """The scripted reach once with every seed: who ate [0 or 1], and the median of the paw's peak speed [cm/s]."""
    import numpy as np
    from gymnasium.vector import AutoresetMode

    from reachenv.demonstrator import Script, aim_errors, demonstrate
    from reachenv.vector_env import PelletReachVectorEnv

    key = ("success", seeds, threads)
    if key not in _made:
        _made[key] = PelletReachVectorEnv(seeds, nthread=threads, autoreset_mode=AutoresetMode.DISABLED)
    aim = aim_errors(aim_mm, seeds, seed=1)
    info = demonstrate(Script(reach_s=reach_s), aim, list(range(seeds)), env=_made[key])
    speed = np.asarray(info["peak_speed"], float)
    speed = speed[np.isfinite(speed)]
    peak = float(np.median(speed)) if len(speed) else None
    return {"success": np.asarray(info["is_success"], int).tolist(), "peak_cm_s": peak}


MEASUREMENTS = {f.__name__: f for f in (physics, cohort, learning, learning_cpu, worlds, success)}


def check(tree):
    """Is it this tree's code that Python finds?"""
    import benchmarks
    import reachenv

    for package in (reachenv, benchmarks):
        found = Path(package.__file__).resolve()
        if not found.is_relative_to(Path(tree).resolve()):
            raise RuntimeError(f"Python finds {found}, which is not in {tree}")


def main(tree):
    # What libraries and child processes print must not mix with the answers.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)

    def answer(work):
        try:
            told = work()
        except Exception as error:
            told = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(told), file=answers, flush=True)
        return told

    if "error" in answer(lambda: check(tree) or {}):
        return
    for line in sys.stdin:
        asked = json.loads(line)
        measure = MEASUREMENTS[asked.pop("do")]
        answer(lambda measure=measure, asked=asked: measure(**asked))


if __name__ == "__main__":
    main(*sys.argv[1:])
