"""Statistics that count animals. Every function takes one number per mouse; trials are averaged away before.

Resampling uses a fixed seed: the same files give the same interval.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np

EXACT_BELOW = 2**14  # sign patterns up to which a permutation test goes through all of them


@dataclass(frozen=True)
class Interval:
    """A mean over n mice with its interval; low and high are NaN for fewer than 3 mice: there is nothing to say."""

    mean: float
    low: float
    high: float
    n: int


def bootstrap_mean(values: np.ndarray, level: float = 0.95, draws: int = 10_000, seed: int = 0) -> Interval:
    """Percentile bootstrap interval of the mean over mice.

    values: (n,), NaN for a mouse without a value. With few mice such intervals are somewhat too narrow.
    """
    values = np.asarray(values, float)
    values = values[~np.isnan(values)]
    n = len(values)
    if n < 3:
        return Interval(float(values.mean()) if n else np.nan, np.nan, np.nan, n)
    picks = bootstrap_picks(n, draws, seed)
    tail = 50 * (1 - level)
    low, high = np.percentile(values[picks].mean(1), [tail, 100 - tail])
    return Interval(float(values.mean()), float(low), float(high), n)


def bootstrap_picks(n: int, draws: int = 10_000, seed: int = 0) -> np.ndarray:
    """Which of n mice every bootstrap draw takes, (draws, n): the same for twins, who are drawn together."""
    return np.random.default_rng(seed).integers(0, n, (draws, n))


def middle_95(values: np.ndarray) -> tuple[float, float]:
    """95 % percentile interval of bootstrap draws; an end that is infinite stays so."""
    low, high = np.percentile(values, [2.5, 97.5], method="nearest")
    return float(low), float(high)


def ratio_of_means(over: np.ndarray, under: np.ndarray) -> tuple[float, tuple[float, float]]:
    """Mean of `over` / mean of `under`, (n,) of the same mice or of twins, and its 95 % bootstrap interval.

    The mean of `under` is above 0; draws in which it is not count as ∞.
    """
    picks = bootstrap_picks(len(over))
    base = under[picks].mean(1)
    drawn = np.where(base > 0, over[picks].mean(1) / np.where(base > 0, base, 1), np.inf)
    return float(over.mean() / under.mean()), middle_95(drawn)


def paired_permutation(differences: np.ndarray, draws: int = 20_000, seed: int = 0) -> float:
    """Two-sided P that the mean difference of twins is 0: the sign of each pair's difference is flipped.

    differences: (n,) one a pair. Exact for up to 14 pairs: the smallest P possible is then 2 / 2ⁿ.
    """
    d = np.asarray(differences, float)
    d = d[~np.isnan(d)]
    if len(d) == 0:
        return np.nan
    if 2 ** len(d) <= EXACT_BELOW:
        signs = np.array(list(product((-1, 1), repeat=len(d))))
        return float(np.mean(np.abs(signs @ d) >= abs(d.sum()) - 1e-12))
    signs = np.random.default_rng(seed).choice((-1, 1), (draws, len(d)))
    return float((1 + np.sum(np.abs(signs @ d) >= abs(d.sum()) - 1e-12)) / (1 + draws))


def permutation(a: np.ndarray, b: np.ndarray, draws: int = 20_000, seed: int = 0) -> float:
    """Two-sided P that two groups of different animals have the same mean: mice change groups at random.

    a: (n,), b: (m,). Random relabelling; the observed labelling counts as one of the draws, so P is never 0.
    """
    a, b = (np.asarray(x, float)[~np.isnan(x)] for x in (a, b))
    if len(a) == 0 or len(b) == 0:
        return np.nan
    pool, observed = np.concatenate([a, b]), abs(a.mean() - b.mean())
    order = np.random.default_rng(seed).permuted(np.tile(np.arange(len(pool)), (draws, 1)), axis=1)
    shuffled = pool[order]
    apart = np.abs(shuffled[:, : len(a)].mean(1) - shuffled[:, len(a) :].mean(1))
    return float((1 + np.sum(apart >= observed - 1e-12)) / (1 + draws))
