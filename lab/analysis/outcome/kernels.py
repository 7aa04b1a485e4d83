"""The design matrix of the event model: each event's time course as a sum of splines that begin with the event."""

from __future__ import annotations

import numpy as np
from scipy.interpolate import BSpline

# Levy et al. 2020 name kernels of .5 s and 2 s. How many splines each has is our choice: calcium is slower than .1 s.
SPANS = ((0.5, 4), (2.0, 6))  # s and number of splines
DEGREE = 3


def splines(after: np.ndarray, span: float, count: int) -> np.ndarray:
    """Cubic B-splines over 0 … span s from an event: (..., count), 0 outside. after: (...) s since the event, NaN if none."""
    knots = np.concatenate([[0] * DEGREE, np.linspace(0, span, count - DEGREE + 1), [span] * DEGREE])
    inside = (after >= 0) & (after < span)
    values = BSpline(knots, np.eye(count), DEGREE)(np.where(inside, after, 0.0))
    return np.where(inside[..., None], values, 0.0)


def design(frame_s: np.ndarray, events: dict[str, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Columns (trials, frames, columns) and the number of the event of each (columns,).

    frame_s: (trials, frames) and events: name → (trials,), both in s from the start of the trial; NaN: it did not happen.
    """
    columns, owner = [], []
    for number, times in enumerate(events.values()):
        for span, count in SPANS:
            columns.append(splines(frame_s - times[:, None], span, count))
            owner += [number] * count
    return np.concatenate(columns, axis=-1), np.array(owner)
