"""The rows of the comparison with the old revision: what was measured, what it should be, and whether it is."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from benchmarks.timing import Lap, spread

CLOCKS = ("cpu", "wall")
SIDES = ("old", "new")
WORLDS = 64  # of the batch that is compared with peers and on several threads
STEPS = 400  # control steps of a trial in the compact timing
_ROUNDING = 1e-9


@dataclass(frozen=True)
class Target:
    """What a row should reach; met: of the old value, the new value, and new/old or new - old."""

    words: str
    met: Callable[[float, float, float], bool]


HALF = Target("new/old at most 0.5", lambda old, new, ratio: ratio <= 0.5)
BRAIN = Target("at most 45 or new/old at most 0.5", lambda old, new, ratio: new <= 45 or ratio <= 0.5)
SINGLE = Target("at least 0.75", lambda old, new, ratio: new >= 0.75)
PPO = Target("at least 7,000 or new/old at least 1.77", lambda old, new, ratio: new >= 7000 or ratio >= 1.77)
PEAK = Target("at least 30", lambda old, new, ratio: new >= 30)
WORST = Target("no cell lower by more than 0.08", lambda old, new, change: change >= -0.08 - _ROUNDING)
EXPERT = Target("new/old at least 0.95 in every cell", lambda old, new, ratio: ratio >= 0.95 - _ROUNDING)
PEERS = {
    "envpool ManipulatorBringBall-v1": Target("at least 1", lambda old, new, ratio: new >= 1),
    "envpool myoHandObjHoldRandom-v0": Target("at least 7", lambda old, new, ratio: new >= 7),
}
MEAN = "interval within ±0.02"


def row(
    quantity: str,
    clock: str,
    old: Sequence[float] | None,
    new: Sequence[float] | None,
    target: Target | None = None,
) -> dict:
    """One row of values of each turn; new/old is taken turn by turn, and medians are held against the target."""
    out: dict = {"quantity": quantity, "by": clock, "old": None, "new": None, "ratio": None}
    if old is not None and new is not None:
        first, second = np.asarray(old, float), np.asarray(new, float)
        out |= {"old": spread(first), "new": spread(second), "ratio": spread(second / first)}
    if target is not None:
        out |= {"target": target.words, "met": _met(target, out)}
    return out


def _met(target: Target, values: Mapping) -> bool | None:
    if values["ratio"] is None:
        return None
    return bool(target.met(*(values[name]["median"] for name in ("old", "new", "ratio"))))


def of_physics(laps: Mapping[tuple, Sequence[Lap]]) -> list[dict]:
    """Milliseconds of physics a mouse and trial."""
    return [
        row(
            "physics of a trained mouse's trial, ms",
            clock,
            *([1e3 * STEPS * getattr(lap, clock) / lap.steps for lap in laps[("physics", side)]] for side in SIDES),
            target=HALF if clock == "cpu" else None,
        )
        for clock in CLOCKS
    ]


def of_cohort(told: Mapping[tuple, Sequence[dict]], mice: int, workers: int) -> list[dict]:
    """A mouse's trial with everything included, and what is not physics in it."""
    usual = (mice, workers) == (24, 2)
    rows = [
        row(
            f"a mouse and trial among {mice} in {workers} processes, core ms",
            clock,
            *([one["core_ms"][clock] for one in told[("cohort", side)]] for side in SIDES),
            target=HALF if usual and clock == "cpu" else None,
        )
        for clock in CLOCKS
    ]
    rest = ([one["all_but_physics_us"] for one in told[("cohort", side)]] for side in SIDES)
    rows.append(
        row("brain, world logic, recording: a mouse and step, µs", "cpu", *rest, target=BRAIN if usual else None)
    )
    return rows


def of_peers(laps: Mapping[tuple, Sequence[Lap]], threads: int) -> list[dict]:
    """Our speed with 64 worlds over that of each peer that has a target; without values where it was not timed."""
    rows = []
    for peer, target in PEERS.items():
        others = laps.get(("peer", peer))
        for clock in CLOCKS:
            held = target if clock == "wall" and threads == 2 else None
            ours = (speeds(laps[("vector", side, threads)], others, clock) if others else None for side in SIDES)
            if others or held:
                rows.append(row(f"{WORLDS} worlds over {peer}", clock, *ours, target=held))
    return rows


