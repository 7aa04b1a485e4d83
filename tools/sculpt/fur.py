"""Hair that stands off the skin: single triangles, so that the outline is soft and the coat catches light."""

from collections.abc import Callable

import numpy as np

from tools.sculpt.meshes import Mesh


def hairs(
    skin: Mesh,
    count: int,
    length: Callable[[np.ndarray], np.ndarray],
    lie: Callable[[np.ndarray], np.ndarray],
    wanted: Callable[[np.ndarray, np.ndarray], np.ndarray],
    width: float = 0.13,
    lift: float = 0.22,
    seed: int = 0,
) -> Mesh:
    """`count` hairs on a skin, coloured by the skin's own texture.

    Args:
        length: points (n, 3) → mm.   lie: points → the way that hair points (n, 3), made tangent here.
        wanted: points, normals → relative density (n,).   lift: tangent of the angle off the skin.
    """
    rng = np.random.default_rng(seed)
    corners = skin.points[skin.faces]
    area = np.linalg.norm(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1)
    weight = area * wanted(corners.mean(axis=1), skin.normals[skin.faces].mean(axis=1))
    face = skin.faces[rng.choice(len(area), count, p=weight / weight.sum())]
    a, b = rng.random(count), rng.random(count)
    a, b = np.where(a + b > 1, 1 - a, a), np.where(a + b > 1, 1 - b, b)
    share = np.stack([1 - a - b, a, b], 1)[..., None]
    root, normal, uv = ((field[face] * share).sum(axis=1) for field in (skin.points, skin.normals, skin.uv))
    uv = np.where(np.ptp(skin.uv[face][..., 0], axis=1)[:, None] > 0.5, skin.uv[face][:, 0], uv)  # across the seam
    normal /= np.linalg.norm(normal, axis=1, keepdims=True)

    flow = lie(root)
    flow = flow - normal * (flow * normal).sum(axis=1, keepdims=True)
    flow /= np.maximum(np.linalg.norm(flow, axis=1, keepdims=True), 1e-9)
    side = np.cross(normal, flow)
    flow = flow + side * rng.normal(0, 0.22, (count, 1))
    flow /= np.linalg.norm(flow, axis=1, keepdims=True)
    rise = np.abs(rng.normal(lift, lift / 3, (count, 1)))
    long = (length(root) * rng.uniform(0.7, 1.2, count))[:, None]
    tip = root + long * (flow + rise * normal)
    half = width / 2 * rng.uniform(0.7, 1.2, (count, 1)) * np.cross(normal, flow)
    root = root - 0.05 * normal
    points = np.stack([root - half, root + half, tip], axis=1).reshape(-1, 3)
    shine = normal + 0.45 * rng.normal(size=(count, 3))
    shine /= np.linalg.norm(shine, axis=1, keepdims=True)
    faces = np.arange(3 * count).reshape(-1, 3)
    return Mesh(points, shine.repeat(3, axis=0), uv.repeat(3, axis=0), faces)
