"""The seed tree: cohort → litter → mouse → session → trial.

Every random number of a run descends from one cohort seed along this path, and from nothing else, so a mouse never
depends on how many mice there are, in which batch or process it runs, or whether the run was interrupted.

**Twins.** Mouse i of one group and mouse i of another group *of the same litter* have the same seeds: the same body,
the same untrained brain and, trial by trial, the same luck. Until the first intervention they are one animal, to the
bit; whatever differs afterwards was caused by the intervention. No real laboratory can run this contrast, and it needs
far fewer mice than independent groups do. The price: groups of one litter share their sampling error, so they count as
*pairs* (n = pairs), and statistics between them pair by mouse. Sham mice are twins of control too: they must stay one
animal with them to the bit, which checks that handling by itself changes nothing.
"""

from __future__ import annotations

import numpy as np

# Leaves of the tree get a last key of their own, so that the world's noise and the brain's never share a stream.
_WORLD, _BRAIN, _BIRTH, _IMAGING = range(4)


def world_seed(cohort: int, litter: int, mouse: int, session: int, trial: int) -> int:
    """Seed of the world in one trial: delivery, pellet, sensory noise. Session and trial count from 1."""
    return _leaf(cohort, (litter, mouse, session, trial, _WORLD))


def brain_seed(cohort: int, litter: int, mouse: int, session: int, trial: int) -> int:
    """Seed of the brain in one trial: exploration and neural noise."""
    return _leaf(cohort, (litter, mouse, session, trial, _BRAIN))


def birth_seed(cohort: int, litter: int, mouse: int) -> int:
    """Seed of a mouse's brain before training: how it departs from the shipped novice."""
    return _leaf(cohort, (litter, mouse, 0, 0, _BIRTH))


def imaging_seed(cohort: int, litter: int, mouse: int, session: int) -> int:
    """Seed of the microscope's noise in one session. Twins are imaged with the same noise, as they share all luck."""
    return _leaf(cohort, (litter, mouse, session, 0, _IMAGING))


def _leaf(cohort: int, path: tuple[int, ...]) -> int:
    """The seed at the end of a path, below 2⁵³ so that JSON, Parquet, MATLAB and JavaScript all hold it exactly."""
    word = np.random.SeedSequence(cohort, spawn_key=path).generate_state(1, np.uint64)[0]
    return int(word >> np.uint64(11))
