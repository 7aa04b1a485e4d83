"""The shaped reward leads towards eating and never pays more for anything else."""

import numpy as np
import pytest

from reachenv import reward
from reachenv.demonstrator import Script, commands
from reachenv.sim import REST_COMMAND
from reachenv.vector_env import PelletReachVectorEnv

DISCOUNT = 0.99  # a control step


def discounted(script: Script | None, kind: str) -> np.ndarray:
    """Return from the tone on, of a scripted reach in three worlds; None stays at rest."""
    env = PelletReachVectorEnv(3, reward=kind)
    env.reset(seed=3)
    total = np.zeros(3)
    for step in range(env.timing.steps):
        time = step * 0.01 - env.timing.tone
        action = (
            np.tile(REST_COMMAND, (3, 1)) if script is None or time < 0 else commands(script, time, np.zeros((3, 3)))
        )
        total += DISCOUNT ** max(0, step - 100) * env.step(action)[1]
    return total


@pytest.mark.parametrize("kind", ["shaped", "graded"])
def test_eating_pays_more_than_sweeping_the_pellet_off_and_that_less_than_nothing_done_well(kind):
    eaten, swept, idle = discounted(Script(), kind), discounted(Script(direct=True), kind), discounted(None, kind)
    assert (eaten > 3.0).all() and (eaten > 5 * swept).all() and (eaten > 5 * idle).all()


@pytest.mark.parametrize(("kind", "most_a_step"), [("shaped", 0.09), ("graded", 0.07)])
def test_no_way_of_not_eating_is_worth_a_pellet(kind, most_a_step):
    """The paw on the pellet, the pellet just short of the mouth, for ever: the most that every other term can pay."""
    one = np.ones(1)
    most = {
        "eaten": one < 0, "eaten_before": one < 0, "paw_pellet_mm": 0 * one, "pellet_mouth_mm": 0 * one, "parts_on_pellet": 6 * one,
        "waiting_mouth_mm": 12 * one,
        "in_hand": one > 0, "can_reach": one > 0, "off_perch": one > 0, "before_turn_end": one < 0, "lost_now": one < 0,
    }  # fmt: skip
    a_step = sum(float(term(**most)[0]) for term in reward.TERMS[kind].values())
    assert a_step == pytest.approx(most_a_step)
    assert a_step / (1 - DISCOUNT) < float(reward.feast(one)[0])


def test_a_grasp_is_paid_for_every_step_nearer_to_the_mouth():
    one = np.ones(4)
    paid = reward.bring(
        pellet_mouth_mm=np.array([12.0, 11.9, 6.0, 6.0]), waiting_mouth_mm=12 * one, parts_on_pellet=np.array([2, 2, 2, 1]),
        can_reach=one > 0, eaten_before=one < 0,
    )  # fmt: skip
    assert paid == pytest.approx([0.0, 0.05 / 120, 0.025, 0.0])  # the last is touched, not grasped
