"""What a cohort costs, brain, plasticity, recording and files included, over raw physics of the very same steps.

Each worker process runs its share of the mice as `lab.runner.local` would. After every trial all workers wait for each other and
then step the physics of that trial again, raw, as many processes at once as before: both sides load the machine alike.
The sessions are short; what is done once a session is counted as in one of the study's 55 trials.
"""

from __future__ import annotations

import gc
import tempfile
import time
from functools import partial
from pathlib import Path

import numpy as np

from benchmarks import many
from benchmarks.beside import beside
from benchmarks.memory import memory_mb
from benchmarks.raw import Raw, Recorder
from benchmarks.timing import spread
from benchmarks.worlds import calls_per_step

CLOCKS = ("wall", "cpu")
ENDS, RECORDING = "start and end of a session", "recording files"  # done once a session


def measure(
    mice: int, workers: int, trials: int, sessions: int, folder: Path, warmup: int = 1, seed: int = 4000
) -> dict:
    """Run sessions of `trials` trials, each after `warmup` trials that do not count; returns ratios and where time went.

    folder: on the disk whose writing counts.
    """
    told = beside(_work, workers, mice, workers, sessions, trials, warmup, seed)
    out = {"mice": mice, "workers": workers, "sessions": sessions, "trials": trials, **_combined(told, mice)}
    size = float(np.mean([w["files"]["bytes_per_mouse_session"] for w in told]))
    writing = many.writing_s(told[0]["files"]["of_one"], size, folder)
    out["many"] = many.cost(out["cpu_us_per_mouse_step"], size, writing)
    return out


def by_size(told: dict[int, dict], usual: int) -> list[dict]:
    """What a mouse and trial costs in cohorts of several sizes, and how much more than in the usual one."""
    one = told[usual]["core_ms_per_mouse_trial"]
    rows = []
    for mice, of in sorted(told.items()):
        cost = of["core_ms_per_mouse_trial"]
        relative = {clock: cost[clock]["median"] / one[clock]["median"] for clock in CLOCKS}
        kept = {key: of[key] for key in ("core_ms_per_mouse_trial", "ratio_with_files", "later_over_earlier", "memory")}
        rows.append({"mice": mice, f"relative_to_{usual}": relative, **kept})
    return rows


def _combined(told: list[dict], mice: int) -> dict:
    out = {"ratio": {}, "ratio_with_files": {}, "core_ms_per_mouse_trial": {}, "later_over_earlier": {}}
    for clock in CLOCKS:
        whole, raw = (np.array([[t[side][clock] for t in w["trials"]] for w in told]) for side in ("whole", "raw"))
        aside = np.array([[sum(w["aside"][name][clock] for name in (ENDS, RECORDING))] for w in told])
        with_files = whole + aside / many.SESSION_TRIALS
        # Workers end a trial when the slowest does; of CPU time they share the sum.
        together, cores = (np.max, len(told)) if clock == "wall" else (np.sum, 1)
        out["ratio"][clock] = spread(together(whole, 0) / together(raw, 0))
        out["ratio_with_files"][clock] = spread(together(with_files, 0) / together(raw, 0))
        out["core_ms_per_mouse_trial"][clock] = spread(1e3 * cores * together(with_files, 0) / mice)
        # Over raw physics, because contacts cost, and mice that have learned touch more.
        out["later_over_earlier"][clock] = growth(together(whole, 0) / together(raw, 0))
    counted = [t for w in told for t in w["trials"]]
    out["memory"] = flatness([w["memory"] for w in told])
    names = counted[0]["parts"]
    cost = {name: float(np.median([1e6 * t["parts"][name] / t["steps"] for t in counted])) for name in names}
    mouse_steps = many.SESSION_TRIALS * sum(w["trials"][0]["steps"] for w in told)
    once = {name: 1e6 * sum(w["aside"][name]["cpu"] for w in told) / mouse_steps for name in (ENDS, RECORDING)}
    out["cpu_us_per_mouse_step"] = cost | once
    return out


def growth(costs: np.ndarray) -> float | None:
    """The mean of the later half of trials over that of the earlier half; None of a single trial."""
    half = len(costs) // 2
    return float(np.mean(costs[half:]) / np.mean(costs[:half])) if half else None


