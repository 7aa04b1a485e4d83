"""The animal: a hunched adult C57BL/6 with its head fixed, in world coordinates [mm] (x forward, y left, z up, origin the mouth).

The head encloses the colliding snout and jaw of forelimb.xml; the rest follows photographs' proportions (nose to occiput
25 mm, eye 3.2 mm across and 12 mm behind the nose, pinna 13 mm, trunk 26 mm wide): judged by eye, not measured.
"""

import numpy as np

from tools.sculpt.meshes import Mesh, grid_faces, join, outward, spline, tube
from tools.sculpt.solids import Solid, blend, carve, cone, ellipsoid, mirrored

EYE, EYE_RADIUS = np.array([-7.0, 4.35, 6.9]), 1.7
SPINE = np.array(
    [
        (4.3, 0, 3.3),
        (2.0, 0, 3.2),
        (-2, 0, 3.3),
        (-8, 0, 4.0),
        (-14, 0, 3.2),
        (-20, 0, -2),
        (-27, 0, -7.5),
        (-40, 0, -11),
        (-56, 0, -12),
        (-68, 0, -14),
    ]
)


def head() -> Solid:
    """Snout, whisker pads, lips, jaw, cheeks, cranium."""
    upper = blend(
        cone((2.0, 0, 3.15), (-6.8, 0, 4.7), 2.25, 4.7),
        ellipsoid((-7.5, 0, 6.6), (6.0, 4.5, 4.3), pitch_deg=-6),
        ellipsoid((-11.5, 0, 5.9), (9.4, 6.3, 6.0), pitch_deg=-8),
        mirrored(ellipsoid((-0.4, 1.75, 2.75), (3.4, 1.35, 1.75), pitch_deg=-4, yaw_deg=-14)),
        mirrored(ellipsoid((-9.5, 3.6, 2.4), (5.2, 3.0, 3.9))),
        mirrored(ellipsoid(EYE + [-0.2, -0.9, 0.1], (2.7, 1.5, 2.2))),
        k=1.6,
    )
    jaw = blend(cone((-2.4, 0, 0.15), (-9.0, 0, 0.4), 1.5, 2.9), cone((-6, 0, 0.4), (-13, 0, -1), 2.2, 4.0), k=1.2)
    philtrum = cone((4.6, 0, 2.1), (0.5, 0, 0.9), 0.32, 0.22)
    return blend(carve(upper, philtrum, k=0.35), jaw, k=0.7)


def body() -> Solid:
    """The whole furred skin but limbs, tail and ears."""
    trunk = blend(
        cone((-13, 0, 3.5), (-23, 0, -5), 6.2, 9.4),
        cone((-9, 0, -0.5), (-17, 0, -9), 3.2, 6.0),
        ellipsoid((-26.5, 0, -9.5), (11.5, 9.4, 10.0), pitch_deg=-15),
        mirrored(ellipsoid((-14.8, 5.9, -9.3), (5.0, 3.5, 5.6), pitch_deg=-25)),
        ellipsoid((-40, 0, -10.5), (18, 12.2, 12.2)),
        ellipsoid((-55, 0, -11), (14, 13.0, 13.4)),
        mirrored(ellipsoid((-52, 9.5, -16), (9.5, 5.0, 7.6), yaw_deg=8)),
        k=3.5,
    )
    return blend(head(), trunk, k=3.0)


def rings() -> np.ndarray:
    """Spine parameters of the rings: dense on the face, coarse on the trunk, bunched at the ends where the skin curves in."""
    nose = 1.0 - np.cos(np.linspace(0, np.pi / 2, 9))  # 0..1
    face = np.linspace(1, 4, 34)[1:]
    trunk = np.linspace(4, 8, 21)[1:]
    rump = 8 + np.sin(np.linspace(0, np.pi / 2, 7))[1:]
    return np.concatenate([nose, face, trunk, rump])


