"""How many times as fast as others, round by round, and whether that is what we set out for."""

from __future__ import annotations

import operator

from benchmarks.timing import Lap, speed_ratio

# (ours, the other, worlds, threads): the least that steps a second of ours over the other's should be, by wall time.
TARGETS = {
    ("vector, spinal", "envpool ManipulatorBringBall-v1", 64, 2): 1.0,
    ("vector, spinal", "envpool myoHandObjHoldRandom-v0", 64, 2): 7.0,
    ("vector, spinal", "raw, spinal", 64, 2): 0.85,
    ("single, spinal", "raw, spinal", 1, 1): 0.7,
    ("single, muscle", "raw, muscle", 1, 1): 0.7,
}
COHORT = ("a run of mice, files included", "raw physics", 24, 2)
COHORT_AT_MOST = 1.6  # times the wall time


def of_worlds(laps: dict[tuple, list[Lap]]) -> list[dict]:
    """Our spinal environment over every peer of as many worlds, and over raw physics where that has a target.

    laps: by (kind, name, worlds, threads). A target whose rivals were not timed has a row without a ratio.
    """
    named = {(_name(kind, name), worlds, threads): times for (kind, name, worlds, threads), times in laps.items()}
    peers = [
        ("single, spinal" if worlds == 1 else "vector, spinal", _name(kind, name), worlds, threads)
        for kind, name, worlds, threads in laps
        if kind == "peer"
    ]
    rows = []
    for pair in dict.fromkeys([*peers, *TARGETS]):
        ours, other, worlds, threads = pair
        both = [named.get((one, worlds, threads)) for one in (ours, other)]
        rows.append(_row(pair, speed_ratio(*both) if all(both) else None, "at least", TARGETS.get(pair)))
    return rows


def of_cohort(told: dict) -> dict:
    """The cohort's wall time over raw physics'; the target is for 24 mice in two processes."""
    pair = (*COHORT[:2], told["mice"], told["workers"])
    return _row(pair, told["ratio_with_files"]["wall"], "at most", COHORT_AT_MOST if pair == COHORT else None)


def _name(kind: str, name: str) -> str:
    """A peer's name says its worlds, which a row says by itself."""
    return name.split(",")[0] if kind == "peer" else f"{kind}, {name}"


def _row(pair: tuple, ratio: dict[str, float] | None, sense: str, target: float | None) -> dict:
    ours, other, n, threads = pair
    meets = {"at least": operator.ge, "at most": operator.le}[sense]
    row = {"ours": ours, "over": other, "n": n, "threads": threads, "ratio": ratio}
    if target is not None:
        row |= {"target": f"{sense} {target:g}", "met": meets(ratio["median"], target) if ratio else None}
    return row
