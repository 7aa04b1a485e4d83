"""Collects the recording of one session, step by step; what is in it: `lab.records.recording`."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from reachenv.lab.records.recording import FRAME_RATE, TRACES, film_trials
from reachenv.schema import CONTROL_DT

FIRST_ROOM = 64  # steps that there is room for at first; it doubles when it is full


class Strip:
    """One array of a recording for every mouse, (B, trials, steps, ...): written step by step, and put in place when a trial ends.

    Its size is known after the first step, and how long a trial is after the first trial.
    """

    def __init__(self, mice: int, trials: int):
        self._size = mice, trials
        self._room: np.ndarray = np.empty((0,), np.float32)  # of a trial (steps, B, ...)
        self._array: np.ndarray | None = None

    def write(self, step: int, values: np.ndarray) -> None:
        """Values (B, ...) of a step of the present trial, from 0, as float32."""
        if step == len(self._room):
            self._grow(step, values.shape)
        self._room[step] = values

    def end_trial(self, trial: int, steps: int) -> None:
        """Keep what was written in `steps` steps as a trial, from 0."""
        self.put(trial, self._room[:steps].swapaxes(0, 1))

    def put(self, trial: int, values: np.ndarray) -> None:
        """All of a trial (B, steps, ...), in its own type."""
        if self._array is None:
            self._array = np.empty((*self._size, *values.shape[1:]), values.dtype)
        self._array[:, trial] = values

    def of(self, mouse: int, trials: int) -> np.ndarray:
        """Of one mouse, (trials, steps, ...)."""
        assert self._array is not None
        return self._array[mouse, :trials]

    def _grow(self, steps: int, shape: tuple[int, ...]) -> None:
        more = np.empty((2 * steps or FIRST_ROOM, *shape), np.float32)
        if steps:
            more[:steps] = self._room
        self._room = more


class Tape:
    """Collects one session of a batch of B mice."""

    def __init__(self, mice: int, trials: int, dt: float = CONTROL_DT):
        self._mice, self._trials, self._dt = mice, trials, dt
        self._filmed = film_trials(trials)
        self._strips: dict[str, Strip] = {}
        self._films: dict[str, Strip] = {}
        self._done = self._step = 0
        self._next_frame = 0  # step of the next imaging frame in this trial
        self._seen: list[np.ndarray] = []  # layer 2-3 in this trial: in imaging frames,
        self._film: list[np.ndarray] = []  # and in every step

    def sees(self, trial: int) -> bool:
        """Whether layer 2-3 is kept in the coming step, as all else is in every step; trials count from 1."""
        return self._step == self._next_frame or trial in self._filmed

    def step(
        self,
        trial: int,
        paw_mm: np.ndarray,
        command: np.ndarray,
        taps: Mapping[str, np.ndarray],
        qpos: Callable[[], np.ndarray],
    ) -> None:
        """Take one control step; trials count from 1.

        taps: activity (B, cells) by area, of every area that is recorded, layer 2-3 where `sees` says so and as a copy, which is kept.
        qpos: called in filmed trials alone.
        """
        step, strips = self._step, self._strips
        for name, values in (("paw_mm", paw_mm), ("command", command), *taps.items()):
            if name == "m1_l23":
                self._see(trial, values)
                continue
            if name not in strips:
                strips[name] = Strip(self._mice, self._trials)
            strips[name].write(step, values)
        if trial in self._filmed:
            self._film_of("qpos").write(step, qpos())
        self._step = step + 1

    def end_trial(self) -> None:
        for name, strip in self._strips.items():
            if name != "m1_l23":
                strip.end_trial(self._done, self._step)
        if self._seen:
            frames = len(frame_steps(self._step, self._dt))
            strip = self._strips.setdefault("m1_l23", Strip(self._mice, self._trials))
            strip.put(self._done, _halves(self._seen)[:, :frames])
        if self._done + 1 in self._filmed:
            filmed = self._filmed.index(self._done + 1)
            self._film_of("qpos").end_trial(filmed, self._step)
            if self._film:
                self._film_of("film_m1").put(filmed, _halves(self._film))
        self._seen, self._film = [], []
        self._step = self._next_frame = 0
        self._done += 1

    def arrays(self, i: int) -> dict[str, np.ndarray]:
        """The recording of mouse i of the batch, as it is written."""
        arrays = {name: strip.of(i, self._done) for name, strip in self._strips.items()}
        arrays |= {name: arrays[name][..., 0] for name in TRACES if name in arrays}
        filmed = sum(trial <= self._done for trial in self._filmed)
        films = {name: strip.of(i, filmed) for name, strip in self._films.items()}
        scalars = {"dt": np.array(self._dt), "frame_rate": np.array(FRAME_RATE)}
        return {**arrays, **films, "film_trial": np.array(self._filmed, np.int32), **scalars}

    def _see(self, trial: int, rates: np.ndarray) -> None:
        """Layer 2-3, in frames and films."""
        if self._step == self._next_frame:
            self._seen.append(rates)
            self._next_frame = _step_of(len(self._seen), self._dt)
        if trial in self._filmed:
            self._film.append(rates)

    def _film_of(self, name: str) -> Strip:
        return self._films.setdefault(name, Strip(self._mice, len(self._filmed)))


def frame_steps(steps: int, dt: float) -> list[int]:
    """The control step at or before each imaging frame: 120 frames in 4 s at 30 Hz, 360 in 12 s."""
    return [_step_of(frame, dt) for frame in range(int(steps * dt * FRAME_RATE + 1e-9))]


def _step_of(frame: int, dt: float) -> int:
    return int(frame / (FRAME_RATE * dt) + 1e-9)


def _halves(rates: list[np.ndarray]) -> np.ndarray:
    """Rates (B, units) of some steps as float16 (B, steps, units). numpy makes the same of them in ten times the time, most of it over
    tiny rates.
    """
    import torch

    return torch.from_numpy(np.stack(rates)).half().numpy().swapaxes(0, 1)
