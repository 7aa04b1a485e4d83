"""Make assets/spinal_map.npz: from commanded paw position and supination to muscle lengths and holding excitation.

Postures are sampled over the workspace by inverse kinematics, which keeps the wrist and shoulder near a comfortable posture; holding
excitations balance gravity and joint stiffness with the least effort above a little tone. Both are then fitted by a polynomial,
which is smooth, needs no search at run time, and gives each world the same bits whatever the number of worlds.
"""

import mujoco
import numpy as np

from reachenv import assets, body, spinal

COMFORT = np.radians([20.0, 0.0, 0.0, 80.0, 0.0, 50.0])  # [rad] in the order of body.ARM_JOINTS; judgement
COMFORT_WEIGHT = np.array([0.05, 0.3, 0.3, 0.05, 0.0, 0.6])  # how much leaving comfort costs, against a mm of the paw
TONE = 0.03  # excitation of a muscle at rest
N_SAMPLES = 6000


class _Arm:
    """The arm alone: kinematics and statics at given joint angles."""

    def __init__(self) -> None:
        self.model = body.build_model()
        self.data = mujoco.MjData(self.model)
        joints = [self.model.joint(name).id for name in body.ARM_JOINTS]
        self.qpos = self.model.jnt_qposadr[joints]
        self.dofs = self.model.jnt_dofadr[joints]
        self.low, self.high = (self.model.jnt_range[joints] + np.array([0.03, -0.03])).T
        self.muscles = [self.model.actuator(name).id for name in body.ARM_MUSCLES]
        self.grip = self.model.site("grip").id

    def solve(self, paw_mm: np.ndarray, supination: float) -> tuple[np.ndarray, float]:
        """Joint angles (6,) [rad] that bring the grip point to `paw_mm`, and the distance left [mm]."""
        free = np.array([0, 1, 2, 3, 5])
        q = COMFORT.copy()
        q[4] = supination
        weight = COMFORT_WEIGHT[free]
        for step in range(60):
            error, jac = self._error(q, paw_mm)
            jac = jac[:, free]
            if step < 40:  # least squares of paw error and discomfort
                lhs = jac.T @ jac + np.diag(weight + 0.05)
                dq = np.linalg.solve(lhs, jac.T @ error + weight * (COMFORT[free] - q[free]))
            else:  # then close the paw error, moving first the joints that mind least
                ease = np.diag(1 / (weight + 0.02))
                dq = ease @ jac.T @ np.linalg.solve(jac @ ease @ jac.T + 1e-6 * np.eye(3), error)
            q[free] = np.clip(q[free] + np.clip(dq, -0.3, 0.3), self.low[free], self.high[free])
        return q, float(np.linalg.norm(self._error(q, paw_mm)[0]))

    def _error(self, q: np.ndarray, paw_mm: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        self.data.qpos[self.qpos] = q
        mujoco.mj_kinematics(self.model, self.data)
        mujoco.mj_comPos(self.model, self.data)
        jac = np.zeros((3, self.model.nv))
        mujoco.mj_jacSite(self.model, self.data, jac, None, self.grip)
        return paw_mm - self.data.site_xpos[self.grip], jac[:, self.dofs]

    def lengths(self, q: np.ndarray) -> np.ndarray:
        self.data.qpos[self.qpos] = q
        mujoco.mj_forward(self.model, self.data)
        return self.data.actuator_length[self.muscles].copy()

    def hold(self, q: np.ndarray) -> np.ndarray:
        """Least excitations (15,) above TONE that keep the arm still at q."""
        model, data = self.model, self.data
        mujoco.mj_resetData(model, data)
        data.qpos[self.qpos] = q
        mujoco.mj_forward(model, data)
        needed = (data.qfrc_bias - data.qfrc_passive - data.qfrc_actuator)[self.dofs]
        moment = np.zeros((model.nu, model.nv))
        mujoco.mju_sparse2dense(
            moment, data.actuator_moment, data.moment_rownnz, data.moment_rowadr, data.moment_colind
        )
        passive = data.actuator_force[self.muscles].copy()
        data.act[:] = 1.0
        mujoco.mj_forward(model, data)
        pull = data.actuator_force[self.muscles] - passive
        torque = moment[self.muscles][:, self.dofs].T * pull  # (6, 15) joint torque of each muscle at full activation
        return _least_excitation(torque, needed)


def _least_excitation(torque: np.ndarray, needed: np.ndarray) -> np.ndarray:
    """argmin |torque a - needed|² (scaled by each joint's strength) + small |a - TONE|², TONE <= a <= 1."""
    scale = 1 / np.abs(torque).max(axis=1)
    A, b = torque * scale[:, None], needed * scale
    lhs = A.T @ A + 1e-3 * np.eye(A.shape[1])
    rhs = A.T @ b + 1e-3 * TONE
    step = 1 / np.linalg.eigvalsh(lhs)[-1]
    a = np.full(A.shape[1], TONE)
    for _ in range(400):
        a = np.clip(a - step * (lhs @ a - rhs), TONE, 1.0)
    return a


def sample(seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Commands (n, 4) in [-1, 1], reference lengths (n, 15) [mm] and holding excitations (n, 15), where the arm can go."""
    rng = np.random.default_rng(seed)
    arm = _Arm()
    rows = []
    for _ in range(N_SAMPLES):
        command = rng.uniform(-1, 1, 4)
        paw_mm = spinal.WORKSPACE_CENTRE_MM + spinal.WORKSPACE_HALF_MM * command[:3]
        q, left = arm.solve(paw_mm, float(spinal.supination(command[3])))
        if left < 0.05:
            rows.append((command, arm.lengths(q), arm.hold(q)))
    commands, lengths, holds = (np.array(column) for column in zip(*rows, strict=True))
    return commands, lengths, holds


def main() -> None:
    command, lengths, hold = sample()
    phi = spinal.features(command)
    target = np.concatenate([lengths, hold], axis=1)
    weights, *_ = np.linalg.lstsq(phi, target, rcond=None)
    residual = phi @ weights - target
    out = assets.path("world.xml").parent / "spinal_map.npz"
    np.savez_compressed(out, weights=weights.astype(np.float64))
    print(f"{len(command)} of {N_SAMPLES} commands can be reached.")
    of_length, of_hold = np.abs(residual[:, :15]).mean(), np.abs(residual[:, 15:]).mean()
    print(f"Reference lengths fit to {of_length:.4f} mm on average, holding excitations to {of_hold:.4f}.")
    print(f"Wrote {out.name}.")


if __name__ == "__main__":
    main()
