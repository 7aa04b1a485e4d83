"""Would the physics run on a GPU? A probe of MuJoCo Warp, no part of the product.

    python -m benchmarks.gpu_probe                        1, 1,024 and 8,192 worlds on the device that Warp prefers
    python -m benchmarks.gpu_probe --device cpu --worlds 1    does it compute the same? slow

Steps the compiled model through a scripted reach, from shortly before the digits close, under muscle excitations that were
recorded on the CPU: the reflex is not in the loop. Prints steps a second, and how far states are from the CPU's after 10 and
100 ms. Warp computes in 32 bits and MuJoCo in 64, and contacts amplify differences.
"""

from __future__ import annotations

import argparse
import copy
import importlib.util
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass

import mujoco
import numpy as np
from mujoco.batch import Batch

from benchmarks.raw import Recorder
from benchmarks.worlds import TIMING, reaches
from reachenv.demonstrator import Script
from reachenv.schema import CONTROL_DT
from reachenv.vector_env import PelletReachVectorEnv

INSTALL = "MuJoCo Warp is not installed: `pip install mujoco-warp` (for a GPU also NVIDIA's driver) installs it."
REFUSED = (mujoco.mjtDisableBit.mjDSBL_MIDPHASE, mujoco.mjtEnableBit.mjENBL_SPECULATIVE)
"""Flags of our model that MuJoCo Warp does not know; both sides step without. The first only saves time. Without the second a hand
that moves by more than its thickness in a step passes into the plate: a GPU version would need another guard."""
DISTINCT = 16  # reaches, each with its own error of aim; more worlds repeat them
BEFORE_CLOSING_S = 0.03  # how long before the digits close the comparison begins
CHECKPOINTS_S = (0.01, 0.1)
TIMED_S = 1.0
CONTACTS, CONSTRAINTS = 64, 320  # a world may have at most, on the device
_STATE = ("qpos", "qvel", "act", "qacc_warmstart")


@dataclass(frozen=True)
class Course:
    """What both sides step: the state at the start (DISTINCT, ...), the controls of each call, and the steps of a call."""

    start: dict[str, np.ndarray]
    controls: list[np.ndarray]
    nstep: int


