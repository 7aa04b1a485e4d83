"""Raw physics: the very steps that an environment took, recorded, and stepped again by MuJoCo's batch with nothing around."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
from mujoco.batch import MODEL_FIELDS, Batch

_STATE = (
    "time",
    "qpos",
    "qvel",
    "act",
    "qacc_warmstart",
    "qfrc_applied",
)  # only physics changes these, but for pellets held or eaten


class Recorder:
    """Stands in for a Batch and notes every call of `step`; everything else goes to the batch itself.

    Attributes:
        controls: one (N, nu) array a call.
        asked: the arguments of each call.
        entered: {call: state (N, nstate)} where somebody wrote to the state since the call before: a reset, a pellet eaten.
        fields: {call: {name: (N, ...)}} per-world model fields: all at the first call, later those that changed since the
            call before.
        spent_wall, spent_cpu: time that noting took [s]. physics_wall, physics_cpu: time inside the batch's own step [s].
    """

    def __init__(self, batch: Batch):
        self.batch = batch
        self._views = [batch.bind(name) for name in _STATE]
        self._ctrl = batch.bind("ctrl")
        self.physics_wall = self.physics_cpu = self.spent_wall = self.spent_cpu = 0.0
        self.clear()

    def __getattr__(self, name: str):
        return getattr(self.batch, name)

    def clear(self) -> None:
        """Forget all steps; the next begins a new recording."""
        self.controls: list[np.ndarray] = []
        self.asked: list[dict[str, Any]] = []
        self.entered: dict[int, np.ndarray] = {}
        self.fields: dict[int, dict[str, np.ndarray]] = {}
        self._after: list[np.ndarray] = []
        self._expanded: dict[str, np.ndarray] = {}
        self._kept: dict[str, np.ndarray] = {}

    @property
    def changed_fields(self) -> set[str]:
        """Per-world model fields that changed after the first call."""
        return {name for call, values in self.fields.items() if call for name in values}

    def step(self, ids: np.ndarray | None = None, nstep: int = 1, **asked) -> None:
        """Note, step the batch, note."""
        wall, cpu = time.perf_counter(), time.process_time()
        call = len(self.controls)
        same = self._after and all(np.array_equal(a, b) for a, b in zip(self._after, self._views, strict=True))
        if not same:
            self.entered[call] = self.batch.state.copy()
            self._expanded = expanded_fields(self.batch)
        self._note_fields(call)
        self.controls.append(self._ctrl.copy())
        asked |= {"ids": None if ids is None else np.array(ids), "nstep": nstep}
        self.asked.append(asked)
        began, began_cpu = time.perf_counter(), time.process_time()
        self.batch.step(**asked)
        ended, ended_cpu = time.perf_counter(), time.process_time()
        self._after = [view.copy() for view in self._views]
        self.physics_wall += ended - began
        self.physics_cpu += ended_cpu - began_cpu
        self.spent_wall += began - wall + time.perf_counter() - ended
        self.spent_cpu += began_cpu - cpu + time.process_time() - ended_cpu

    def _note_fields(self, call: int) -> None:
        kept = self._kept
        changed = {
            name: values.copy()
            for name, values in self._expanded.items()
            if name not in kept or not np.array_equal(values, kept[name])
        }
        if changed:
            kept |= changed
            self.fields[call] = changed


class Raw:
    """A batch of as many worlds that replays a recording; nothing but the state is read or copied out."""

    def __init__(self, recorder: Recorder, nthread: int):
        source = recorder.batch
        self.batch = Batch(source.model, source.nsim, nthread, source.persistent)
        self._ctrl, self._qpos = self.batch.bind("ctrl"), self.batch.bind("qpos")

    def replay(self, recorder: Recorder) -> int:
        """Step the whole recording once; returns the number of calls."""
        batch, ctrl, entered, fields = self.batch, self._ctrl, recorder.entered, recorder.fields
        for k, (control, asked) in enumerate(zip(recorder.controls, recorder.asked, strict=True)):
            if k in entered:
                batch.state[:] = entered[k]
            if k in fields:
                for name, values in fields[k].items():
                    batch.expand(name)[:] = values
            ctrl[:] = control
            batch.step(**asked)
        return len(recorder.controls)

    def ends_like(self, recorder: Recorder) -> bool:
        """Did the replay end at the recorded positions, to the bit?"""
        return np.array_equal(self._qpos, recorder._after[_STATE.index("qpos")])


def expanded_fields(batch: Batch) -> dict[str, np.ndarray]:
    """The model fields of which every world has its own values: live, read-only arrays (N, ...)."""
    found = {name: batch.expanded(name) for name in MODEL_FIELDS}
    return {name: values for name, values in found.items() if values is not None}
