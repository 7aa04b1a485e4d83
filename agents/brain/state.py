"""What changes in a trial, as data: every region keeps one `State`, and a brain is copied by indexing its states."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, Self

import numpy as np


@dataclass(slots=True)
class State:
    """A dataclass whose fields are arrays or states, mice first. `state[rows]` is an independent copy of some mice.

    rows: indices (k,), repeats allowed. A field with another axis order picks them by a `__getitem__` of its own. Fields
    with `init=False` hold nothing from one update to the next: `__post_init__` makes room for them.
    """

    def __getitem__(self, rows: np.ndarray) -> Self:
        picked: dict[str, Any] = {f.name: getattr(self, f.name)[rows] for f in fields(self) if f.init}
        return type(self)(**picked)


def number(value: float) -> np.ndarray:
    """A number as an array without axes, float32: numpy multiplies by it in half the time that a Python float takes."""
    return np.array(value, np.float32)


ZERO, HALF, ONE = number(0.0), number(0.5), number(1.0)
