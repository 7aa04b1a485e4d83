"""How far a trial has come, and how one control step takes it on: the logic of the task, of one world or of many at once."""

from dataclasses import dataclass, fields

import numpy as np

from reachenv.schema import CONTROL_DT

GRAB_PARTS = 2  # palm, thumb or digits on the pellet at once, two control steps running
MOUTH_HOLD_S = 0.05  # what stays at the mouth this long is eaten: a pellet that flies past is not
_MOUTH_HOLD_STEPS = round(MOUTH_HOLD_S / CONTROL_DT)
Flag = bool | np.ndarray


@dataclass(slots=True)
class Course:
    """How far trials have come: what has happened in them, and for how many steps on end two things have lasted.

    Each field is an array (N,), or one of Python's numbers for a single world: `follow` reads the same on both, and with
    numbers it is ten times as fast.
    """

    lift: Flag = False
    reach: Flag = False
    grab: Flag = False
    supination: Flag = False
    chew: Flag = False
    back_to_perch: Flag = False
    raised: Flag = False
    gone: Flag = False
    knocked: Flag = False
    over: Flag = False
    plate_contact: Flag = False
    head_contact: Flag = False
    grip_steps: int | np.ndarray = 0
    mouth_steps: int | np.ndarray = 0


def follow(
    c: Course,
    in_window: Flag,
    closed: Flag,
    off_perch: Flag,
    near: Flag,
    left_cup: Flag,
    parts: int | np.ndarray,
    on_plate: Flag,
    risen: Flag,
    supinated: Flag,
    at_lips: Flag,
    hand_on_plate: Flag,
    hand_on_head: Flag,
) -> Course:
    """One control step of the trial's logic.

    in_window, closed: the response window is open, or is past (before the tone it is neither). off_perch, near: the paw is away from its
    perch, close to where the pellet waits. left_cup, on_plate, risen, at_lips: the pellet is off its cup, touches the plate, is above its
    cup, is at the mouth. parts: how many touch it. hand_on_plate, hand_on_head: the hand touches them.
    Only + * & | ^ and comparisons, which numbers and arrays share; `^ True` is not.
    """
    lift = c.lift | (in_window & off_perch)
    reach = c.reach | (lift & in_window & near)
    # Past the window, only a paw that reached in it goes on, and until it is back on its perch.
    over = c.over | (closed & ((reach & off_perch) ^ True))
    going = over ^ True
    grip_steps = (c.grip_steps + 1) * (lift & (parts >= GRAB_PARTS))
    grab = c.grab | (going & reach & (grip_steps >= 2))
    held = going & grab & (parts > 0)
    at_mouth = c.grab & held & at_lips & (c.chew ^ True)
    mouth_steps = (c.mouth_steps + 1) * at_mouth
    lost = left_cup & (c.chew ^ True)
    return Course(
        lift=lift,
        reach=reach,
        grab=grab,
        supination=c.supination | (going & grab & supinated),
        chew=c.chew | (mouth_steps >= _MOUTH_HOLD_STEPS),
        back_to_perch=c.back_to_perch | (c.reach & (off_perch ^ True)),
        raised=c.raised | (held & risen & (on_plate ^ True)),
        gone=c.gone | lost,
        knocked=c.knocked | (going & lost),
        over=over,
        plate_contact=c.plate_contact | hand_on_plate,
        head_contact=c.head_contact | hand_on_head,
        grip_steps=grip_steps,
        mouth_steps=mouth_steps,
    )


def differ(a: Course, b: Course) -> Flag:
    """Whether any flag differs, each (N,) or a bool: asked in every step, so written out."""
    return (
        (a.lift ^ b.lift)
        | (a.reach ^ b.reach)
        | (a.grab ^ b.grab)
        | (a.supination ^ b.supination)
        | (a.chew ^ b.chew)
        | (a.back_to_perch ^ b.back_to_perch)
        | (a.raised ^ b.raised)
        | (a.gone ^ b.gone)
        | (a.knocked ^ b.knocked)
        | (a.over ^ b.over)
        | (a.plate_contact ^ b.plate_contact)
        | (a.head_contact ^ b.head_contact)
    )


_BY_CHANGE = tuple(f.name for f in reversed(fields(Course)))  # numbers of steps first, which change most often


def equal(a: Course, b: Course) -> bool:
    """Whether all flags and numbers of steps of all worlds (N,) are equal."""
    return all(np.array_equal(getattr(a, name), getattr(b, name)) for name in _BY_CHANGE)
