"""Showing that two things are the same, by two one-sided tests, and how many animals a test needs before it can speak.

A test that finds no difference has not shown that there is none. Here "the same" means: closer than a margin, with both
one-sided t tests at P < .05; that is the case exactly when the 90 % interval lies within the margin (Schuirmann 1987).
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

import numpy as np
from scipy import stats

ALPHA = 0.05  # of each one-sided test


@dataclass(frozen=True)
class Equivalence:
    """A mean difference over n pairs (or mice) with its 90 % interval, and P of the two one-sided tests.

    spread: s.d. of the differences.
    """

    difference: float
    low: float
    high: float
    p: float
    n: int
    margin: float
    spread: float

    def too_wide(self) -> bool:
        """Whether the interval is wider than the margins are apart and reaches between them: it could not have said yes."""
        wide = self.high - self.low >= 2 * self.margin
        return wide and self.low < self.margin and self.high > -self.margin

    def mice_needed(self, power: float = 0.8) -> int:
        """Pairs (or mice) for which a true difference of 0 would be found equivalent with this power."""
        steps = stats.norm.ppf(1 - ALPHA) + stats.norm.ppf((1 + power) / 2)
        return max(2, ceil((self.spread * steps / self.margin) ** 2))


def equivalent_pairs(differences: np.ndarray, margin: float) -> Equivalence:
    """Two one-sided t tests that the mean of paired differences (n,) lies within ± margin. NaN pairs are left out."""
    d = np.asarray(differences, float)
    d = d[~np.isnan(d)]
    n, mean = len(d), float(d.mean()) if len(d) else np.nan
    if n < 2:
        return Equivalence(mean, np.nan, np.nan, np.nan, n, margin, np.nan)
    spread = float(d.std(ddof=1))
    error = spread / n**0.5
    if error == 0:  # every pair alike: no doubt is left
        p, half = (0.0 if abs(mean) < margin else 1.0), 0.0
    else:
        p = max(stats.t.sf((mean + margin) / error, n - 1), stats.t.cdf((mean - margin) / error, n - 1))
        half = stats.t.ppf(1 - ALPHA, n - 1) * error
    return Equivalence(mean, float(mean - half), float(mean + half), float(p), n, margin, spread)
