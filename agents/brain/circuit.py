"""Threshold-linear rates with delays, stepped for many mice at once from a table of projections."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from reachenv.agents.brain.wiring import Population, Projection


@dataclass(frozen=True)
class Scales:
    """Factors on a circuit: populations (P, B, 1, 1) on what each fires, gains (P, S, B): see `Circuit.scales`."""

    populations: np.ndarray
    gains: np.ndarray


class _Room:
    """What a circuit needs for one size of batch. Constants are repeated for every cell: numpy is quickest where shapes agree.

    arriving (S, B * C * 2): rates of the sources as they arrive. total (P, B, C, 2): input, then what it changes; `flat` is the same,
    (P, B * C * 2). bias, alpha, keep, nothing (P, B, C, 2): constants of `Circuit`, and 0.
    """

    def __init__(self, sources: int, shape: tuple[int, int, int, int], constants: Sequence[np.ndarray]):
        self.arriving = np.empty((sources, math.prod(shape[1:])), np.float32)
        self.total, self.nothing = np.empty(shape, np.float32), np.zeros(shape, np.float32)
        self.flat = self.total.reshape(shape[0], -1)
        self.bias, self.alpha, self.keep = (np.broadcast_to(c.reshape(-1, 1, 1, 1), shape).copy() for c in constants)


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
        self.projections = tuple(f"{p.source}>{p.target}" for p in projections)
        steps = [_steps(p.delay_ms, dt_ms) for p in projections]
        self.length = max(steps)
        # Populations that reach their opponent have a second row in the ring, in which opponents have changed places.
        self._mirrored = sorted({names.index(p.source) for p in projections if p.scope == "opponent"})
        self._rows = len(names) + len(self._mirrored)
        rows = [
            len(names) + self._mirrored.index(row) if p.scope == "opponent" else row
            for p, row in ((p, names.index(p.source)) for p in projections)
        ]
        # What arrives: one row for each source and delay. For each position of the ring, where these rows stand in it.
        arrivals = sorted(set(zip(rows, steps, strict=True)))
        self._sources = [
            np.array([((now - step) % self.length) * self._rows + row for row, step in arrivals])
            for now in range(self.length)
        ]
        self._place = (
            np.array([names.index(p.target) for p in projections]),
            np.array([arrivals.index(pair) for pair in zip(rows, steps, strict=True)]),
        )
        alpha = np.array([1 - math.exp(-dt_ms / p.tau_ms) for p in populations])
        self._constants = (
            np.array([p.bias for p in populations], np.float32),
            alpha.astype(np.float32),
            (1 - alpha).astype(np.float32),
        )
        self._gain = np.array([p.gain for p in projections]) * alpha[self._place[0]]
        self._gains = np.zeros((len(names), len(arrivals)), np.float32)
        np.add.at(self._gains, self._place, self._gain.astype(np.float32))
        self._rooms: dict[tuple[int, int], _Room] = {}

    def rest(self, mice: int, channels: int) -> Ring:
        """History of a silent circuit."""
        return Ring(np.zeros((self.length, self._rows, mice, channels, 2), np.float32), self._mirrored)

    def scales(self, populations: np.ndarray, projections: np.ndarray) -> Scales:
        """Factors (P, B, 1, 1) on what each population fires and (K, B, 1, 1) on what each of `projections` carries, ready for `step`."""
        gains = np.zeros((*self._gains.shape, projections.shape[1]), np.float32)
        np.add.at(gains, self._place, self._gain.astype(np.float32)[:, None] * projections[:, :, 0, 0])
        return Scales(populations, gains)

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
        history.flat.take(self._sources[slot], axis=0, out=arriving, mode="clip")
        # Sums over so few sources need no library of linear algebra, whose order of summation may depend on the number of mice.
        if scales is None:
            np.einsum("ts,sx->tx", self._gains, arriving, out=room.flat)
        else:
            by_mouse = arriving.reshape(len(arriving), mice, -1)
            np.einsum("tsb,sbx->tbx", scales.gains, by_mouse, out=total.reshape(len(total), mice, -1))
        total += held
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

    def _room(self, mice: int, channels: int) -> _Room:
        size = mice, channels
        if size not in self._rooms:
            self._rooms[size] = _Room(self._gains.shape[1], (len(self.names), mice, channels, 2), self._constants)
        return self._rooms[size]