def of_single(laps: Mapping[tuple, Sequence[Lap]]) -> list[dict]:
    """The speed of one world over that of raw physics of the same tree."""
    return [
        row(
            "one world over raw physics of its model",
            clock,
            *(speeds(laps[("single", side)], laps[("raw", side)], clock) for side in SIDES),
            target=SINGLE if clock == "cpu" else None,  # on one thread the two differ only by what else runs
        )
        for clock in CLOCKS
    ]


def of_learning(told: Mapping[tuple, Sequence[dict]], threads: int) -> list[dict]:
    """Steps a second that PPO learns, and the CPU time of one."""
    cpu = ([one["cpu_us_per_step"] for one in told[("learning_cpu", side)]] for side in SIDES)
    values = ([one["steps_per_s"] for one in told[("learning", side)]] for side in SIDES)
    name = f"PPO, steps learned a second, {threads} runs at once"
    return [
        row(name, "wall", *values, target=PPO if threads == 2 else None),
        row("PPO, a step learned by one run on one thread, µs", "cpu", *cpu),
    ]


def of_threads(laps: Mapping[tuple, Sequence[Lap]], counts: Sequence[int]) -> list[dict]:
    """Steps a second of 64 worlds on several threads, and how many times that of one thread the new tree reaches."""
    rows = []
    for count in counts:
        one, many = laps[("vector", "new", 1)], laps[("vector", "new", count)]
        values = ([lap.steps / lap.wall for lap in laps[("vector", side, count)]] for side in SIDES)
        more = row(f"{WORLDS} worlds, {count} thread{'s' if count > 1 else ''}, steps a second", "wall", *values)
        rows.append(more | {"threads": count, "over_one_thread": spread(np.array(speeds(many, one, "wall")))})
    return rows


def of_success(told: Mapping) -> list[dict]:
    """Whether the task stayed as hard; `told` is from benchmarks.success.compared."""
    change, (old, new) = told["difference"], told["mean"]
    worst, expert = told["worst"], told["expert"]
    inside = change["low"] >= -0.02 - _ROUNDING and change["high"] <= 0.02 + _ROUNDING
    cells = {(cell["aim_mm"], cell["reach_ms"]): (cell["old"], cell["new"]) for cell in told["cells"]}
    return [
        {
            "quantity": f"success of the scripted reach, {told['seeds']} seeds: mean difference",
            **{"by": "", "old": _one(old), "new": _one(new), "difference": change},
            **{"target": MEAN, "met": inside},
        },
        _cell_row("success: cell that fell most", worst["cell"], cells, {"difference": worst["difference"]}, WORST),
        _cell_row("success: lowest new/old", expert["cell"], cells, {"ratio": expert["ratio"]}, EXPERT),
        row("peak speed of the 100 ms reach, cm/s", "", *([peak] for peak in told["peak_cm_s"]), target=PEAK),
    ]


def _cell_row(name: str, cell: Sequence, cells: Mapping, change: dict[str, float], target: Target) -> dict:
    aim, ms = cell
    old, new = cells[(aim, ms)]
    ((kind, value),) = change.items()
    shown = _one(value) if kind == "ratio" else {"mean": value}
    out = {"quantity": f"{name}, {aim:g} mm, {ms} ms", "by": "", "old": _one(old), "new": _one(new), kind: shown}
    return out | {"target": target.words, "met": bool(target.met(old, new, value))}


def _one(value: float) -> dict[str, float]:
    return spread(np.array([value]))


def speeds(ours: Sequence[Lap], others: Sequence[Lap], clock: str) -> list[float]:
    """How many times as many steps a second as the others, turn by turn."""
    pairs = zip(ours, others, strict=True)
    return [(one.steps / getattr(one, clock)) / (other.steps / getattr(other, clock)) for one, other in pairs]
