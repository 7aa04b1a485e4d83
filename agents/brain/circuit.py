"""Threshold-linear rates with delays, stepped for many mice at once from a table of projections."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from reachenv.agents.brain.wiring import Population, Projection


@dataclass(frozen=True)
class Scales:
    """Factors on a circuit: populations (P, B, 1, 1) on what each fires, projections (K, B, 1, 1) on what each carries."""

    populations: np.ndarray
    projections: np.ndarray


class _Room:
    """What a circuit needs for one size of batch. Constants are repeated for every cell: numpy is quickest where shapes agree.

    arriving (K, B, C, 2): rates of the sources as they arrive, by projection; `flat` is the same, (K, B * C * 2). total (P, B, C, 2):
    input, then what it changes. sums: pairs of parts of total and of arriving, to be added to it. gains (K, B, C, 2), bias, alpha, keep,
    nothing (P, B, C, 2): constants of `Circuit`, and 0.
    """

    def __init__(
        self, size: tuple[int, int, int], gains: np.ndarray, runs: Sequence[_Run], constants: Sequence[np.ndarray]
    ):
        self.arriving, self.total = (
            np.empty((len(gains), *size), np.float32),
            np.empty((len(constants[0]), *size), np.float32),
        )
        self.flat, self.nothing = self.arriving.reshape(len(gains), -1), np.zeros_like(self.total)
        self.sums = [(self.total[to : to + n], self.arriving[first : first + n]) for to, first, n in runs]
        self.gains, self.bias, self.alpha, self.keep = (
            np.broadcast_to(c.reshape(-1, 1, 1, 1), (len(c), *size)).copy() for c in (gains, *constants)
        )


class Ring:
    """Rates of the last steps of a circuit: array (length, rows, B, C, 2), of which the first rows are the populations.

    `ring[mice]` is an independent copy of some mice.
    """

    def __init__(self, array: np.ndarray, mirrored: Sequence[int]):
        populations = array.shape[1] - len(mirrored)
        self.array, self._mirrored = array, mirrored
        self.flat = array.reshape(array.shape[0] * array.shape[1], -1)
        # Views, so that a step need not make them: rates of each step, and which rows are those of which, opponents in each other's place.
        self.rates = [step[:populations] for step in array]
        self.mirrors = [
            [(step[populations + k], step[row, ..., ::-1]) for k, row in enumerate(mirrored)] for step in array
        ]

    def __getitem__(self, mice: np.ndarray) -> Ring:
        return Ring(self.array.take(mice, axis=2), self._mirrored)

    def __reduce__(self) -> tuple[type[Ring], tuple[np.ndarray, Sequence[int]]]:
        return Ring, (self.array, self._mirrored)  # a copy of a view is none


_Run = tuple[int, int, int]
"""Projections that stand together onto populations that do: first population, first projection, how many."""


def _steps(delay_ms: float, dt_ms: float) -> int:
    return max(1, round(delay_ms / dt_ms))


def acting_delay_ms(delay_ms: float, dt_ms: float) -> float:
    """What a delay comes to in steps of `dt_ms`: whole steps, at least one, less half a step.

    A rate is read k steps back and held for a step, so that it is k - 1/2 steps old on average while it acts. A circuit in steps of
    5 ms so does what one in steps of 1 ms does whose delays are 2 ms shorter (a test).
    """
    return (_steps(delay_ms, dt_ms) - 0.5) * dt_ms


class Circuit:
    """A compiled wiring table: who reads whom, when. It holds no activity, only indices and gains.

    Rates obey tau dm/dt = -m + [I]+, I = bias + drive + sum over projections of gain * m_source(t - delay), integrated
    with the exact factor 1 - exp(-dt/tau) for a held input. Delays are rounded to steps, at least one step each, and act
    as half a step less (`acting_delay_ms`): the step is part of a circuit.
    """

    def __init__(self, populations: Sequence[Population], projections: Sequence[Projection], dt_ms: float):
        names = [p.name for p in populations]
        for p in projections:
            for end in (p.source, p.target):
                if end not in names:
                    raise ValueError(f"projection {p.source} → {p.target}: no population {end!r}; there are {names}")
        self.names = tuple(names)
        # A population's first projections stand before the second ones of all, and so on, so that few sums do.
        turn = [sum(q.target == p.target for q in projections[:i]) for i, p in enumerate(projections)]
        ordered = sorted(range(len(projections)), key=lambda i: (turn[i], names.index(projections[i].target)))
        projections = [projections[i] for i in ordered]
        self.projections = tuple(f"{p.source}>{p.target}" for p in projections)
        self._runs: list[_Run] = []
        for i, p in enumerate(projections):
            to = names.index(p.target)
            last, first, n = self._runs[-1] if self._runs else (0, 0, 0)
            if n and to == last + n:
                self._runs[-1] = last, first, n + 1
            else:
                self._runs.append((to, i, 1))
        steps = [_steps(p.delay_ms, dt_ms) for p in projections]
        self.length = max(steps)
        # Populations that reach their opponent have a second row in the ring, in which opponents have changed places.
        self._mirrored = sorted({names.index(p.source) for p in projections if p.scope == "opponent"})
        self._rows = len(names) + len(self._mirrored)
        sources = [names.index(p.source) for p in projections]
        rows = [
            len(names) + self._mirrored.index(source) if p.scope == "opponent" else source
            for p, source in zip(projections, sources, strict=True)
        ]
        # Where what arrives stands in the ring, for each position of it.
        self._sources = [
            np.array([((now - step) % self.length) * self._rows + row for row, step in zip(rows, steps, strict=True)])
            for now in range(self.length)
        ]
        alpha = np.array([1 - math.exp(-dt_ms / p.tau_ms) for p in populations])
        bias = np.array([p.bias for p in populations])
        self._constants = [c.astype(np.float32) for c in (bias, alpha, 1 - alpha)]
        gains = [p.gain * alpha[names.index(p.target)] for p in projections]
        self._gains = np.array(gains, np.float32)
        self._rooms: dict[tuple[int, int], _Room] = {}

    def rest(self, mice: int, channels: int) -> Ring:
        """History of a silent circuit."""
        return Ring(np.zeros((self.length, self._rows, mice, channels, 2), np.float32), self._mirrored)

    def hold(self, drive: np.ndarray) -> np.ndarray:
        """Input (populations, B, C, 2) that is held for some steps → what `advance` takes: alpha (drive + bias)."""
        room = self._room(*drive.shape[1:3])
        held = drive + room.bias
        held *= room.alpha
        return held

    def advance(self, history: Ring, now: int, held: np.ndarray, scales: Scales | None = None) -> np.ndarray:
        """Advance one step and write it into `history`; `now` counts steps.

        held: of `hold`. scales: factors, if any. With a = 1 - exp(-dt/tau), so that gains and input are multiplied by a once and for all:
        m' = (1 - a) m + [a I]+.
        Returns the new rates (populations, B, C, 2), a view into the ring.
        """
        mice, channels = held.shape[1:3]
        room, slot = self._room(mice, channels), now % self.length
        arriving, total = room.arriving, room.total
        history.flat.take(self._sources[slot], axis=0, out=room.flat, mode="clip")
        arriving *= room.gains
        if scales is not None:
            arriving *= scales.projections
        total[:] = held
        for part, comes in room.sums:
            part += comes
        np.maximum(total, room.nothing, out=total)
        if scales is not None:
            total *= scales.populations
        rates = history.rates[slot]
        np.multiply(history.rates[slot - 1], room.keep, out=rates)
        rates += total
        for mirror, opponents in history.mirrors[slot]:
            mirror[:] = opponents
        return rates

    def step(self, history: Ring, now: int, drive: np.ndarray, scales: Scales | None = None) -> np.ndarray:
        """`advance` by one step with an external input drive (populations, B, C, 2) of that step alone."""
        return self.advance(history, now, self.hold(drive), scales)

    def __getstate__(self) -> dict[str, Any]:
        return self.__dict__ | {"_rooms": {}}  # whose views would not be views of their copies

    def _room(self, mice: int, channels: int) -> _Room:
        size = mice, channels
        if size not in self._rooms:
            self._rooms[size] = _Room((mice, channels, 2), self._gains, self._runs, self._constants)
        return self._rooms[size]
