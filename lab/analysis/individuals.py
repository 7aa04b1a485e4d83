"""How experts move, and how much they differ among themselves: a number a mouse, then medians and spreads over mice.

Beside each stands what is known of the animal. Differences between mice come from their bodies (`lab.design.bodies`), their
untrained brains and their luck.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from reachenv.lab.analysis.behaviour import Measure, by_session, movement
from reachenv.lab.design import bodies
from reachenv.lab.design.design import Design
from reachenv.schema import EXPERT_SESSION as EXPERT

# Spread between animals, where it is known.
KNOWN = {"reach duration [ms]": "308 ± 389 in 27 mice (PMC10634836)"}


@dataclass(frozen=True)
class Row:
    """One measure in one group: median over mice in the first and in the experts' session; there also spread over mice.

    spread: s.d. over mice, NaN for one. low, high: the lowest and the highest mouse. animal: its range, None where unknown.
    """

    measure: str
    group: str
    n: int
    first: float
    expert: float
    spread: float
    low: float
    high: float
    animal: tuple[float, float] | None
    known: str

    def within(self) -> bool | None:
        """Whether the median expert lies in the animal's range; None where that is not known."""
        return None if self.animal is None else bool(self.animal[0] <= self.expert <= self.animal[1])


def expert_session(design: Design) -> int:
    """The session in which mice have trained for seven days, those of another run included; else the last there is."""
    return next((s for s in range(1, design.sessions + 1) if design.day(s) >= EXPERT), design.sessions)


def rows(design: Design, trials: pd.DataFrame) -> list[Row]:
    """Success and every measure of the reach, group by group. Mice without a value in that session are left out."""
    measures = [Measure("success", by_session(trials, "success"), None), *movement(trials)]
    at, made = expert_session(design) - 1, []
    for measure in measures:
        for group, table in measure.values.items():
            at_end = table[:, min(at, table.shape[1] - 1)]
            mice = at_end[~np.isnan(at_end)]
            begun = table[~np.isnan(table[:, 0]), 0]
            made.append(
                Row(
                    measure.name, group, len(mice),
                    first=float(np.median(begun)) if len(begun) else np.nan,
                    expert=float(np.median(mice)) if len(mice) else np.nan,
                    spread=float(mice.std(ddof=1)) if len(mice) > 1 else np.nan,
                    low=float(mice.min()) if len(mice) else np.nan,
                    high=float(mice.max()) if len(mice) else np.nan,
                    animal=measure.animal, known=KNOWN.get(measure.name, ""),
                )
            )  # fmt: skip
    return made


def born_different() -> str:
    """In a sentence, how much bodies differ."""
    return (
        f"Mice are born with bones of ± {bodies.BONE_SD:.1%}, muscles of ± {bodies.STRENGTH_SD:.0%} and shoulders of "
        f"± {bodies.SHOULDER_SD_MM:g} mm an axis around the standard mouse (s.d.; adult humerus 10.5 ± 0.5 mm, forearm "
        f"11.3 ± 0.5 mm, taken as two s.d.; muscles and shoulder are our choice)."
    )
