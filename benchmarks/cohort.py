"""What a cohort costs, brain, plasticity, recording and files included, over raw physics of the very same steps.

Each worker process runs its share of the mice as `lab.run` would. After every trial all workers wait for each other and
then step the physics of that trial again, raw, as many processes at once as before: both sides load the machine alike.
"""

from __future__ import annotations

import multiprocessing
import tempfile
import time
from functools import partial
from pathlib import Path

import numpy as np

from benchmarks.raw import Raw, Recorder
from benchmarks.timing import spread
from benchmarks.worlds import CALLS

SESSIONS, SESSION_TRIALS = 7, 55  # of the study; start and end of a session are spread over as many
MANY = 10_000


def measure(mice: int, workers: int, trials: int, warmup: int = 1, seed: int = 4000) -> dict:
    """Run one session of `trials` trials after `warmup` trials that do not count; returns ratios and where time went."""
    context = multiprocessing.get_context("spawn")
    together, results = context.Barrier(workers), context.SimpleQueue()
    processes = [
        context.Process(target=_work, args=(k, mice, workers, trials + warmup, seed, together, results), daemon=True)
        for k in range(workers)
    ]
    from lab.run import one_thread

    with one_thread():
        for process in processes:
            process.start()
    told = [results.get() for _ in processes]
    for process in processes:
        process.join()
    errors = [t["error"] for t in told if "error" in t]
    if errors:
        raise RuntimeError(errors[0])
    return _combined(told, mice, workers, warmup)


def _combined(told: list[dict], mice: int, workers: int, warmup: int) -> dict:
    out = {
        "mice": mice,
        "workers": workers,
        "trials": len(told[0]["trials"]) - warmup,
        "ratio": {},
        "ratio_with_files": {},
    }
    for clock in ("wall", "cpu"):
        whole, raw = (
            np.array([[t[side][clock] for t in w["trials"][warmup:]] for w in told]) for side in ("whole", "raw")
        )
        aside = np.array([w["aside"][clock] for w in told])[:, None] / SESSION_TRIALS
        # Workers end a trial when the slowest does; of CPU time they share the sum.
        together = np.max if clock == "wall" else np.sum
        out["ratio"][clock] = spread(together(whole, 0) / together(raw, 0))
        out["ratio_with_files"][clock] = spread(together(whole + aside, 0) / together(raw, 0))
    counted = [t for w in told for t in w["trials"][warmup:]]
    names = counted[0]["parts"]
    cost = {name: float(np.median([1e6 * t["parts"][name] / t["steps"] for t in counted])) for name in names}
    once = sum(w["aside"]["cpu"] for w in told) / SESSION_TRIALS / sum(w["trials"][-1]["steps"] for w in told)
    out["cpu_us_per_mouse_step"] = {**cost, "start, end and files of a session": 1e6 * once}
    out["many"] = many(out["cpu_us_per_mouse_step"], np.mean([w["bytes_per_trial"] for w in told]))
    return out


def many(cpu_us_per_step: dict[str, float], bytes_per_trial: float, steps_per_trial: int = 400) -> dict:
    """What MANY mice of 7 × 55 trials in the compact timing would cost, from one step and one trial of one mouse.

    Mice are independent and their steps alike, so that cost grows in proportion. The bottleneck is the dearest part.
    """
    parts = {name: us for name, us in cpu_us_per_step.items() if name != "raw physics"}
    total, trials = sum(parts.values()), SESSIONS * SESSION_TRIALS
    dearest = max(parts, key=parts.get)
    return {
        "mice": MANY,
        "core_hours": MANY * trials * steps_per_trial * total * 1e-6 / 3600,
        "gigabytes": MANY * trials * bytes_per_trial / 1e9,
        "bottleneck": dearest,
        "bottleneck_share": parts[dearest] / total,
    }


# ------------------------------------------------------------------------------------------------- in the worker


class Meter:
    """Adds up CPU time by name."""

    def __init__(self):
        self.spent: dict[str, float] = {}

    def on(self, thing: object, method: str, name: str) -> None:
        """Count the time of every call of a method of this object."""
        plain = getattr(thing, method)

        def counted(*args, **kwargs):
            began = time.process_time()
            try:
                return plain(*args, **kwargs)
            finally:
                self.spent[name] = self.spent.get(name, 0.0) + time.process_time() - began

        setattr(thing, method, counted)


