"""Does the task stay as hard? The scripted reach in the old and the new tree, with the same seeds and the same errors of aim."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np

Cell = tuple[float, int]
"""s.d. of the aim, each axis [mm], and commanded reach time [ms]."""

AIMS_MM = (0.3, 0.7, 1.0, 1.5, 2.0)
TABLE: tuple[Cell, ...] = tuple((aim, ms) for aim in AIMS_MM for ms in range(100, 241, 20))
EXPERT: tuple[Cell, ...] = tuple((0.3, ms) for ms in range(100, 241, 10))
QUICK_TABLE: tuple[Cell, ...] = tuple((aim, ms) for aim in (0.3, 1.0, 2.0) for ms in (100, 160, 220))
QUICK_EXPERT: tuple[Cell, ...] = tuple((0.3, ms) for ms in (100, 130, 160, 190, 220))
FASTEST: Cell = (0.0, 100)  # exact aim, whose speed is that of the reach itself
_NORMAL_95 = 1.96


class Kept:
    """What the old tree did, in a file: it does the same every time, and takes minutes for it."""

    def __init__(self, path: Path):
        self.path = path
        self.told: dict[str, dict] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
        self.found = 0

    def ask(self, key: str, measure: Callable[[], dict]) -> dict:
        """What is kept under `key`; where nothing is, what `measure` returns, which is kept from then on."""
        if key in self.told:
            self.found += 1
        else:
            self.told[key] = measure()
            self.path.write_text(json.dumps(self.told), encoding="utf-8")
        return self.told[key]


def run(
    cells: Sequence[Cell],
    old: Callable[[Cell], dict],
    new: Callable[[Cell], dict],
    tell: Callable[[str], None] = lambda words: None,
) -> tuple[dict[Cell, dict], dict[Cell, dict]]:
    """What both trees tell of every cell."""
    told: tuple[dict[Cell, dict], dict[Cell, dict]] = ({}, {})
    began = time.perf_counter()
    for k, cell in enumerate(cells):
        left = f", {(time.perf_counter() - began) / k * (len(cells) - k) / 60:.1f} min left" if k else ""
        tell(f"Success of the scripted reach: cell {k + 1} of {len(cells)}{left}.")
        told[0][cell], told[1][cell] = old(cell), new(cell)
    return told


def difference(old: np.ndarray, new: np.ndarray) -> dict[str, float]:
    """Mean of new - old over cells and seeds, and its 95 % interval, clustered by seed.

    old, new: (cells, seeds) of 0 and 1. A seed's world and error of aim are the same in every cell, so that cells are not
    independent: the standard error is that of the seeds' means.
    """
    each = (np.asarray(new, float) - np.asarray(old, float)).mean(axis=0)
    error = float(np.std(each, ddof=1) / np.sqrt(len(each))) if len(each) > 1 else float("nan")
    mean = float(each.mean())
    return {"mean": mean, "low": mean - _NORMAL_95 * error, "high": mean + _NORMAL_95 * error}


def worst(old: Mapping[Cell, float], new: Mapping[Cell, float]) -> tuple[Cell, float]:
    """The cell in which success fell most, and new - old there."""
    cell = min(old, key=lambda one: new[one] - old[one])
    return cell, new[cell] - old[cell]


def lowest_ratio(old: Mapping[Cell, float], new: Mapping[Cell, float]) -> tuple[Cell, float]:
    """The cell in which new/old is lowest, and new/old there; cells in which the old tree never succeeded do not count."""
    counted = [cell for cell in old if old[cell] > 0]
    if not counted:
        raise ValueError("The old tree succeeded in no cell: there is nothing to compare with.")
    cell = min(counted, key=lambda one: new[one] / old[one])
    return cell, new[cell] / old[cell]


def compared(table: Sequence[Cell], expert: Sequence[Cell], old: Mapping[Cell, dict], new: Mapping[Cell, dict]) -> dict:
    """Everything that is reported, as plain data."""
    mean = [{cell: float(np.mean(told["success"])) for cell, told in of.items()} for of in (old, new)]
    in_table = [{cell: of[cell] for cell in table} for of in mean]
    in_expert = [{cell: of[cell] for cell in expert} for of in mean]
    arrays = [np.array([of[cell]["success"] for cell in table]) for of in (old, new)]
    worst_cell, worst_difference = worst(*in_table)
    ratio_cell, ratio = lowest_ratio(*in_expert)
    return {
        "seeds": arrays[0].shape[1],
        "cells": [{"aim_mm": c[0], "reach_ms": c[1], "old": mean[0][c], "new": mean[1][c]} for c in old],
        "mean": [float(array.mean()) for array in arrays],
        "difference": difference(*arrays),
        "worst": {"cell": worst_cell, "difference": worst_difference},
        "expert": {"cell": ratio_cell, "ratio": ratio},
        "peak_cm_s": [of[FASTEST]["peak_cm_s"] for of in (old, new)],
    }
