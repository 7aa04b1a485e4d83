"""Perturbations and bodies: set between trials, felt by their own world alone."""

import numpy as np
import pytest

from reachenv import BodyVariation, Perturbation, Timing, perturb, rig
from reachenv.demonstrator import Script, demonstrate
from reachenv.sim import REST_COMMAND
from reachenv.vector_env import PelletReachVectorEnv

QUICK = Timing(tone=0.4, turn_lead=0.4, turn_time=0.3, response_window=0.4, total=0.8)


def wait(env, steps=60, **reset):
    env.reset(seed=5, **reset)
    for _ in range(steps):
        obs, *_ = env.step(np.tile(REST_COMMAND, (env.num_envs, 1)))
    return obs


def test_the_plate_comes_where_it_is_shifted():
    env = PelletReachVectorEnv(2, timing=QUICK)
    wait(env, options={"perturbation": [Perturbation(), Perturbation(plate_shift_mm=(2.0, -1.0, 1.5))]})
    moved = env.sim.pellet() - rig.PELLET_MM
    assert np.linalg.norm(moved[0]) < 0.3 and moved[1] == pytest.approx([2.0, -1.0, 1.5], abs=0.3)
    assert env.sim.measure().waiting[1] == pytest.approx(rig.PELLET_MM + [2.0, -1.0, 1.5])


def test_a_perturbed_neighbour_changes_no_bit_and_the_world_returns():
    env = PelletReachVectorEnv(2, timing=QUICK)
    plain = wait(env)
    beside = wait(
        env, options={"perturbation": [Perturbation(), Perturbation(plate_shift_mm=(3, 0, 0), pellet_scale=0.8)]}
    )
    again = wait(env)
    assert np.array_equal(plain[0], beside[0]) and not np.array_equal(plain[1], beside[1])
    assert np.array_equal(plain, again)


def test_a_shifted_plate_is_missed_by_the_same_reach_and_found_by_a_shifted_one():
    env = PelletReachVectorEnv(6)
    shift = np.array([0.0, 3.0, 0.0])
    options = {"plate_shift_mm": tuple(shift)}
    reset = env.reset
    env.reset = lambda **k: reset(**k, options=options)
    blind = demonstrate(Script(), np.zeros((6, 3)), list(range(6)), env=env)
    aware = demonstrate(Script(), np.tile(shift, (6, 1)), list(range(6)), env=env)
    assert blind["is_success"].mean() <= 0.2 and aware["is_success"].mean() >= 0.8
    assert blind["aim_error"].mean() > 2.0 > aware["aim_error"].mean()


def test_rotation_by_hand():
    turned = perturb.rotate_command(np.array([[1.0, 0.0, 2.0]]), np.array([np.pi / 2]))
    assert turned[0] == pytest.approx([0.0, 1.0, 2.0])


def test_rotated_command_turns_the_movement():
    env = PelletReachVectorEnv(2, timing=QUICK)
    env.reset(seed=0, options={"perturbation": [Perturbation(), Perturbation(command_rotation_deg=30)]})
    target = np.tile(REST_COMMAND, (2, 1))
    target[:, 0] += 0.6
    for _ in range(50):
        env.step(target)
    offset = env.sim.measure().grip - [-2.0, -5.5, -18.5]
    angle = np.degrees(np.arctan2(offset[:, 1], offset[:, 0]))
    assert angle[1] - angle[0] == pytest.approx(30, abs=3)


def test_force_field_pushes_to_the_left_of_the_movement():
    force = perturb.curl_force(np.array([[10.0, 0.0, 5.0]]), np.array([0.5]))
    assert force[0] == pytest.approx([0.0, 500.0, 0.0])  # 1 cm/s at .5 mN per cm/s: 500 µN, to the left
    env = PelletReachVectorEnv(2, timing=QUICK)
    env.reset(seed=0, options={"perturbation": [Perturbation(), Perturbation(force_field=0.3)]})
    target = np.tile(REST_COMMAND, (2, 1))
    target[:, 0] += 0.8
    side = []
    for _ in range(30):
        env.step(target)
        side.append(env.sim.measure().grip[:, 1])
    side = np.array(side)
    assert (side[:, 1] - side[:, 0]).max() > 0.3


