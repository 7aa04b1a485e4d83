"""The spinal layer brings the paw where it is told, and holds it."""

import numpy as np
import pytest

from reachenv import rig, spinal
from reachenv.trial import PERCH_MM
from reachenv.vector_env import PelletReachVectorEnv

PLACES = np.array([PERCH_MM, rig.PELLET_MM + [0, 0, 5], [0.0, -2.0, -6.0], [3.0, -6.0, -10.0], [3.0, 1.0, -8.0]])


def hold(places, pronation, steps=80):
    env = PelletReachVectorEnv(len(places))
    env.reset(seed=0)
    action = np.zeros((len(places), 5))
    action[:, :3], action[:, 3] = spinal.paw_action(places), pronation
    grips = []
    for _ in range(steps):
        env.step(action)
        grips.append(env.sim.measure().grip)
    return np.array(grips), env


@pytest.mark.parametrize("pronation", [1.0, 0.0, -1.0])
def test_settles_within_half_a_millimetre(pronation):
    places = PLACES if pronation > 0 else PLACES[[0, 2, 4]]  # palm up, the plate is in the way of the others
    grips, env = hold(places, pronation)
    assert np.linalg.norm(grips[-1] - places, axis=1).max() < 0.5
    wanted = spinal.supination(np.array(pronation))
    assert env.sim.measure().supination == pytest.approx(wanted, abs=np.radians(12))


def test_holds_still():
    grips, _ = hold(PLACES, 1.0, steps=120)
    assert np.ptp(grips[-20:], axis=0).max() < 0.05


def test_paw_and_action_are_inverse():
    action = np.random.default_rng(0).uniform(-1, 1, (10, 3))
    assert spinal.paw_action(spinal.paw_mm(action)) == pytest.approx(action)


def test_excitation_is_never_negative_nor_above_one():
    env = PelletReachVectorEnv(4)
    env.reset(seed=0)
    rng = np.random.default_rng(0)
    for _ in range(50):
        env.step(rng.choice([-1.0, 1.0], (4, 5)))
        excitation = env.sim._excitation
        assert (excitation >= 0).all() and (excitation <= 1).all()


def test_features_are_all_monomials_up_to_degree_four():
    x = np.array([[2.0, 3.0, 5.0, 7.0]])
    phi = spinal.features(x)[0]
    by_hand = sorted(
        2.0**a * 3.0**b * 5.0**c * 7.0**d
        for a in range(5)
        for b in range(5)
        for c in range(5)
        for d in range(5)
        if a + b + c + d <= 4
    )
    assert sorted(phi) == pytest.approx(by_hand)
