"""What changes in a trial, as data: every region keeps one `State`, and a brain is copied by indexing its states."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, Self

import numpy as np


@dataclass(slots=True)
class State:
    """A dataclass whose fields are arrays or states, mice first. `state[rows]` is an independent copy of some mice.

    rows: indices (k,), repeats allowed. A field with another axis order overrides `__getitem__` (`regions.ganglia`).
    """

    def __getitem__(self, rows: np.ndarray) -> Self:
        picked: dict[str, Any] = {f.name: getattr(self, f.name)[rows] for f in fields(self)}
        return type(self)(**picked)