def test_a_paw_at_rest_feels_no_force_field_and_a_reach_comes_to_rest_in_it():
    fields = [0.0, perturb.FIELD_LIMIT, -perturb.FIELD_LIMIT]
    env = PelletReachVectorEnv(3, timing=QUICK)
    env.reset(seed=[0, 0, 0], options={"perturbation": [Perturbation(force_field=f) for f in fields]})
    target = np.tile(REST_COMMAND, (3, 1))
    places = []
    for step in range(80):
        target[:, 0] = REST_COMMAND[0] + (0.8 if step >= 30 else 0.0)
        env.step(target)
        places.append(env.sim.measure().grip)
    speed = np.linalg.norm(np.diff(places, axis=0), axis=2) * 10.0  # cm/s
    assert speed[15:29].max() < 0.3
    assert speed[30:50].max(axis=0).min() > 20.0 and speed[-5:].max() < 2.0
    assert np.abs(places[-1] - places[-1][0]).max() < 1.0


def test_a_heavier_and_larger_pellet():
    env = PelletReachVectorEnv(1, timing=QUICK)
    env.reset(seed=0, options={"pellet_scale": 1.2})
    model = env.sim.batch.get_model(0)
    assert model.geom("pellet").size[0] == pytest.approx(1.8)
    assert model.body("pellet").mass[0] == pytest.approx(0.02 * 1.2**3)


def test_bodies_have_the_lengths_they_were_given_and_others_keep_theirs():
    env = PelletReachVectorEnv(2, timing=QUICK)
    plain = wait(env)
    env.set_bodies([BodyVariation(), BodyVariation(humerus=1.1, forearm=0.9, strength=1.2, shoulder_mm=(0, 1, 0))])
    changed = wait(env)
    model = env.sim.batch.get_model(1)
    assert np.linalg.norm(model.body("ulna").pos) == pytest.approx(10.5 * 1.1)
    assert np.linalg.norm(model.body("paw").pos) == pytest.approx(11.3 * 0.9)
    assert np.array_equal(plain[0], changed[0]) and not np.array_equal(plain[1], changed[1])


def test_other_bodies_can_still_reach_but_miss_where_the_standard_map_aims():
    bodies = [BodyVariation(humerus=f, forearm=f) for f in (0.95, 1.0, 1.05)]
    env = PelletReachVectorEnv(3)
    env.set_bodies(bodies)
    info = demonstrate(Script(), np.zeros((3, 3)), [0, 1, 2], env=env)
    assert (info["outcome"] != "no_reach").all()
    assert info["aim_error"][1] < min(info["aim_error"][0], info["aim_error"][2])


@pytest.mark.parametrize(
    "wrong", [{"humerus": 2.0}, {"strength": 0.0}, {"forearm": float("nan")}, {"shoulder_mm": (9, 0, 0)}]
)
def test_impossible_bodies_are_refused(wrong):
    with pytest.raises(ValueError, match="must be"):
        BodyVariation(**wrong)


@pytest.mark.parametrize(
    "wrong", [{"plate_shift_mm": (20, 0, 0)}, {"force_field": 9}, {"pellet_scale": 0}, {"plate_shift_mm": (1, 2)}]
)
def test_impossible_perturbations_are_refused(wrong):
    with pytest.raises(ValueError, match="must be"):
        Perturbation(**wrong)


def test_one_body_for_each_world():
    with pytest.raises(ValueError, match="1 bodies were given for 2 worlds"):
        PelletReachVectorEnv(2).set_bodies([BodyVariation()])