def main(words: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.gpu_probe", description=__doc__.splitlines()[0])
    parser.add_argument("--worlds", nargs="+", type=int, default=(1, 1024, 8192), metavar="N")
    parser.add_argument("--device", default=None, help="cuda, cuda:1, cpu (default: the one that Warp prefers)")
    args = parser.parse_args(words)
    if importlib.util.find_spec("mujoco_warp") is None:
        print(INSTALL)
        return 2
    import warp

    warp.config.log_level = warp.LOG_ERROR  # not every kernel that it compiles
    with warp.ScopedDevice(args.device):
        return _probe(args.worlds)


def course() -> tuple[mujoco.MjModel, Course]:
    """The model, and a scripted reach from shortly before the digits close, as physics was told it."""
    env, actions = PelletReachVectorEnv(DISTINCT, timing=TIMING), reaches(DISTINCT)
    script = Script()
    first = round((TIMING.tone + script.reaction_s + script.reach_s - BEFORE_CLOSING_S) / CONTROL_DT)
    last = first + round(max(CHECKPOINTS_S) / CONTROL_DT)
    env.reset(seed=0)
    for action in actions[:first]:
        env.step(action)
    start = {name: env.sim.batch.bind(name).copy() for name in _STATE}
    env.sim.batch = recorder = Recorder(env.sim.batch)
    for action in actions[first:last]:
        env.step(action)
    return env.model, Course(start, recorder.controls, recorder.asked[0]["nstep"])


def accepted(model: mujoco.MjModel) -> mujoco.MjModel:
    """A copy of the model without the flags that MuJoCo Warp refuses."""
    out = copy.copy(model)
    disable, enable = REFUSED
    out.opt.disableflags &= ~int(disable)
    out.opt.enableflags &= ~int(enable)
    return out


def on_cpu(model: mujoco.MjModel, path: Course) -> list[np.ndarray]:
    """Positions (DISTINCT, nq) at each checkpoint, by MuJoCo."""
    batch = Batch(model, DISTINCT, 1)
    for name, values in path.start.items():
        batch.bind(name)[:] = values
    control, positions, out = batch.bind("ctrl"), batch.bind("qpos"), []
    for k, values in enumerate(path.controls):
        control[:] = values
        batch.step(nstep=path.nstep)
        if k + 1 in checkpoints(model, path):
            out.append(positions.copy())
    return out


def checkpoints(model: mujoco.MjModel, path: Course) -> list[int]:
    """Calls after which states are compared."""
    return [round(after / (path.nstep * model.opt.timestep)) for after in CHECKPOINTS_S]


class OnDevice:
    """Worlds on Warp's device, which repeat the DISTINCT reaches.

    Raises:
        NotImplementedError: MuJoCo Warp refuses the model.
    """

    def __init__(self, model: mujoco.MjModel, path: Course, worlds: int):
        import mujoco_warp
        import warp

        self._warp, self.worlds, self._path = mujoco_warp, worlds, path
        self._model = mujoco_warp.put_model(model)
        self.data = mujoco_warp.make_data(model, nworld=worlds, nconmax=CONTACTS, njmax=CONSTRAINTS)
        self._controls = [warp.array(self._repeated(values), dtype=float) for values in path.controls]
        self._start = {name: self._repeated(values) for name, values in path.start.items()}
        self.restart()
        self._graph = None
        if warp.get_device().is_cuda:
            self._call()  # compiles what the graph is made of
            with warp.ScopedCapture() as capture:
                self._call()
            self._graph = capture.graph

    def restart(self) -> None:
        """Put every world at the start of the course."""
        self._warp.reset_data(self._model, self.data)
        for name, values in self._start.items():
            getattr(self.data, name).assign(values)

    def run(self, calls: int, begin: int = 0) -> None:
        """Take some calls of the course, and wait for the device."""
        import warp

        for values in self._controls[begin : begin + calls]:
            warp.copy(self.data.ctrl, values)
            if self._graph is None:
                self._call()
            else:
                warp.capture_launch(self._graph)
        warp.synchronize()

    def positions(self) -> np.ndarray:
        """(worlds, nq)."""
        return self.data.qpos.numpy().astype(float)

    def overflowed(self) -> bool:
        """Whether any world had more contacts or constraints than there was room for, which would make it faster and wrong."""
        constraints, contacts = self.data.nefc.numpy(), self.data.nacon.numpy()
        return bool(constraints.max() > CONSTRAINTS or contacts.max() > CONTACTS * self.worlds)

    def _call(self) -> None:
        for _ in range(self._path.nstep):
            self._warp.step(self._model, self.data)

    def _repeated(self, values: np.ndarray) -> np.ndarray:
        return np.resize(values, (self.worlds, *values.shape[1:])).astype(np.float32)


def departures(model: mujoco.MjModel, ours: np.ndarray, theirs: np.ndarray) -> dict[str, np.ndarray]:
    """How far positions (N, nq) are apart: the hinge that differs most [degrees], and the pellet [mm], (N,) each."""
    hinges = model.jnt_qposadr[model.jnt_type == mujoco.mjtJoint.mjJNT_HINGE]
    pellet = model.joint("pellet").qposadr[0]
    off = ours - theirs
    return {
        "hinge_deg": np.degrees(np.abs(off[:, hinges]).max(axis=1)),
        "pellet_mm": np.linalg.norm(off[:, pellet : pellet + 3], axis=1),
    }


def _probe(sizes: Sequence[int]) -> int:
    import mujoco_warp
    import warp

    model, path = course()
    model = accepted(model)
    cpu = on_cpu(model, path)
    print(
        f"MuJoCo {mujoco.__version__}, MuJoCo Warp {mujoco_warp.__version__} on {warp.get_device().name}; "
        f"steps of {1e3 * model.opt.timestep:g} ms, {' and '.join(flag.name for flag in REFUSED)} cleared.\n"
        f"{DISTINCT} reaches, repeated where there are more worlds. Departures from the CPU: median (most) over worlds."
    )
    heads = (f"{f'{what}, {1e3 * t:g} ms':>26}" for t in CHECKPOINTS_S for what in ("hinge", "pellet"))
    print(f"{'worlds':>8}{'physics steps/s':>17}{'of 10 ms/s':>13}{''.join(heads)}")
    for worlds in sizes:
        try:
            device = OnDevice(model, path, worlds)
        except NotImplementedError as error:
            print(f"MuJoCo Warp refuses the model: {error}")
            return 1
        apart, done = [], 0
        for calls, expected in zip(checkpoints(model, path), cpu, strict=True):
            device.run(calls - done, done)
            done = calls
            apart.append(departures(model, device.positions(), np.resize(expected, (worlds, model.nq))))
        speed = worlds * path.nstep * _calls_per_s(device, done)
        shown = (_spread(one[key], unit) for one in apart for key, unit in (("hinge_deg", "°"), ("pellet_mm", " mm")))
        row = f"{worlds:>8,}{speed:>17,.0f}{speed * model.opt.timestep / CONTROL_DT:>13,.0f}"
        more = "  (there was no room for all contacts or constraints)" if device.overflowed() else ""
        print(row + "".join(f"{words:>26}" for words in shown) + more, flush=True)
    return 0


def _calls_per_s(device: OnDevice, calls: int) -> float:
    """Calls a second, over whole courses of so many calls, of which as many are run as a second takes."""
    courses, spent = 0, 0.0
    while spent < TIMED_S:
        device.restart()
        began = time.perf_counter()
        device.run(calls)
        spent, courses = spent + time.perf_counter() - began, courses + 1
    return courses * calls / spent


def _spread(values: np.ndarray, unit: str) -> str:
    return f"{np.median(values):.1e} ({np.max(values):.1e}){unit}"


if __name__ == "__main__":
    sys.exit(main())
