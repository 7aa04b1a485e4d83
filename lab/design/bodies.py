"""The bodies that mice are born with: each differs a little from the standard one, by its birth seed alone.

Spreads: adult humerus 10.5 ± 0.5 mm and forearm 11.3 ± 0.5 mm (assets/PROVENANCE.md), taken as two standard deviations;
how a mouse sits in its holder and how strong it is are choices.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from reachenv.perturb import BodyVariation

BONE_SD = 0.024  # of the standard length
STRENGTH_SD = 0.10  # of the standard strength
SHOULDER_SD_MM = 0.25  # an axis
FURTHEST = 2.5  # standard deviations: nobody is a giant


def body_of(birth: int) -> BodyVariation:
    """The body of the mouse with this birth seed."""
    from reachenv.perturb import BodyVariation  # here, for the report reads the spreads above without a simulator

    rng = np.random.default_rng(np.random.SeedSequence([int(birth), 0xB0D1]))
    z = np.clip(rng.standard_normal(6), -FURTHEST, FURTHEST)
    return BodyVariation(
        humerus=1 + BONE_SD * z[0],
        forearm=1 + BONE_SD * z[1],
        strength=1 + STRENGTH_SD * z[2],
        shoulder_mm=tuple(SHOULDER_SD_MM * z[3:]),
    )
