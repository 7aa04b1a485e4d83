"""The compiled body against published figures, never against the constants that made it (facts §2 and assets/PROVENANCE.md)."""

import mujoco
import numpy as np
import pytest

from reachenv import body
from reachenv.vector_env import PelletReachVectorEnv


@pytest.fixture(scope="module")
def model():
    return body.build_model()


def _distance_at_rest_of_joints(model, first, second):
    data = mujoco.MjData(model)
    mujoco.mj_kinematics(model, data)
    return np.linalg.norm(data.body(first).xpos - data.body(second).xpos)


@pytest.mark.parametrize(
    ("first", "second", "mm", "tolerance"),
    [
        ("humerus", "ulna", 10.5, 0.5),  # humerus
        ("ulna", "paw", 11.3, 0.5),  # elbow to wrist
        ("digit3_proximal", "digit3_distal", 1.9, 0.1),  # first phalanx of D2 in the animal's count
    ],
)
def test_bones_have_the_animals_length(model, first, second, mm, tolerance):
    assert _distance_at_rest_of_joints(model, first, second) == pytest.approx(mm, abs=tolerance)


def test_palm_is_carpus_and_metacarpus(model):
    knuckle = model.body("digit3_proximal").pos
    assert -knuckle[2] == pytest.approx(1.2 + 2.5, abs=0.1)


def test_reach_from_the_shoulder_is_about_29_mm(model):
    data = mujoco.MjData(model)
    data.joint("elbow_flexion").qpos = np.radians(10)
    mujoco.mj_kinematics(model, data)
    fingertip = data.body("digit3_distal").xpos + data.body("digit3_distal").xmat.reshape(3, 3) @ [0, 0, -2.1]
    assert np.linalg.norm(fingertip - data.body("humerus").xpos) == pytest.approx(29, abs=1.5)


@pytest.mark.parametrize(("bodies", "grams"), [(("humerus",), 0.20), (("ulna", "radius"), 0.10)])
def test_segment_masses(model, bodies, grams):
    assert sum(model.body(name).mass[0] for name in bodies) == pytest.approx(grams, rel=0.05)


def test_hand_and_pellet_masses(model):
    hand = [
        model.body(i).mass[0] for i in range(model.nbody) if model.body(i).name.startswith(("paw", "thumb", "digit"))
    ]
    assert sum(hand) == pytest.approx(0.03, rel=0.05)
    assert model.body("pellet").mass[0] == pytest.approx(0.020, rel=1e-6)
    assert model.geom("pellet").size[0] == pytest.approx(1.5)


@pytest.mark.parametrize(
    ("joint", "low", "high"),
    [
        ("shoulder_flexion", -60, 95),
        ("shoulder_abduction", -40, 45),
        ("shoulder_rotation", -55, 55),
        ("elbow_flexion", 10, 145),
        ("wrist_flexion", -50, 85),
        ("digit3_pip", 0, 95),
    ],
)
def test_joint_ranges(model, joint, low, high):
    assert np.degrees(model.joint(joint).range) == pytest.approx([low, high], abs=1e-6)


def test_pronation_is_140_degrees_in_all(model):
    assert np.degrees(np.ptp(model.joint("forearm_supination").range)) == pytest.approx(140)


@pytest.mark.parametrize(
    ("muscle", "joint", "low", "high"),
    [
        ("triceps_long", "elbow_flexion", 1.4, 2.5),
        ("triceps_lateral", "elbow_flexion", 1.4, 2.5),
        ("biceps_brachii", "elbow_flexion", 1.5, 2.5),
        ("brachialis", "elbow_flexion", 0.8, 1.2),
        ("flexor_carpi_radialis", "wrist_flexion", 0.3, 0.65),
        ("extensor_carpi_radialis", "wrist_flexion", 0.4, 0.5),
        ("pronator_teres", "forearm_supination", 0.2, 0.3),
    ],
)
def test_moment_arms_are_measured_from_motion(model, muscle, joint, low, high):
    """Virtual work: the moment arm is how much the muscle's length changes per radian, by finite difference."""
    data = mujoco.MjData(model)
    data.qpos[model.jnt_qposadr[[model.joint(name).id for name in body.ARM_JOINTS]]] = np.radians(
        [10, 0, 0, 80, 30, 10]
    )
    mujoco.mj_forward(model, data)
    before = data.actuator(muscle).length[0]
    data.joint(joint).qpos += 1e-4
    mujoco.mj_forward(model, data)
    assert low <= abs(data.actuator(muscle).length[0] - before) / 1e-4 <= high


def test_seventeen_named_muscles_with_hill_curves(model):
    assert len(body.MUSCLES) == 17
    for i, name in enumerate(body.MUSCLES):
        assert model.actuator(i).name == name
        assert int(model.actuator_gaintype[i]) == int(mujoco.mjtGain.mjGAIN_MUSCLE)
        assert int(model.actuator_dyntype[i]) == int(mujoco.mjtDyn.mjDYN_MUSCLE)


def test_no_muscle_leaves_its_length_range_in_any_posture(model):
    data, rng = mujoco.MjData(model), np.random.default_rng(0)
    joints = [model.joint(name).id for name in body.ARM_JOINTS + body.DIGIT_JOINTS]
    low, high = model.jnt_range[joints].T
    for _ in range(300):
        data.qpos[model.jnt_qposadr[joints]] = rng.uniform(low, high)
        mujoco.mj_fwdPosition(model, data)
        length = data.actuator_length[:17]
        assert (length >= model.actuator_lengthrange[:17, 0]).all() and (
            length <= model.actuator_lengthrange[:17, 1]
        ).all()


def test_every_part_has_a_name(model):
    for kind, count in (
        ("body", model.nbody),
        ("joint", model.njnt),
        ("geom", model.ngeom),
        ("site", model.nsite),
        ("sensor", model.nsensor),
    ):
        for i in range(1 if kind == "body" else 0, count):
            assert getattr(model, kind)(i).name, f"{kind} {i} has no name"


def test_nothing_holds_the_pellet_but_contact(model):
    assert model.neq == 0  # no weld, no connect
    assert not any("adhesion" in model.actuator(i).name for i in range(model.nu))
    transmissions = {int(t) for t in model.actuator_trntype}
    assert transmissions <= {int(mujoco.mjtTrn.mjTRN_TENDON), int(mujoco.mjtTrn.mjTRN_JOINT)}
    assert int(model.joint("pellet").type[0]) == int(mujoco.mjtJoint.mjJNT_FREE)


@pytest.mark.parametrize("level", [0.0, 0.5, 1.0])
def test_an_arm_of_contracted_muscles_is_stiff_and_still(level):
    """All muscles at once. Integrated explicitly (Euler), their fall of force with velocity shakes the arm at 70 rad/s in steps of 2 ms."""
    env = PelletReachVectorEnv(1, control="muscle")
    env.reset(seed=0)
    fastest = 0.0
    for step in range(60):
        env.step(np.full((1, len(body.MUSCLES)), level))
        if step >= 40:
            fastest = max(fastest, float(np.abs(env.sim._qvel[0, : env.sim.index.plate_dof]).max()))
    assert fastest < 2.0
