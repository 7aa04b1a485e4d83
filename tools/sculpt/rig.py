"""The rig's shapes: cup, pellet, plate, head plate [mm]."""

import numpy as np

from tools.sculpt.meshes import Mesh, lathe, tube
from tools.sculpt.solids import Solid, blend, ellipsoid


def cup() -> Mesh:
    """A post with a dished top, origin on the plate: the pellet (radius 1.5) rests in the dish with its centre at 5.129."""
    s = np.linspace(0, 1, 4)
    dish_r = 1.12 * (1 - s)
    dish_z = 5.129 - np.sqrt(1.56**2 - dish_r**2)
    foot = [(2.1, 0.0), (2.1, 0.35), (1.9, 0.55), (1.42, 0.75), (1.25, 1.1), (1.2, 2.6), (1.3, 3.3), (1.36, 3.85)]
    rim = [(1.34, 3.98), (1.26, 4.04), (1.18, 4.03)]
    return lathe(np.array([*foot, *rim, *zip(dish_r, dish_z, strict=True)]), 22)


def plate() -> Mesh:
    """The disc, 23.3 mm in radius, its face at 0, with a bevel, a groove and a raised hub."""
    profile = [
        (0.0, -1.0), (22.9, -1.0), (23.3, -0.75), (23.3, -0.2), (23.1, 0.0), (19.2, 0.0), (19.1, -0.12), (18.9, -0.12), (18.8, 0.0),
        (6.3, 0.0), (6.1, 0.9), (5.8, 1.1), (3.2, 1.1), (3.0, 2.6), (2.7, 2.9), (0.0, 2.9),
    ]  # fmt: skip
    return lathe(np.array(profile), 56)


def pellet() -> tuple[Solid, Mesh]:
    """A pressed food pellet: a sphere of 1.5 mm, faintly lumpy and equally so inward and outward."""
    rng = np.random.default_rng(2)
    waves = [(rng.normal(0, 1, 3), rng.uniform(0, 6.3)) for _ in range(10)]
    ball = ellipsoid((0, 0, 0), (1.5, 1.5, 1.5))

    def solid(points: np.ndarray) -> np.ndarray:
        lumps = sum(np.sin(points @ (k * 2.6) + phase) for k, phase in waves)
        return np.linalg.norm(points, axis=1) - 1.5 + 0.012 * lumps + 0 * ball(points)

    return solid, tube(solid, np.array([(0, 0, -1.48), (0, 0, 1.48)]), (1 - np.cos(np.linspace(0, np.pi, 15))) / 2, 20)


def cement() -> Mesh:
    """Dental cement on the skull, under the head plate."""
    solid = blend(
        ellipsoid((-11.5, 0, 11.2), (5.2, 4.0, 1.9), pitch_deg=-4), ellipsoid((-12.0, 0, 12.2), (3.6, 2.6, 1.5)), k=0.8
    )
    return tube(solid, np.array([(-12, 0, 10.4), (-12, 0, 13.2)]), (1 - np.cos(np.linspace(0, np.pi, 12))) / 2, 28)
