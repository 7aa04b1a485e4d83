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


def test_muscles_take_no_more_than_all_and_no_less_than_nothing_of_an_excitation():
    env, clamped = PelletReachVectorEnv(4), PelletReachVectorEnv(4)
    reflex = clamped.sim.spinal.reflex

    def reflex_clamped(step, length, velocity, out):
        reflex(step, length, velocity, out)
        np.clip(out, 0.0, 1.0, out=out)

    clamped.sim.spinal.reflex = reflex_clamped
    rng, beyond = np.random.default_rng(0), 0
    env.reset(seed=0), clamped.reset(seed=0)
    for _ in range(50):
        action = rng.choice([-1.0, 1.0], (4, 5))
        env.step(action), clamped.step(action)
        excitation = env.sim._excitation
        beyond += np.count_nonzero((excitation < 0) | (excitation > 1))
        assert np.array_equal(env.qpos(), clamped.qpos())
        assert (env.sim._act >= 0).all() and (env.sim._act <= 1).all()
    assert beyond > 100


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
