"""Our environments against raw physics: the scripted reach with exploratory noise, one whole short trial after another."""

from __future__ import annotations

from collections.abc import Callable

import gymnasium
import mujoco
import numpy as np

import reachenv
from benchmarks.raw import Raw, Recorder
from benchmarks.timing import Rival, timed
from reachenv.demonstrator import Script, commands
from reachenv.schema import CONTROL_DT
from reachenv.sim import REST_COMMAND
from reachenv.spinal import REFLEX_SUBSTEPS
from reachenv.vector_env import PelletReachVectorEnv

# A trial that is mostly reach, grasp and carry: contacts cost physics most. The plate turns, the tone sounds, as ever.
TIMING = reachenv.Timing(tone=0.2, turn_lead=0.2, turn_time=0.2, response_window=1.0, total=1.2)
AIM_ERROR_MM, NOISE = 1.0, 0.02  # s.d. of each world's aim, and of each number of the command


def calls_per_step(model: mujoco.MjModel) -> int:
    """Calls of Batch.step in a control step."""
    return round(CONTROL_DT / (REFLEX_SUBSTEPS * model.opt.timestep))


def reaches(n: int, seed: int = 0) -> np.ndarray:
    """Commands (T, N, 5) of one trial of N worlds."""
    rng = np.random.default_rng(seed)
    aim, rest = rng.normal(0.0, AIM_ERROR_MM, (n, 3)), np.tile(REST_COMMAND, (n, 1))
    steps = []
    for k in range(TIMING.steps):
        since = k * CONTROL_DT - TIMING.tone
        steps.append((commands(Script(), since, aim) if since >= 0 else rest) + NOISE * rng.standard_normal((n, 5)))
    return np.clip(steps, -1.0, 1.0).astype(np.float32)


def excitations(n: int) -> np.ndarray:
    """Actions (T, N, muscles) for control="muscle": what the reflexes sent in the trial of `reaches`, once a control step."""
    env = PelletReachVectorEnv(n, timing=TIMING)
    recorder = _recorded(env, reaches(n))
    muscles = env.model.nu - 1
    return np.float32(
        2.0 * np.clip(np.stack(recorder.controls[:: calls_per_step(env.model)])[:, :, :muscles], 0.0, 1.0) - 1.0
    )


def _recorded(env: PelletReachVectorEnv, actions: np.ndarray) -> Recorder:
    """One trial, noted; the environment is left as it was."""
    env.reset(seed=0)
    plain = env.sim.batch
    env.sim.batch = recorder = Recorder(plain)
    for action in actions:
        env.step(action)
    env.sim.batch = plain
    return recorder


def rivals(n: int, control: str, nthread: int, steps: int) -> dict[str, Rival]:
    """ "raw", "vector" and, for one world, "single": each does about `steps` environment steps (N a control step) a turn."""
    actions = reaches(n) if control == "spinal" else excitations(n)
    env = PelletReachVectorEnv(n, control=control, timing=TIMING, nthread=nthread)
    recorder = _recorded(env, actions)
    raw = Raw(recorder, nthread)
    raw.replay(recorder)
    if not raw.ends_like(recorder):
        raise RuntimeError("The replay of raw physics does not end where the environment did: they cannot be compared.")
    trials, calls = max(1, round(steps / (n * len(actions)))), calls_per_step(env.model)

    def replay() -> int:
        return sum(raw.replay(recorder) for _ in range(trials)) * n // calls

    def whole_trials(reset: Callable, step: Callable, each: np.ndarray) -> Callable[[], int]:
        def work() -> int:
            for _ in range(trials):
                reset(seed=0)
                for action in each:
                    step(action)
            return trials * len(each) * n

        return work

    out = {"raw": replay, "vector": whole_trials(env.reset, env.step, actions)}
    if n == 1:
        single = gymnasium.make(reachenv.ENV_ID, control=control, timing=TIMING)
        out["single"] = whole_trials(single.reset, single.step, actions[:, 0])
    return {name: (lambda work=work: timed(work)) for name, work in out.items()}
