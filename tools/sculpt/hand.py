"""The right forelimb's skin, part by part in the frames of forelimb.xml's bodies: long axis −z, palm facing −x [mm].

Every part encloses its colliding shapes by less than .1 mm where the hand can touch, so that what is seen to touch touches.
"""

import numpy as np

from tools.sculpt.meshes import Mesh, tube
from tools.sculpt.mouse import strand
from tools.sculpt.solids import Solid, blend, carve, cone, ellipsoid


def _limb(solid: Solid, top: float, bottom: float, rings: int, around: int = 20) -> Mesh:
    """Tube about −z from `top` to `bottom`, rings bunched at the round ends."""
    at = (1 - np.cos(np.linspace(0, np.pi, rings))) / 2
    return tube(solid, np.array([(0, 0, top), (0, 0, bottom)]), at, around)


def upper_arm() -> tuple[Solid, Mesh]:
    """Humerus: shoulder muscle above, biceps in front (+x is extensor side of the bent elbow), narrowing to the elbow."""
    solid = blend(
        cone((0, 0, 0.0), (0, 0, -6.0), 2.5, 2.55),
        cone((0, 0, -5.0), (0, 0, -10.5), 2.35, 1.85),
        ellipsoid((0.9, 0, -4.8), (2.0, 2.1, 3.6)),
        ellipsoid((-1.0, 0, -4.2), (2.2, 2.2, 4.0)),
        ellipsoid((-0.9, 0, -10.4), (1.4, 1.5, 1.5)),
        k=1.2,
    )
    return solid, _limb(solid, 2.4, -12.1, 24)


def forearm_proximal() -> tuple[Solid, Mesh]:
    """Ulna: the elbow and the belly of the flexors and extensors."""
    solid = blend(
        cone((0, 0, 0.0), (0, 0, -6.2), 1.85, 1.5),
        ellipsoid((0.25, 0.1, -2.8), (1.85, 1.75, 3.0)),
        ellipsoid((-0.4, 0, 0.3), (1.3, 1.3, 1.3)),
        k=0.7,
    )
    return solid, _limb(solid, 1.5, -7.5, 18)


def forearm_distal() -> tuple[Solid, Mesh]:
    """Radius: tapering to the wrist, where the fur ends inside the ball of skin that the palm begins with."""
    solid = cone((0, 0, -4.0), (0, 0, -10.1), 1.5, 1.1)
    return solid, _limb(solid, -2.6, -11.1, 18)


def palm_solid() -> Solid:
    """Metacarpus with two carpal and three interdigital pads."""
    back = blend(
        ellipsoid((0.05, 0, -1.9), (0.66, 1.75, 2.1)),
        cone((0, 0, 0.0), (0, 0, -1.2), 1.13, 0.9),
        *[cone((0.02, 0.28 * y, -0.6), (0.0, y, -3.75), 0.5, 0.47) for y in (-1.62, -0.55, 0.55, 1.62)],
        k=0.45,
    )
    pads = [
        ellipsoid((-0.42, -1.02, -1.15), (0.80, 0.72, 0.78)),
        ellipsoid((-0.42, 1.02, -1.15), (0.80, 0.72, 0.78)),
        *[ellipsoid((-0.42, y, z), (0.46, 0.52, 0.5)) for y, z in ((-1.05, -2.95), (0.0, -3.15), (1.05, -2.95))],
    ]
    return blend(back, *pads, k=0.22)


def palm() -> tuple[Solid, Mesh]:
    """The paw between wrist and fingers."""
    solid = palm_solid()
    at = (1 - np.cos(np.linspace(0, np.pi, 24))) / 2
    return solid, tube(solid, np.array([(0, 0, 1.05), (0, 0, -4.1)]), at, 30)


def digit_proximal() -> tuple[Solid, Mesh]:
    """Capsule of radius .42 from the knuckle to 1.9 mm, with a crease at the joint."""
    solid = carve(
        blend(cone((0, 0, 0), (0, 0, -1.9), 0.45, 0.43), ellipsoid((-0.07, 0, -1.0), (0.42, 0.42, 0.7)), k=0.2),
        ellipsoid((-0.62, 0, -1.9), (0.24, 0.5, 0.12)),
        k=0.12,
    )
    return solid, _limb(solid, 0.35, -2.25, 13, 12)


def digit_distal() -> tuple[Solid, Mesh]:
    """Capsule of radius .38 to 2.1 mm, ending in a pad and a claw."""
    solid = blend(
        cone((0, 0, 0), (0, 0, -1.95), 0.42, 0.34),
        ellipsoid((-0.10, 0, -1.85), (0.38, 0.40, 0.58)),
        ellipsoid((0.05, 0, -2.2), (0.26, 0.26, 0.3)),
        k=0.2,
    )
    return solid, _limb(solid, 0.35, -2.35, 13, 12)


def claw() -> Mesh:
    """Curved, tapering claw on the dorsal side of the tip."""
    t = np.linspace(0, 1, 6)
    path = np.stack([0.20 + 0.10 * t - 0.42 * t**2, 0 * t, -2.2 - 0.95 * t], 1)
    return strand(path, 0.13 * (1 - t) ** 0.7 + 0.01, 6)


def thumb() -> tuple[Solid, Mesh]:
    """Stub with a flat nail, in the frame of the body `thumb`."""
    solid = blend(
        cone((0.15, -0.1, 0.2), (-0.7, 0.1, -0.8), 0.46, 0.42),
        ellipsoid((-0.75, 0.1, -0.85), (0.40, 0.36, 0.40)),
        k=0.2,
    )
    return solid, tube(
        solid, np.array([(0.1, -0.1, 0.1), (-0.7, 0.1, -0.8)]), (1 - np.cos(np.linspace(0, np.pi, 16))) / 2, 14
    )
