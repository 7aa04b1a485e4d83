"""Which neurons are active together: a correlation matrix a trial."""

from __future__ import annotations

import numpy as np

DROPPED = 19  # first frames of a trial, as in the study: the microscope settles


def correlations(dff: np.ndarray, dropped: int = DROPPED) -> np.ndarray:
    """Pearson correlation between neurons over frames 20 to the last, trial by trial.

    dff: (trials, frames, units). Returns (trials, units, units) f64, symmetric positive semi-definite of a rank of
    at most frames − dropped − 1. A neuron that never changes in a trial correlates with none, and with itself by 1.
    """
    seen = dff[:, dropped:].astype(np.float64)
    seen -= seen.mean(1, keepdims=True)
    length = np.sqrt((seen**2).sum(1, keepdims=True))
    silent = length[:, 0] <= 1e-9 * np.sqrt(seen.shape[1])
    seen /= np.where(silent[:, None], 1, length)
    seen[np.broadcast_to(silent[:, None], seen.shape)] = 0
    matrices = seen.transpose(0, 2, 1) @ seen
    trials, units = silent.nonzero()
    matrices[trials, units, units] = 1
    return matrices
