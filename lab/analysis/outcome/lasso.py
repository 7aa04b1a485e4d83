"""Lasso for many targets at once, from inner products alone, by alternating directions (Boyd et al. 2011, section 6.4).

scikit-learn fits one target at a time; a session has 128 neurons × folds × penalties × events to leave out. Here all
neurons share one matrix, inverted once.
"""

from __future__ import annotations

import numpy as np

RELAXED = 1.6  # over-relaxation, as recommended there
FIRMNESS = 0.1  # of the penalty on disagreement, for columns of unit variance


def lasso(
    gram: np.ndarray,
    cross: np.ndarray,
    alpha: np.ndarray,
    start: np.ndarray | None = None,
    steps: int = 300,
    tolerance: float = 3e-3,
) -> np.ndarray:
    """Coefficients (p, m) that minimise ½ bᵀ G b − cᵀ b + α Σ|b| for each of m targets.

    gram: (p, p) XᵀX / n. cross: (p, m) Xᵀy / n. alpha: (m,), so that α is scikit-learn's. Stops where the two halves of
    the problem agree to `tolerance` in every coefficient and no longer move by more than that.
    """
    inverse = np.linalg.inv(gram + FIRMNESS * np.eye(len(gram)))
    fixed, threshold = inverse @ cross, alpha / FIRMNESS
    inverse *= FIRMNESS
    sparse = np.zeros_like(cross) if start is None else start
    dual = np.zeros_like(cross) if start is None else (cross - gram @ sparse) / FIRMNESS
    for _ in range(steps):
        smooth = fixed + inverse @ (sparse - dual)
        mixed = RELAXED * smooth + (1 - RELAXED) * sparse + dual
        new = mixed - np.clip(mixed, -threshold, threshold)
        dual = mixed - new
        moved, sparse = np.abs(new - sparse).max(initial=0), new
        if moved < tolerance and np.abs(smooth - sparse).max(initial=0) < tolerance:
            break
    return sparse
