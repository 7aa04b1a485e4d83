"""Signed distance functions [mm]: negative inside, positive outside. A solid maps points (n, 3) to distances (n,)."""

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike

Solid = Callable[[np.ndarray], np.ndarray]


def ellipsoid(centre: ArrayLike, radii: ArrayLike, pitch_deg: float = 0.0, yaw_deg: float = 0.0) -> Solid:
    """Ellipsoid, nose down by `pitch_deg`, turned left by `yaw_deg`. The distance is first-order: exact at the surface."""
    centre, radii = np.asarray(centre, float), np.asarray(radii, float)
    p, y = np.radians([pitch_deg, yaw_deg])
    turn = np.array([[np.cos(y), -np.sin(y), 0], [np.sin(y), np.cos(y), 0], [0, 0, 1]]) @ np.array(
        [[np.cos(p), 0, np.sin(p)], [0, 1, 0], [-np.sin(p), 0, np.cos(p)]]
    )

    def distance(points: np.ndarray) -> np.ndarray:
        q = (points - centre) @ turn
        k0 = np.linalg.norm(q / radii, axis=1)
        k1 = np.linalg.norm(q / radii**2, axis=1)
        return k0 * (k0 - 1.0) / np.maximum(k1, 1e-9)

    return distance


def cone(start: ArrayLike, end: ArrayLike, r_start: float, r_end: float) -> Solid:
    """Round cone: a capsule whose radius runs linearly from `r_start` to `r_end` (the distance is first-order)."""
    start, end = np.asarray(start, float), np.asarray(end, float)
    axis = end - start

    def distance(points: np.ndarray) -> np.ndarray:
        t = np.clip((points - start) @ axis / (axis @ axis), 0.0, 1.0)
        return np.linalg.norm(points - start - t[:, None] * axis, axis=1) - (r_start + t * (r_end - r_start))

    return distance


def blend(*solids: Solid, k: float) -> Solid:
    """Smooth union: the solids melt into one another over about `k` mm (polynomial smooth minimum)."""

    def distance(points: np.ndarray) -> np.ndarray:
        d = solids[0](points)
        for solid in solids[1:]:
            e = solid(points)
            h = np.clip(0.5 + 0.5 * (e - d) / k, 0.0, 1.0)
            d = e + (d - e) * h - k * h * (1.0 - h)
        return d

    return distance


def carve(solid: Solid, tool: Solid, k: float) -> Solid:
    """`solid` without `tool`, with an edge rounded over `k` mm."""

    def distance(points: np.ndarray) -> np.ndarray:
        d, e = solid(points), -tool(points)
        h = np.clip(0.5 - 0.5 * (e - d) / k, 0.0, 1.0)
        return e + (d - e) * h + k * h * (1.0 - h)

    return distance


def mirrored(solid: Solid) -> Solid:
    """The same on both sides of the animal's midline (y = 0), described on the left (y > 0)."""
    return lambda points: solid(points * [1, 0, 1] + np.abs(points) * [0, 1, 0])


def normals(solid: Solid, points: np.ndarray, step: float = 0.05) -> np.ndarray:
    """Outward unit normals (n, 3): the gradient of the distance by central differences."""
    axes = np.eye(3) * step
    gradient = np.stack([solid(points + a) - solid(points - a) for a in axes], axis=1)
    return gradient / np.maximum(np.linalg.norm(gradient, axis=1, keepdims=True), 1e-9)


def occlusion(solid: Solid, points: np.ndarray, outward: np.ndarray, reach: float) -> np.ndarray:
    """How open the sky is above each point (n,): 1 free, 0 buried. Compares distance with path along the normal."""
    shut = np.zeros(len(points))
    for i, t in enumerate(np.geomspace(0.08, 1.0, 6) * reach):
        shut += np.clip(t - solid(points + outward * t), 0, None) / t * 0.72**i
    return np.clip(1.0 - 0.42 * shut, 0.0, 1.0)


def shadow(
    solid: Solid, points: np.ndarray, outward: np.ndarray, towards: np.ndarray, softness: float = 7.0
) -> np.ndarray:
    """How much of a far light each point (n,) sees past the solid: 1 all, 0 none, with a penumbra (Quilez' ratio d/t)."""
    start, t, seen = points + 0.12 * outward, np.full(len(points), 0.25), np.ones(len(points))
    for _ in range(48):
        d = solid(start + t[:, None] * towards)
        seen = np.minimum(seen, softness * d / t)
        t = t + np.clip(d, 0.12, 1.2)
    return np.clip(seen, 0.0, 1.0)