def skin() -> Mesh:
    """The body as one closed tube from nose to rump."""
    return tube(body(), SPINE, rings(), 54)


def hair_length(points: np.ndarray) -> np.ndarray:
    """How long the hair is (n,) [mm]: short on the muzzle, long on the trunk."""
    x = points[:, 0]
    return 0.55 + 1.1 * np.clip((3 - x) / 9, 0, 1) + 1.6 * np.clip((-8 - x) / 12, 0, 1)


def hair_direction(points: np.ndarray) -> np.ndarray:
    """The way hair lies (n, 3): back along the nearest stretch of spine, and a little down the flanks."""
    t = np.linspace(0, len(SPINE) - 1, 120)
    line = spline(SPINE, t)
    near = ((points[:, None, [0, 2]] - line[None, :, [0, 2]]) ** 2).sum(axis=2).argmin(axis=1)
    back = np.gradient(line, axis=0)[near]
    return back / np.linalg.norm(back, axis=1, keepdims=True) + [0, 0, -0.35]


def hair_density(points: np.ndarray, outward: np.ndarray) -> np.ndarray:
    """Where standing hair is worth its triangles (n,): face and right shoulder, which the cameras see, before rump and left."""
    x, y, z = points.T
    eye = np.linalg.norm(points * [1, 0, 1] + np.abs(points) * [0, 1, 0] - EYE, axis=1)
    bare = (x > 3.2) | (eye < 2.2) | ((np.hypot(x, z - 0.6) < 1.8) & (np.abs(y) < 1.6))
    front = 0.35 + 1.9 * np.clip((x + 34) / 22, 0, 1)
    return np.where(bare, 0.0, front * np.where(outward[:, 1] < 0.35, 1.0, 0.35))


def nose() -> tuple[Solid, Mesh]:
    """The bare, pink tip with two nostrils."""
    solid = carve(
        blend(ellipsoid((4.1, 0, 3.75), (0.72, 0.92, 0.66)), ellipsoid((4.15, 0, 3.2), (0.45, 0.45, 0.6)), k=0.4),
        mirrored(ellipsoid((4.68, 0.5, 3.72), (0.28, 0.25, 0.18), yaw_deg=35)),
        k=0.15,
    )
    return solid, tube(
        solid, np.array([(4.1, 0, 2.65), (4.1, 0, 4.38)]), (1 - np.cos(np.linspace(0, np.pi, 16))) / 2, 20
    )


def ear() -> Mesh:
    """Left pinna as a thin cupped leaf, root at the skull, opening forward and outward. u = 0..1 inner face, v root to rim."""
    root, tall, wide = np.array([-15.6, 4.4, 9.2]), 11.0, 5.2
    out = np.array([-0.30, 0.62, 0.72])  # root → tip
    out /= np.linalg.norm(out)
    front = np.array([0.80, 0.60, -0.10])  # the way it opens
    front -= out * (front @ out)
    front /= np.linalg.norm(front)
    across = np.cross(out, front)
    v, w = np.meshgrid(np.linspace(0, 1, 15), np.linspace(-1, 1, 13), indexing="ij")
    half = wide * (np.sqrt(np.clip(1 - (2 * v**0.8 - 1.04) ** 2 / 1.09, 0, 1)) * 0.97 + 0.10 * (1 - v))
    cup = 2.6 * (w**2) * (1 - 0.45 * v) * half / wide + 1.3 * (v - 0.15) ** 2 - 1.2 * v
    sheet = root + (tall * v)[..., None] * out + (half * w)[..., None] * across + cup[..., None] * front
    d_row, d_col = np.gradient(sheet, axis=0), np.gradient(sheet, axis=1)
    normal = np.cross(d_row, d_col)
    normal /= np.maximum(np.linalg.norm(normal, axis=2, keepdims=True), 1e-9)
    if (normal[7, 6] @ front) < 0:
        normal = -normal
    thick = 0.16 * (1.3 - v)[..., None]
    uv = np.stack([(w + 1) / 4, v], -1).reshape(-1, 2)
    faces = grid_faces(*v.shape)
    inner = Mesh((sheet + thick * normal).reshape(-1, 3), normal.reshape(-1, 3), uv, faces)
    outer = Mesh((sheet - thick * normal).reshape(-1, 3), -normal.reshape(-1, 3), uv + [0.5, 0], faces)
    return join(outward(inner), outward(outer))


