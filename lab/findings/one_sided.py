"""Whether a measure of mice, or of matched pairs, lies to one side of 0: the test that most findings come down to."""

from __future__ import annotations

import numpy as np

from reachenv.lab.analysis.stats import bootstrap_mean, paired_permutation
from reachenv.lab.findings.verdict import FAILED, REPRODUCED, Judged


def one_sided(values: np.ndarray, sign: int, measure: str, below: float, unit: str = "mice", note: str = "") -> Judged:
    """Reproduced where the mean of values (n,) has this sign and P of a sign flip over mice is below `below`.

    sign: +1 above 0, −1 below. unit: what n counts. The statistic is the mean with its 95 % bootstrap interval.
    """
    mean, p = bootstrap_mean(values), paired_permutation(values)
    verdict = REPRODUCED if sign * mean.mean > 0 and p < below else FAILED
    return Judged(verdict, measure, mean.mean, (mean.low, mean.high), p, mean.n, unit, note)
