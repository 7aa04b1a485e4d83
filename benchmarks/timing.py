"""Fair timing on a machine that others use: rivals take turns, and ratios are taken turn by turn."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Lap:
    """One turn of one rival: environment steps done, wall time and the process's CPU time they took [s]."""

    steps: int
    wall: float
    cpu: float


Rival = Callable[[], Lap]


def timed(work: Callable[[], int]) -> Lap:
    """Time `work`, which returns how many environment steps it did."""
    wall, cpu = time.perf_counter(), time.process_time()
    steps = work()
    return Lap(steps, time.perf_counter() - wall, time.process_time() - cpu)


def take_turns(
    rivals: dict[str, Rival], rounds: int, tell: Callable[[str], None] = lambda words: None, warm: bool = True
) -> dict[str, list[Lap]]:
    """Each rival `rounds` times, in turn, each round begun by another, after one turn each that does not count.

    tell: is told before each round how far it is, and how long it will take. warm: False leaves out the turn that does not
    count, of rivals that see to that themselves.
    """
    names, laps = list(rivals), {name: [] for name in rivals}
    began = time.perf_counter()
    first = ", the first turn of each does not count" if warm else ""
    tell(f"{len(names)} rivals take turns{first}.")
    for name in names if warm else ():
        rivals[name]()
    for k in range(rounds):
        done = k + warm
        left = f", {(time.perf_counter() - began) / done * (rounds - k) / 60:.0f} min left" if done else ""
        tell(f"Round {k + 1} of {rounds}{left}.")
        start = k % len(names)
        for name in names[start:] + names[:start]:
            laps[name].append(rivals[name]())
    return laps


def summary(laps: list[Lap], against: list[Lap] | None = None) -> dict:
    """Median, least and most of steps a second, CPU µs a step, and the share of the speed of `against`, round by round."""
    speed = np.array([lap.steps / lap.wall for lap in laps])
    cpu = np.array([1e6 * lap.cpu / lap.steps for lap in laps])
    out = {"steps_per_s": spread(speed), "cpu_us_per_step": spread(cpu)}
    if against is not None:
        out["of_raw_wall"] = speed_ratio(laps, against)
        out["of_raw_cpu"] = spread(np.array([1e6 * lap.cpu / lap.steps for lap in against]) / cpu)
    return out


def speed_ratio(laps: list[Lap], against: list[Lap]) -> dict[str, float]:
    """Steps a second over those of `against`, by wall time, round by round."""
    pairs = zip(laps, against, strict=True)
    return spread(np.array([one.steps / one.wall / (other.steps / other.wall) for one, other in pairs]))


def spread(values: np.ndarray) -> dict[str, float]:
    """Median, minimum and maximum."""
    return {"median": float(np.median(values)), "min": float(np.min(values)), "max": float(np.max(values))}
