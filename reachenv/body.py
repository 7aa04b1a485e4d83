"""The mouse's body and the rig as one MuJoCo model, and the index from anatomical names to ids."""

import mujoco
import numpy as np

from reachenv import assets, rig

ARM_JOINTS = (
    "shoulder_flexion",
    "shoulder_abduction",
    "shoulder_rotation",
    "elbow_flexion",
    "forearm_supination",
    "wrist_flexion",
)
DIGITS = ("digit2", "digit3", "digit4", "digit5")
DIGIT_JOINTS = tuple(f"{digit}_{joint}" for digit in DIGITS for joint in ("mcp", "pip"))
ARM_MUSCLES = (
    "pectoralis", "latissimus_dorsi", "deltoid_clavicular", "deltoid_spinous", "supraspinatus", "infraspinatus", "subscapularis",
    "biceps_brachii", "brachialis", "triceps_long", "triceps_lateral", "pronator_teres", "supinator",
    "extensor_carpi_radialis", "flexor_carpi_radialis",
)  # fmt: skip
DIGIT_MUSCLES = ("flexor_digitorum_profundus", "extensor_digitorum_communis")
MUSCLES = ARM_MUSCLES + DIGIT_MUSCLES
SKIN = ("palm", "thumb", *DIGITS)
SKIN_BODY = {"palm": "paw", "thumb": "thumb"} | {digit: f"{digit}_proximal" for digit in DIGITS}
# What MuJoCo calls a body with all that hangs on it, and a body alone, in a contact sensor.
_SUBTREE, _ALONE = mujoco.mjtObj.mjOBJ_XBODY, mujoco.mjtObj.mjOBJ_BODY
LENGTH_MARGIN = 0.06  # of the range, so that no muscle reaches the end of its force-length curve at a joint's limit


def build_spec() -> mujoco.MjSpec:
    """Return the physics of mouse and rig, without looks: world.xml and what follows from it."""
    spec = mujoco.MjSpec.from_file(str(assets.path("world.xml")))
    rig.add_cup_ring(spec)
    _set_muscle_length_ranges(spec)
    _activate_early(spec)
    _add_pellet_sensors(spec)
    return spec


def build_model() -> mujoco.MjModel:
    """Return the compiled physics model."""
    return build_spec().compile()


def _set_muscle_length_ranges(spec: mujoco.MjSpec) -> None:
    """Give each muscle the shortest and longest length that its joints allow.

    With constant moment arms a tendon's length is Σ coef·q, so its extremes lie at corners of the joint ranges;
    MuJoCo's own search, by pushing the arm, is caught by contacts and coupled joints.
    """
    model = spec.copy().compile()
    for actuator in spec.actuators:
        if actuator.name not in MUSCLES:
            continue
        joints, coefs = tendon_moments(model, actuator.name)
        ends = np.sort(coefs[:, None] * model.jnt_range[joints], axis=1)
        low, high = ends.sum(axis=0)
        margin = LENGTH_MARGIN * (high - low) / 2
        actuator.lengthrange = [low - margin, high + margin]


def _activate_early(spec: mujoco.MjSpec) -> None:
    """Let a muscle's force follow from its activation at the end of a physics step, not at its beginning: 2 ms less delay.

    `actearly` is no attribute of <muscle> in XML.
    """
    for actuator in spec.actuators:
        if actuator.name in MUSCLES:
            actuator.actearly = True


def tendon_moments(model: mujoco.MjModel, tendon: str) -> tuple[np.ndarray, np.ndarray]:
    """Return the joint ids (k,) that a fixed tendon crosses and its moment arms there (k,) [mm]."""
    start, count = model.tendon_adr[model.tendon(tendon).id], model.tendon_num[model.tendon(tendon).id]
    part = slice(start, start + count)
    return model.wrap_objid[part].copy(), model.wrap_prm[part].copy()


def _add_pellet_sensors(spec: mujoco.MjSpec) -> None:
    """Tell who touches the pellet, and whether the hand touches the plate."""
    pairs = {f"pellet_{part}": (SKIN_BODY[part], "pellet") for part in SKIN}
    pairs |= {"pellet_plate": ("plate", "pellet"), "pellet_head": ("head", "pellet"), "hand_plate": ("ulna", "plate")}
    for name, (first, second) in pairs.items():
        spec.add_sensor(
            name=name,
            type=mujoco.mjtSensor.mjSENS_CONTACT,
            objtype=_ALONE if first in ("paw", "head") else _SUBTREE,
            objname=first,
            reftype=mujoco.mjtObj.mjOBJ_BODY,
            refname=second,
            intprm=[1, 0, 1],  # data: found; reduce: none; one slot
        )
