"""The reward: named terms, each a pure function of what physics shows, summed in one place."""

from collections.abc import Callable

import numpy as np

from reachenv.course import GRAB_PARTS

# Distances over which the pull of a goal falls to 1/e: shaping in metres would be flat at mouse size.
NEAR_SCALE_MM = 6.0
TOUCH_SCALE_MM = 1.5


def _closeness(distance_mm: np.ndarray, scale_mm: float = NEAR_SCALE_MM) -> np.ndarray:
    return np.exp(-distance_mm / scale_mm)


def eat(eaten: np.ndarray, **_: object) -> np.ndarray:
    """1 in the step in which the pellet is eaten."""
    return eaten.astype(float)


def feast(eaten: np.ndarray, **_: object) -> np.ndarray:
    """`eat` where the other terms pay for every step on the way: more than any of them could by never eating.

    The most that a paw can be paid without eating is .09 a step, which at a discount of .99 a step is worth 9.
    """
    return 10.0 * eat(eaten)


def approach(paw_pellet_mm: np.ndarray, can_reach: np.ndarray, eaten_before: np.ndarray, **_: object) -> np.ndarray:
    """Paw near the pellet, once the tone has sounded and while there is a pellet."""
    return 0.01 * _closeness(paw_pellet_mm) * (can_reach & ~eaten_before)


def touch(paw_pellet_mm: np.ndarray, can_reach: np.ndarray, eaten_before: np.ndarray, **_: object) -> np.ndarray:
    """Paw so near that it may close: the last millimetres count as much as all before."""
    return 0.01 * _closeness(paw_pellet_mm, TOUCH_SCALE_MM) * (can_reach & ~eaten_before)


def grasp(parts_on_pellet: np.ndarray, can_reach: np.ndarray, eaten_before: np.ndarray, **_: object) -> np.ndarray:
    """As many of palm, thumb and digits on the pellet as a grab takes: what comes between being near it and raising it."""
    return 0.01 * ((parts_on_pellet >= GRAB_PARTS) & can_reach & ~eaten_before)


def grip(parts_on_pellet: np.ndarray, can_reach: np.ndarray, eaten_before: np.ndarray, **_: object) -> np.ndarray:
    """The more of palm, thumb and digits are on the pellet, up to four, the more: a firm hold can be raised."""
    return 0.0025 * np.minimum(parts_on_pellet, 4) * (can_reach & ~eaten_before)


def carry(pellet_mouth_mm: np.ndarray, in_hand: np.ndarray, eaten_before: np.ndarray, **_: object) -> np.ndarray:
    """Pellet in the hand, off its cup, near the mouth."""
    return 0.04 * _closeness(pellet_mouth_mm) * (in_hand & ~eaten_before)


def bring(
    pellet_mouth_mm: np.ndarray,
    waiting_mouth_mm: np.ndarray,
    parts_on_pellet: np.ndarray,
    can_reach: np.ndarray,
    eaten_before: np.ndarray,
    **_: object,
) -> np.ndarray:
    """The share of the pellet's way to the mouth that a grasp has brought it: it pays from the first tenth of a millimetre."""
    share = np.clip(1.0 - pellet_mouth_mm / waiting_mouth_mm, 0.0, 1.0)
    return 0.05 * share * ((parts_on_pellet >= GRAB_PARTS) & can_reach & ~eaten_before)


def hold(in_hand: np.ndarray, eaten_before: np.ndarray, **_: object) -> np.ndarray:
    """Pellet in the hand and off its cup."""
    return 0.01 * (in_hand & ~eaten_before)


def wait(off_perch: np.ndarray, before_turn_end: np.ndarray, **_: object) -> np.ndarray:
    """A paw that has left its perch before the pellet is there costs a little."""
    return -0.005 * (off_perch & before_turn_end)


def knocked(lost_now: np.ndarray, **_: object) -> np.ndarray:
    """The pellet left its cup without a hand on it."""
    return -0.1 * lost_now


TERMS: dict[str, dict[str, Callable[..., np.ndarray]]] = {
    "sparse": {"eat": eat},
    "shaped": {
        "eat": feast,
        "approach": approach,
        "touch": touch,
        "grip": grip,
        "bring": bring,
        "hold": hold,
        "wait": wait,
    },
    # By which an experimenter shapes a mouse that already brings its paw to the pellet (lab.probes.novice).
    "graded": {
        "eat": feast,
        "approach": approach,
        "grasp": grasp,
        "hold": hold,
        "carry": carry,
        "wait": wait,
        "knocked": knocked,
    },
}


def terms(kind: str) -> dict[str, Callable[..., np.ndarray]]:
    """Return the named terms of a kind of reward."""
    if kind not in TERMS:
        raise ValueError(f"reward={kind!r} is unknown; choose one of {', '.join(TERMS)}.")
    return TERMS[kind]
