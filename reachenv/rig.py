"""The feeding rig: where the plate, its cups and the pellet are, and how the plate turns one cup on."""

import mujoco
import numpy as np

N_CUPS = 8
CUP_ANGLE = 2 * np.pi / N_CUPS  # [rad] one cup on
CUP_CIRCLE_MM = 22.0
CUP_RING_RADIUS_MM = 0.95  # six beads under the pellet: a divot, which a flat post lacks (facts: 100 of 100 deliveries)
CUP_BEAD_RADIUS_MM = 0.3
CUP_BEAD_HEIGHT_MM = 3.6
N_BEADS = 6
PELLET_CONTYPE = 4  # as in assets/rig.xml
PELLET_MM = np.array([8.0, -3.5, -8.5])  # where a delivered pellet rests: 12.2 mm from the mouth
PELLET_RADIUS_MM = 1.5  # 20 mg dustless precision pellet


def add_cup_ring(spec: mujoco.MjSpec) -> None:
    """Put a ring of beads on the post of the cup that collides, so that the pellet keeps its place while the plate turns.

    They stand for the rim of a divot: only the pellet touches them, digits touch the post that they stand on.
    """
    plate = spec.body("plate")
    for k in range(N_BEADS):
        angle = 2 * np.pi * k / N_BEADS
        x = -CUP_CIRCLE_MM + CUP_RING_RADIUS_MM * np.cos(angle)
        y = CUP_RING_RADIUS_MM * np.sin(angle)
        plate.add_geom(
            spec.find_default("plate"),
            name=f"cup_bead{k}",
            type=mujoco.mjtGeom.mjGEOM_SPHERE,
            size=[CUP_BEAD_RADIUS_MM, 0, 0],
            pos=[x, y, CUP_BEAD_HEIGHT_MM],
            condim=3,
            contype=0,
            conaffinity=PELLET_CONTYPE,
        )


def seat_height(radius_mm: np.ndarray | float) -> np.ndarray:
    """How high above the beads' centres a pellet of this radius rests on them [mm]."""
    return np.sqrt((radius_mm + CUP_BEAD_RADIUS_MM) ** 2 - CUP_RING_RADIUS_MM**2)


def turn_profile(phase: np.ndarray) -> np.ndarray:
    """Fraction of the turn done at `phase` (time over turn time, any shape): minimum jerk, 0 before, 1 after.

    Flash & Hogan 1985: the profile with the least peak jerk, so that the pellet rides along by friction.
    """
    s = np.clip(phase, 0.0, 1.0)
    return s * s * s * (10.0 + s * (6.0 * s - 15.0))


def pellet_on_cup(plate_angle: np.ndarray, shift_mm: np.ndarray) -> np.ndarray:
    """Where a pellet at rest on the loaded cup is.

    Args:
        plate_angle: (N,) [rad], 0 when the cup is in front of the mouth.
        shift_mm: (N, 3) displacement of the whole rig.

    Returns:
        (N, 3) pellet centre [mm].
    """
    hub = PELLET_MM + [CUP_CIRCLE_MM, 0.0, 0.0]
    spoke = np.stack([-np.cos(plate_angle), -np.sin(plate_angle), np.zeros_like(plate_angle)], axis=-1)
    return hub + CUP_CIRCLE_MM * spoke + shift_mm
