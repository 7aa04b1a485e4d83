"""Raw physics: the very substeps that an environment took, recorded, and stepped again by MuJoCo's batch with nothing around."""

from __future__ import annotations

import time

import numpy as np
from mujoco.batch import Batch

_STATE = ("time", "qpos", "qvel", "act", "qacc_warmstart")  # what only physics changes while a trial runs


class Recorder:
    """Stands in for a Batch and notes every call of `step`; everything else goes to the batch itself.

    Attributes:
        controls: one (N, nu) array a call.
        entered: {call: state (N, nstate)} where somebody wrote to the state since the call before: a reset, a pellet eaten.
        spent_wall, spent_cpu: time that noting took [s]. physics_wall, physics_cpu: time inside the batch's own step [s].
    """

    def __init__(self, batch: Batch):
        self.batch = batch
        self._views = [batch.bind(name) for name in _STATE]
        self._ctrl = batch.bind("ctrl")
        self.physics_wall = self.physics_cpu = self.spent_wall = self.spent_cpu = 0.0
        self.nstep = 1
        self.clear()

    def __getattr__(self, name: str):
        return getattr(self.batch, name)

    def clear(self) -> None:
        """Forget all steps; the next begins a new recording."""
        self.controls: list[np.ndarray] = []
        self.entered: dict[int, np.ndarray] = {}
        self._after: list[np.ndarray] = []

    def step(self, nstep: int = 1) -> None:
        """Note, step the batch, note."""
        wall, cpu = time.perf_counter(), time.process_time()
        same = self._after and all(np.array_equal(a, b) for a, b in zip(self._after, self._views, strict=True))
        if not same:
            self.entered[len(self.controls)] = self.batch.state.copy()
        self.controls.append(self._ctrl.copy())
        self.nstep = nstep
        began, began_cpu = time.perf_counter(), time.process_time()
        self.batch.step(nstep=nstep)
        ended, ended_cpu = time.perf_counter(), time.process_time()
        self._after = [view.copy() for view in self._views]
        self.physics_wall += ended - began
        self.physics_cpu += ended_cpu - began_cpu
        self.spent_wall += began - wall + time.perf_counter() - ended
        self.spent_cpu += began_cpu - cpu + time.process_time() - ended_cpu


class Raw:
    """A batch of the same worlds, body by body, that replays a recording; nothing but the state is read or copied out."""

    def __init__(self, recorder: Recorder, nthread: int):
        source = recorder.batch
        self.batch = Batch(source.model, source.nsim, nthread)
        models = [source.get_model(i) for i in range(source.nsim)]
        self.batch.set_models(models)
        self._ctrl, self._qpos = self.batch.bind("ctrl"), self.batch.bind("qpos")

    def replay(self, recorder: Recorder) -> int:
        """Step the whole recording once; returns the number of calls."""
        batch, ctrl, entered, nstep = self.batch, self._ctrl, recorder.entered, recorder.nstep
        for k, control in enumerate(recorder.controls):
            if k in entered:
                batch.state[:] = entered[k]
            ctrl[:] = control
            batch.step(nstep=nstep)
        return len(recorder.controls)

    def ends_like(self, recorder: Recorder) -> bool:
        """Did the replay end at the recorded positions, to the bit?"""
        return np.array_equal(self._qpos, recorder._after[_STATE.index("qpos")])
