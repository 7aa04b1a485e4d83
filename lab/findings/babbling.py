"""L6: motor babbling. From what blank mice of this version did (`lab.probes.babbling`), as the run's config.json keeps it."""

from __future__ import annotations

import numpy as np
from scipy import stats

from reachenv.lab.analysis.behaviour import endpoint_spread
from reachenv.lab.analysis.stats import bootstrap_mean, paired_permutation
from reachenv.lab.findings.verdict import (
    FAILED,
    FEWEST_MICE,
    PROBED,
    REPRODUCED,
    UNDECIDED,
    Evidence,
    Judged,
    all_of,
    missing,
)

# The table gives no figures; these are ours.
WIDE = 2.0  # mm: as far off as a novice, who eats in 20–40 % of trials, is on one axis
P_NARROWS = 0.05


def babbling(evidence: Evidence) -> Judged:
    """L6: a blank mouse's reaches scatter widely and narrow with experience before reward learning refines them.

    Experience is babbling, in which nothing is rewarded; what reward then does to the scatter is told beside it.
    """
    told = evidence.babbling
    if not told:
        return missing("what blank mice did (assets/babbling.json, from reachenv babbling)")
    levels, miss = np.array(told["babbles"]), np.array(told["miss_mm"], float)
    n = len(miss)
    if n < FEWEST_MICE:
        return Judged(UNDECIDED, n=n, note=f"{n} blank mice; {FEWEST_MICE} are the fewest that can be judged")
    first, last = bootstrap_mean(miss[:, 0]), bootstrap_mean(miss[:, -1])
    trend = np.array([stats.spearmanr(levels, mouse).statistic for mouse in miss])
    fall, p = bootstrap_mean(trend), paired_permutation(trend)
    wide = REPRODUCED if first.low > WIDE else FAILED
    narrows = REPRODUCED if fall.mean < 0 and p < P_NARROWS else FAILED
    note = f"miss {last.mean:.2f} mm after {levels[-1]} babbles" + _refined(evidence)
    early = f"miss [mm] with the least experience ({levels[0]} of {levels[-1]} babbles)"
    return all_of(
        [
            Judged(narrows, "Spearman of miss with experience", fall.mean, (fall.low, fall.high), p, n, PROBED, note),
            Judged(wide, early, first.mean, (first.low, first.high), n=n, unit=PROBED),
        ]
    )


def _refined(evidence: Evidence) -> str:
    """What reward learning did to the scatter of endpoints in control mice, in words."""
    control = evidence.control()
    spread = endpoint_spread(evidence.trials).get(control.name) if control and len(evidence.trials) else None
    if spread is None or np.isnan(spread[:, [0, -1]]).all():
        return ""
    first, last = np.nanmean(spread[:, 0]), np.nanmean(spread[:, -1])
    return f"; in the run, endpoint s.d. {first:.2f} mm in session 1, {last:.2f} in session {spread.shape[1]}"