def _make_world(meter: Meter, kept: dict, design, subjects):
    from lab.parts import make_world

    world = make_world(design, subjects)
    sim = world.unwrapped.sim
    kept["recorder"] = sim.batch = Recorder(sim.batch)
    for method in ("step", "reset"):
        meter.on(world, method, "world")
    return world


def _make_brain(meter: Meter, kept: dict, ready, design, subjects, world):
    from lab.parts import make_bg_loop

    brain = make_bg_loop(design, subjects, world)
    meter.on(brain, "step", "brain: a step")
    meter.on(brain, "taps", "brain: taps")
    for method in ("begin_trial", "end_trial"):
        meter.on(brain, method, "brain: start and end of a trial")
    kept["raw"] = Raw(kept["recorder"], 1)
    ready()
    return brain


class Clocks:
    """Wall and CPU time since `start`, without what noting the physics took."""

    def start(self, recorder: Recorder | None) -> None:
        self._at = self._now(recorder)

    def read(self, recorder: Recorder | None) -> dict[str, float]:
        wall, cpu = self._now(recorder)
        return {"wall": wall - self._at[0], "cpu": cpu - self._at[1]}

    def _now(self, recorder: Recorder | None) -> tuple[float, float]:
        noting = (recorder.spent_wall, recorder.spent_cpu) if recorder else (0.0, 0.0)
        return time.perf_counter() - noting[0], time.process_time() - noting[1]


def _work(worker: int, mice: int, workers: int, trials: int, seed: int, together, results) -> None:
    try:
        results.put(_session(worker, mice, workers, trials, seed, together))
    except Exception as error:
        together.abort()
        results.put({"error": f"worker {worker}: {type(error).__name__}: {error}"})


def _session(worker: int, mice: int, workers: int, trials: int, seed: int, together) -> dict:
    import torch

    from lab.design import Design, Group
    from lab.folder import create_run
    from lab.parts import Parts
    from lab.run import Shard, TrialDone, run_shard

    torch.set_num_threads(1)
    meter, kept, clocks, told = Meter(), {}, Clocks(), []
    design = Design("single", (Group("control"),), mice, 1, trials, seed=seed)
    subjects = design.subjects()[worker * mice // workers : (worker + 1) * mice // workers]
    aside = {"wall": 0.0, "cpu": 0.0}  # what is done once a session

    def put_aside(recorder: Recorder | None) -> None:
        for clock, spent in clocks.read(recorder).items():
            aside[clock] += spent

    def ready() -> None:
        put_aside(None)
        meter.spent = {}
        clocks.start(kept["recorder"])

    def say(event: object) -> None:
        recorder = kept["recorder"]
        if not isinstance(event, TrialDone):  # the session is over, and its files are written
            put_aside(recorder)
            return
        whole = clocks.read(recorder)
        parts = _parts(meter, recorder, whole["cpu"])
        together.wait()
        clocks.start(None)
        calls = kept["raw"].replay(recorder)
        raw = clocks.read(None)
        if not kept["raw"].ends_like(recorder):
            raise RuntimeError("the replay of raw physics does not end where the mice did")
        steps = len(subjects) * calls // CALLS
        told.append({"whole": whole, "raw": raw, "parts": {"raw physics": raw["cpu"], **parts}, "steps": steps})
        recorder.clear()
        recorder.physics_cpu = recorder.spent_cpu = recorder.spent_wall = 0.0
        meter.spent = {}
        together.wait()
        clocks.start(recorder)

    with tempfile.TemporaryDirectory() as folder:
        run = create_run(Path(folder) / "run", {"design": design.to_json(), "recording": True, "status": "running"})
        parts = Parts(partial(_make_world, meter, kept), partial(_make_brain, meter, kept, ready))
        clocks.start(None)
        run_shard(Shard(run, design, parts, True, subjects), say)
        written = sum(path.stat().st_size for path in (run.path / "mice").rglob("*") if path.is_file())
    return {"trials": told, "aside": aside, "bytes_per_trial": written / len(subjects) / trials}


def _parts(meter: Meter, recorder: Recorder, whole: float) -> dict[str, float]:
    """Where the CPU time of a trial [s] went."""
    spent = dict(meter.spent)
    world = spent.pop("world") - recorder.physics_cpu - recorder.spent_cpu
    rest = whole - world - recorder.physics_cpu - sum(spent.values())
    return {"physics": recorder.physics_cpu, "world: all but physics": world, **spent, "recording and the loop": rest}