def flatness(workers: list[list[dict[str, float]]]) -> dict:
    """Memory of the largest process after each session [MB], and how much any process grew from the second to the last.

    The first session is not counted: in it libraries load. growth_mb is None where there is nothing to compare.
    """
    out = {}
    for what in ("rss", "peak"):
        each = np.array([[session[what] for session in sessions] for sessions in workers], float)
        out[f"{what}_mb"] = each.max(0).tolist()
        grown = float((each[:, -1] - each[:, 1]).max()) if each.shape[1] > 2 else None
        out[f"{what}_growth_mb"] = grown
    return out


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
    from reachenv.lab.runner.brains import make_world

    world = make_world(design, subjects)
    sim = world.unwrapped.sim
    kept["recorder"] = sim.batch = Recorder(sim.batch)
    for method in ("step", "reset"):
        meter.on(world, method, "world")
    return world


def _make_brain(meter: Meter, kept: dict, ready, design, subjects, senses, actions):
    from reachenv.lab.runner.brains import grow

    brain = grow("bg_loop", design, subjects, senses, actions)
    meter.on(brain, "step", "brain: a step")
    meter.on(brain, "tap", "brain: taps")
    for method in ("begin_trial", "end_trial"):
        meter.on(brain, method, "brain: start and end of a trial")
    plain = brain.begin_session

    def begin_session(*args, **kwargs):
        plain(*args, **kwargs)
        ready()

    brain.begin_session = begin_session
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


def _work(worker: int, mice: int, workers: int, sessions: int, trials: int, warmup: int, seed: int, together, results):
    try:
        from reachenv.lab.design.design import Design
        from reachenv.lab.design.protocols import CONTROL

        design = Design("single", (CONTROL,), mice, sessions, trials + warmup, seed=seed)
        subjects = design.subjects()[worker * mice // workers : (worker + 1) * mice // workers]
        results.put(_run(design, subjects, warmup, together))
    except Exception as error:
        together.abort()
        results.put({"error": f"worker {worker}: {type(error).__name__}: {error}"})


def _run(design, subjects, warmup: int, together) -> dict:
    import torch

    from reachenv.lab.records.folder import create_run
    from reachenv.lab.runner import local
    from reachenv.lab.runner.brains import Parts

    torch.set_num_threads(1)
    meter, kept, clocks, told, memory = Meter(), {}, Clocks(), [], []
    aside = {name: dict.fromkeys(CLOCKS, 0.0) for name in (ENDS, RECORDING)}

    def put_aside(recorder: Recorder | None, name: str = ENDS) -> None:
        for clock, spent in clocks.read(recorder).items():
            aside[name][clock] += spent / design.sessions
        clocks.start(recorder)

    def ready() -> None:
        put_aside(None)
        meter.spent = {}
        clocks.start(kept["recorder"])

    plain = local.write_recording

    def write_recording(path: Path, arrays: dict[str, np.ndarray]) -> None:
        put_aside(kept["recorder"])
        plain(path, arrays)
        put_aside(kept["recorder"], RECORDING)

    local.write_recording = write_recording

    def say(event: object) -> None:
        recorder = kept["recorder"]
        if isinstance(event, local.SessionDone):
            put_aside(recorder)
            del recorder
            kept.clear()
            gc.collect()  # our meters tie worlds and brains into cycles, which would lie about for a while
            memory.append(memory_mb())
            clocks.start(None)
            return
        whole = clocks.read(recorder)
        parts = _parts(meter, recorder, whole["cpu"])
        if "raw" not in kept:
            kept["raw"] = Raw(recorder, 1)
        together.wait()
        clocks.start(None)
        calls = kept["raw"].replay(recorder)
        raw = clocks.read(None)
        if not kept["raw"].ends_like(recorder):
            raise RuntimeError("the replay of raw physics does not end where the mice did")
        steps = len(subjects) * calls // calls_per_step(recorder.model)
        if event.trial > warmup:
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
        local.run_shard(local.Shard(run, design, parts, True, subjects), say)
        files = many.session_files(run, subjects, design)
    aside[RECORDING] = {clock: files["recording_takes"] * spent for clock, spent in aside[RECORDING].items()}
    return {"trials": told, "aside": aside, "memory": memory, "files": files}


def _parts(meter: Meter, recorder: Recorder, whole: float) -> dict[str, float]:
    """Where the CPU time of a trial [s] went."""
    spent = dict(meter.spent)
    world = spent.pop("world") - recorder.physics_cpu - recorder.spent_cpu
    rest = whole - world - recorder.physics_cpu - sum(spent.values())
    return {"physics": recorder.physics_cpu, "world: all but physics": world, **spent, "recording and the loop": rest}
