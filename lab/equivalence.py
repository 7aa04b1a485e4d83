"""Showing that two things are the same, by two one-sided tests, and how many animals a test needs before it can speak.

A test that finds no difference has not shown that there is none. Here "the same" means: closer than a margin, with both
one-sided t tests at P < .05; that is the case exactly when the 90 % interval lies within the margin (Schuirmann 1987).
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, comb

import numpy as np
from scipy import stats

ALPHA = 0.05  # of each one-sided test


@dataclass(frozen=True)
class Equivalence:
    """A mean difference over n mice (or pairs) with its 90 % interval, and P of the two one-sided tests.

    spread: s.d. of the paired differences, or pooled s.d. of the two groups. paired: whether n counts pairs.
    """

    difference: float
    low: float
    high: float
    p: float
    n: int
    margin: float
    spread: float
    paired: bool

    def too_wide(self) -> bool:
        """Whether the interval is wider than the margins are apart and reaches between them: it could not have said yes."""
        wide = self.high - self.low >= 2 * self.margin
        return wide and self.low < self.margin and self.high > -self.margin

    def mice_needed(self, power: float = 0.8) -> int:
        """Mice a group (or pairs) for which a true difference of 0 would be found equivalent with this power."""
        steps = stats.norm.ppf(1 - ALPHA) + stats.norm.ppf((1 + power) / 2)
        return max(2, ceil((1 if self.paired else 2) * (self.spread * steps / self.margin) ** 2))


def equivalent_pairs(differences: np.ndarray, margin: float) -> Equivalence:
    """Two one-sided t tests that the mean of paired differences (n,) lies within ± margin. NaN pairs are left out."""
    d = np.asarray(differences, float)
    d = d[~np.isnan(d)]
    spread = float(d.std(ddof=1)) if len(d) > 1 else np.nan
    return _tost(
        d.mean() if len(d) else np.nan, spread / max(len(d), 1) ** 0.5, len(d) - 1, len(d), margin, spread, True
    )


def equivalent_groups(a: np.ndarray, b: np.ndarray, margin: float) -> Equivalence:
    """The same for the difference in means, a (n,) minus b (m,), of different animals; Welch's degrees of freedom."""
    a, b = (np.asarray(x, float)[~np.isnan(x)] for x in (a, b))
    n, m = len(a), len(b)
    if min(n, m) < 2:
        return _tost(np.nan, np.nan, 0, min(n, m), margin, np.nan, False)
    va, vb = a.var(ddof=1) / n, b.var(ddof=1) / m
    freedom = (va + vb) ** 2 / (va**2 / (n - 1) + vb**2 / (m - 1)) if va + vb > 0 else n + m - 2
    spread = float(np.sqrt((a.var(ddof=1) + b.var(ddof=1)) / 2))
    return _tost(a.mean() - b.mean(), (va + vb) ** 0.5, freedom, min(n, m), margin, spread, False)


def _tost(mean, error, freedom, n, margin, spread, paired) -> Equivalence:
    if n < 2:
        return Equivalence(float(mean), np.nan, np.nan, np.nan, n, margin, spread, paired)
    if error == 0:  # every pair alike: no doubt is left
        p, half = (0.0 if abs(mean) < margin else 1.0), 0.0
    else:
        p = max(stats.t.sf((mean + margin) / error, freedom), stats.t.cdf((mean - margin) / error, freedom))
        half = stats.t.ppf(1 - ALPHA, freedom) * error
    return Equivalence(float(mean), float(mean - half), float(mean + half), float(p), n, margin, spread, paired)


def smallest_p(n: int, paired: bool) -> float:
    """The smallest two-sided P that a permutation test can give with n pairs, or with two groups of n."""
    return 2 / 2**n if paired else 2 / comb(2 * n, n)
