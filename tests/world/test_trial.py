"""The trial's state machine on trajectories made by hand: no physics."""

from dataclasses import fields, replace

import numpy as np
import pytest

from reachenv.course import Course, differ
from reachenv.schema import CONTROL_DT
from reachenv.trial import MOUTH_MM, PERCH_MM, Measured, Timing, Trials

WAITING = np.array([8.0, -3.5, -8.5])
ABOVE = WAITING + [0, 0, 1.0]
TIMING = Timing(tone=0.1, turn_lead=0.0, response_window=1.0, total=2.0)


def play(frames):
    """Run one trial from (grip, pellet, parts on pellet, on plate) per control step; return the Trials."""
    trials = Trials(1, TIMING)
    trials.start(np.array([0]))
    for k, (grip, pellet, parts, on_plate) in enumerate(frames):
        trials.update(
            Measured(
                time=np.array([(k + 1) * CONTROL_DT]),
                grip=np.array([grip], float),
                pellet=np.array([pellet], float),
                cup=WAITING[None],
                waiting=WAITING[None],
                parts_on_pellet=np.array([parts]),
                pellet_on_plate=np.array([on_plate]),
                hand_on_plate=np.array([False]),
                hand_on_head=np.array([False]),
                supination=np.array([0.0]),
            )
        )
    return trials


WAIT = [(PERCH_MM, WAITING, 0, True)] * 20
ARRIVE = [(PERCH_MM + f * (ABOVE - PERCH_MM), WAITING, 0, True) for f in np.linspace(0, 1, 15)]
GRAB = [(ABOVE, WAITING, 3, True)] * 5
RAISE = [(ABOVE + [0, 0, h], WAITING + [0, 0, h], 3, False) for h in np.linspace(0, 4, 8)]
TO_MOUTH = [(WAITING * (1 - f), WAITING * (1 - f), 3, False) for f in np.linspace(0.3, 1, 10)]
EAT = [(np.zeros(3), np.zeros(3), 3, False)] * 8
BACK = [(PERCH_MM, np.array([-200.0, 0, 0]), 0, False)] * 5
ON_FLOOR = np.array([12.0, 5.0, -30.0])


@pytest.mark.parametrize(
    ("frames", "outcome"),
    [
        (WAIT, "no_reach"),
        (WAIT + ARRIVE + [(PERCH_MM, WAITING, 0, True)] * 5, "miss"),
        (WAIT + ARRIVE + [(ABOVE, WAITING, 1, True), (ABOVE, ON_FLOOR, 0, False)], "knock"),
        (WAIT + ARRIVE + GRAB + [(ABOVE, ON_FLOOR, 0, False)] * 3, "slip"),
        (WAIT + ARRIVE + GRAB + RAISE + [(ABOVE, ON_FLOOR, 0, False)] * 3, "drop"),
        (WAIT + ARRIVE + GRAB + RAISE + TO_MOUTH + EAT + BACK, "success"),
        # A pellet that only flies past the mouth is not eaten.
        (WAIT + ARRIVE + GRAB + RAISE + TO_MOUTH + [(np.zeros(3), ON_FLOOR, 0, False)] * 5, "drop"),
        # One that comes to the mouth without having been grabbed is not either.
        (WAIT + [(PERCH_MM, np.zeros(3), 3, False)] * 12, "knock"),
    ],
)
def test_outcomes(frames, outcome):
    assert play(frames).outcome()[0] == outcome


def test_times_of_a_success_come_in_order_and_are_where_they_were_put():
    t = {name: times[0] for name, times in play(WAIT + ARRIVE + GRAB + RAISE + TO_MOUTH + EAT + BACK).times.items()}
    assert t["table_turn"] == t["tone"] == 0.1
    assert 0.2 < t["lift"] < t["reach"] < t["grab"] < t["at_mouth"] < t["chew"] < t["back_to_perch"]
    assert t["grab"] == pytest.approx(0.37)  # the second step with three parts on the pellet
    assert t["chew"] - t["at_mouth"] == pytest.approx(0.04)


def test_nothing_that_did_not_happen_has_a_time():
    times = play(WAIT).times
    assert all(
        np.isnan(times[name][0])
        for name in ("lift", "reach", "grab", "supination", "at_mouth", "chew", "back_to_perch")
    )


def test_a_paw_that_leaves_before_the_tone_has_not_lifted_yet():
    early = [(ABOVE, WAITING, 0, True)] * 9
    assert np.isnan(play(early).times["lift"][0])


def test_a_late_paw_has_not_reached():
    late = [(PERCH_MM, WAITING, 0, True)] * 115 + ARRIVE
    assert play(late).outcome()[0] == "no_reach"


def test_aim_error_endpoint_and_speed_of_a_known_reach():
    trials = play(WAIT + ARRIVE)
    closest = min((grip - WAITING for grip, *_ in ARRIVE), key=np.linalg.norm)
    assert trials.aim_error[0] == pytest.approx(np.linalg.norm(closest))
    assert trials.endpoint[0] == pytest.approx(closest)
    step = np.linalg.norm(ABOVE - PERCH_MM) / 14
    assert trials.peak_speed[0] == pytest.approx(step / CONTROL_DT)


@pytest.mark.parametrize(
    "wrong", [{"turn_time": 0.05}, {"turn_lead": 2.0}, {"total": 1.0}, {"response_window": 0.0}, {"tone_length": -1.0}]
)
def test_impossible_timings_are_refused(wrong):
    with pytest.raises(ValueError):
        Timing(**wrong)


def test_mouth_is_nearer_than_the_pellet_waits():
    assert np.linalg.norm(WAITING) > 3 * MOUTH_MM


@pytest.mark.parametrize("name", [f.name for f in fields(Course) if not f.name.endswith("_steps")])
def test_no_flag_changes_unseen(name):
    assert differ(Course(), replace(Course(), **{name: True}))
    assert not differ(Course(), Course())
