"""Names of the model resolved to where their numbers lie, once."""

from dataclasses import dataclass

import mujoco
import numpy as np

from reachenv import body

# Contact sensors in the order of the model, and where each is among them.
FLAGS = ("hand_head", *(f"pellet_{part}" for part in body.SKIN), "pellet_plate", "pellet_head", "hand_plate")


@dataclass(frozen=True)
class Index:
    """Names resolved to ids, once."""

    arm: np.ndarray  # qpos of ARM_JOINTS
    pellet: slice  # qpos
    pellet_dofs: slice
    plate: int  # qpos
    plate_dof: int
    plate_ctrl: int
    grip: int  # site
    cup: int  # site
    touch: slice  # sensordata: net force on each part of SKIN, 3 each
    found: slice  # sensordata: contact flags, in the order of FLAGS
    supination: int  # qpos
    paw: int  # body
    pellet_body: int
    arm_dofs: np.ndarray  # of ARM_JOINTS
    arm_mass: np.ndarray  # where the inertia of each pair of them is kept, row by row below the diagonal

    @classmethod
    def of(cls, model: mujoco.MjModel) -> "Index":
        qpos = {name: model.jnt_qposadr[model.joint(name).id] for name in (*body.ARM_JOINTS, "plate", "pellet")}
        dofs = {name: model.jnt_dofadr[model.joint(name).id] for name in ("plate", "pellet")}
        arm_dofs = np.array([model.jnt_dofadr[model.joint(name).id] for name in body.ARM_JOINTS])
        touch = [model.sensor(f"touch_{part}").adr[0] for part in body.SKIN]
        found = [model.sensor(name).adr[0] for name in FLAGS]
        return cls(
            arm=np.array([qpos[name] for name in body.ARM_JOINTS]),
            pellet=slice(qpos["pellet"], qpos["pellet"] + 7),
            pellet_dofs=slice(dofs["pellet"], dofs["pellet"] + 6),
            plate=qpos["plate"],
            plate_dof=dofs["plate"],
            plate_ctrl=model.actuator("plate").id,
            grip=model.site("grip").id,
            cup=model.site("cup").id,
            touch=slice(touch[0], touch[-1] + 3),
            found=slice(found[0], found[-1] + 1),
            supination=qpos["forearm_supination"],
            paw=model.body("paw").id,
            pellet_body=model.body("pellet").id,
            arm_dofs=arm_dofs,
            arm_mass=np.concatenate([_mass_of(model, dof, arm_dofs) for dof in arm_dofs]),
        )


def _mass_of(model: mujoco.MjModel, dof: int, dofs: np.ndarray) -> np.ndarray:
    """Where MuJoCo keeps the inertia between `dof` and those of `dofs` up to it, in a chain of joints."""
    start, count = model.M_rowadr[dof], model.M_rownnz[dof]
    kept = model.M_colind[start : start + count].tolist()
    return np.array([start + kept.index(other) for other in dofs.tolist() if other <= dof])
