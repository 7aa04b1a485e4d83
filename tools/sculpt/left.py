"""The left forelimb, which rests on the perch throughout: the right one's parts, posed once and mirrored."""

from typing import Any

import mujoco
import numpy as np

from reachenv import body
from tools.sculpt.meshes import Mesh, join

REST_DEG = {
    "shoulder_flexion": -12, "shoulder_abduction": 2, "shoulder_rotation": -3,
    "elbow_flexion": 132, "forearm_supination": 2, "wrist_flexion": 50,
}  # fmt: skip
CURL_DEG = {"mcp": 28, "pip": 26}
FUR = {"humerus": "upper_arm", "ulna": "forearm_proximal", "radius": "forearm_distal"}
SKIN = {"paw": "palm", "thumb": "thumb"} | {
    f"{digit}_{part}": f"digit_{part}" for digit in body.DIGITS for part in ("proximal", "distal")
}


def left_forelimb(parts: dict[str, Mesh]) -> dict[str, Mesh]:
    """Meshes `left_fur`, `left_skin` and `left_claws` in world coordinates, from the right limb's `parts`."""
    model = body.build_model()
    data = mujoco.MjData(model)
    for name, angle in REST_DEG.items():
        data.joint(name).qpos[0] = np.radians(angle)
    for digit in body.DIGITS:
        for joint, angle in CURL_DEG.items():
            data.joint(f"{digit}_{joint}").qpos[0] = np.radians(angle)
    mujoco.mj_kinematics(model, data)

    def posed(bodies: dict[str, str]) -> Mesh:
        return join(*[placed(parts[mesh], data.body(name)).mirror() for name, mesh in bodies.items()])

    claws = {f"{digit}_distal": "claw" for digit in body.DIGITS}
    return {"left_fur": posed(FUR), "left_skin": posed(SKIN), "left_claws": posed(claws)}


def placed(mesh: Mesh, frame: Any) -> Mesh:
    """A mesh moved from a body's frame into the world."""
    turn = frame.xmat.reshape(3, 3)
    return Mesh(mesh.points @ turn.T + frame.xpos, mesh.normals @ turn.T, mesh.uv, mesh.faces)