def whiskers(seed: int = 4) -> Mesh:
    """Both mystacial pads: five rows of tapering, drooping hairs swept forward or back, longest behind (15 to 28 mm)."""
    rng = np.random.default_rng(seed)
    hairs = []
    for row in range(5):
        for column in range(4 if row > 0 else 3):
            start = np.array([0.9 - 0.85 * column, 2.2 + 0.36 * column, 3.9 - 0.55 * row + 0.04 * column])
            length = (7.5 + 2.6 * column) * (1 + rng.normal(0, 0.06))
            aim = np.array([0.55 - 0.30 * column, 0.80, 0.34 - 0.24 * row]) + rng.normal(0, 0.05, 3)
            aim /= np.linalg.norm(aim)
            t = np.linspace(0, 1, 8)
            bend = np.array([-0.10, 0.02, -0.16]) * length
            path = start + np.outer(t * length, aim) + np.outer(t**2, bend)
            hairs.append(strand(path, 0.055 * (1 - t) ** 0.8 + 0.012))
    left = join(*hairs)
    return join(left, left.mirror())


def strand(path: np.ndarray, radius: np.ndarray, sides: int = 3) -> Mesh:
    """A thin tapering hair along `path` (n, 3) with `radius` (n,)."""
    tangent = np.gradient(path, axis=0)
    tangent /= np.linalg.norm(tangent, axis=1, keepdims=True)
    a = np.cross(tangent, [0.2, 0.1, 1.0])
    a /= np.linalg.norm(a, axis=1, keepdims=True)
    b = np.cross(tangent, a)
    angle = np.linspace(0, 2 * np.pi, sides + 1)
    ring = np.cos(angle)[None, :, None] * a[:, None] + np.sin(angle)[None, :, None] * b[:, None]
    points = path[:, None] + ring * radius[:, None, None]
    u, v = np.meshgrid(np.linspace(0, 1, sides + 1), np.linspace(0, 1, len(path)))
    return outward(
        Mesh(
            points.reshape(-1, 3),
            ring.reshape(-1, 3),
            np.stack([u, v], -1).reshape(-1, 2),
            grid_faces(len(path), sides + 1),
        )
    )


def tail() -> Mesh:
    """Ringed, tapering tail that lies off to the left behind the platform."""
    t = np.linspace(0, 1, 48)
    knots = np.array(
        [(-67, 0, -17), (-76, 1, -20), (-88, 5, -22.6), (-102, 12, -22.5), (-116, 15, -22), (-130, 11, -21.5)]
    )
    return strand(spline(knots, t * (len(knots) - 1)), (1.75 * (1 - t) + 0.35) * (1 + 0.04 * np.sin(t * 260)), 10)


def hind_feet() -> Mesh:
    """Both long hind feet on the platform, toes forward."""
    toes = [
        cone((-40.5, 10.5 + y, -23.4), (-35.6 + x, 10.7 + 1.35 * y, -23.9), 0.75, 0.5)
        for x, y in ((-1.4, -2.0), (0, -0.7), (0, 0.7), (-1.2, 2.0))
    ]
    solid = blend(cone((-54, 10.0, -22.9), (-41, 10.5, -23.2), 1.5, 1.7), *toes, k=0.6)
    left = tube(
        solid, np.array([(-55, 10, -23), (-36.2, 10.6, -23.6)]), (1 - np.cos(np.linspace(0, np.pi, 26))) / 2, 16
    )
    return join(left, left.mirror())
