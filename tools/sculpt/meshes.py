"""Triangle meshes: tubes shot onto a solid, lathed profiles, and the small binary files that MuJoCo reads."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike

from tools.sculpt.solids import Solid, normals


@dataclass(frozen=True)
class Mesh:
    """points (n, 3) [mm], normals (n, 3), uv (n, 2) in [0, 1], faces (m, 3) counter-clockwise from outside."""

    points: np.ndarray
    normals: np.ndarray
    uv: np.ndarray
    faces: np.ndarray

    def moved(self, by: ArrayLike) -> "Mesh":
        """The same mesh, `by` (3,) [mm] away."""
        return Mesh(self.points + np.asarray(by, float), self.normals, self.uv, self.faces)

    def mirror(self) -> "Mesh":
        """The same mesh on the other side of the midline (y → −y)."""
        flip = np.array([1.0, -1.0, 1.0])
        return Mesh(self.points * flip, self.normals * flip, self.uv, self.faces[:, ::-1])


def join(*meshes: Mesh) -> Mesh:
    """Several meshes as one."""
    starts = np.cumsum([0, *[len(m.points) for m in meshes[:-1]]])
    return Mesh(
        np.concatenate([m.points for m in meshes]),
        np.concatenate([m.normals for m in meshes]),
        np.concatenate([m.uv for m in meshes]),
        np.concatenate([m.faces + s for m, s in zip(meshes, starts, strict=True)]),
    )


def grid_faces(rows: int, columns: int) -> np.ndarray:
    """Faces of a (rows, columns) sheet of points, two triangles a cell, normals towards (d row × d column)."""
    r, c = np.meshgrid(np.arange(rows - 1), np.arange(columns - 1), indexing="ij")
    a, b = (r * columns + c).ravel(), (r * columns + c + 1).ravel()
    d, e = a + columns, b + columns
    return np.concatenate([np.stack([a, d, b], 1), np.stack([b, d, e], 1)])


def spline(knots: np.ndarray, at: np.ndarray) -> np.ndarray:
    """Catmull-Rom curve through `knots` (k, d), evaluated at `at` in [0, k − 1]: (n, d)."""
    knots = np.asarray(knots, float)
    padded = np.concatenate([2 * knots[:1] - knots[1:2], knots, 2 * knots[-1:] - knots[-2:-1]])
    i = np.clip(at.astype(int), 0, len(knots) - 2)
    t = (at - i)[:, None]
    p0, p1, p2, p3 = padded[i], padded[i + 1], padded[i + 2], padded[i + 3]
    return 0.5 * (2 * p1 + (p2 - p0) * t + (2 * p0 - 5 * p1 + 4 * p2 - p3) * t**2 + (3 * (p1 - p2) + p3 - p0) * t**3)


def shoot(solid: Solid, origins: np.ndarray, directions: np.ndarray, far: float = 40.0) -> np.ndarray:
    """Where rays from inside leave the solid: points (n, 3). Sphere tracing, then bisection to the surface."""
    t, found = np.full(len(origins), 0.02), np.zeros(len(origins), bool)
    for _ in range(120):
        d = solid(origins + t[:, None] * directions)
        found |= d > 0
        t = np.where(found, t, np.minimum(t + np.maximum(-0.6 * d, 0.02), far))
    low, high = np.maximum(t - 0.8, 0.0), t
    for _ in range(16):
        middle = (low + high) / 2
        outside = solid(origins + middle[:, None] * directions) > 0
        low, high = np.where(outside, low, middle), np.where(outside, middle, high)
    return origins + high[:, None] * directions


def tube(solid: Solid, spine: np.ndarray, at: np.ndarray, around: int) -> Mesh:
    """Skin of an elongated solid: rings across `spine` (k, 3) at parameters `at`, `around` points each, closed at both ends.

    u runs round the ring (0 = up, or +x for an upright spine), v along the spine. The seam's points are doubled, so a
    texture wraps without a smear; normals come from the solid, so the seam does not show.
    """
    at = np.asarray(at, float)
    centre = spline(spine, at)
    tangent = (
        spline(spine, at + 1e-3) - spline(spine, at - 1e-3)
        if len(spine) > 2
        else np.diff(spine, axis=0).repeat(len(at), 0)
    )
    tangent /= np.linalg.norm(tangent, axis=1, keepdims=True)
    side = np.cross(tangent, [0, 0, 1.0])
    side[np.linalg.norm(side, axis=1) < 1e-6] = [0, 1.0, 0]
    side /= np.linalg.norm(side, axis=1, keepdims=True)
    up = np.cross(side, tangent)
    angle = np.linspace(0, 2 * np.pi, around + 1)
    rays = np.cos(angle)[None, :, None] * up[:, None] + np.sin(angle)[None, :, None] * side[:, None]
    origins = np.repeat(centre, around + 1, axis=0)
    points = shoot(solid, origins, rays.reshape(-1, 3))
    u, v = np.tile(angle / (2 * np.pi), len(at)), np.repeat((at - at[0]) / (at[-1] - at[0]), around + 1)
    tips = shoot(solid, centre[[0, -1]], tangent[[0, -1]] * [[-1], [1]])
    n = len(points)
    sheet = grid_faces(len(at), around + 1)
    k = np.arange(around)
    last = (len(at) - 1) * (around + 1)
    caps = [np.stack([np.full(around, n), k, k + 1], 1), np.stack([np.full(around, n + 1), last + k + 1, last + k], 1)]
    points = np.concatenate([points, tips])
    uv = np.concatenate([np.stack([u, v], 1), [[0.5, 0.0], [0.5, 1.0]]])
    faces = np.concatenate([sheet, *caps])
    return outward(Mesh(points, normals(solid, points), uv, faces))


def lathe(profile: np.ndarray, around: int) -> Mesh:
    """Solid of revolution about z: `profile` (k, 2) = radius, height [mm], from the bottom outwards and up. Flat shading by ring."""
    profile = np.asarray(profile, float)
    parts = []
    angle = np.linspace(0, 2 * np.pi, around + 1)
    ring = np.stack([np.cos(angle), np.sin(angle)], 1)
    for (r0, z0), (r1, z1) in zip(profile[:-1], profile[1:], strict=True):
        slope = np.array([z1 - z0, r0 - r1]) / np.hypot(r1 - r0, z1 - z0)
        points = np.concatenate([np.column_stack([ring * r, np.full(len(ring), z)]) for r, z in ((r0, z0), (r1, z1))])
        facing = np.tile(np.column_stack([ring * slope[0], np.full(len(ring), slope[1])]), (2, 1))
        uv = np.concatenate([np.stack([angle / (2 * np.pi), np.full(len(angle), v)], 1) for v in (0.0, 1.0)])
        parts.append(outward(Mesh(points, facing, uv, grid_faces(2, len(ring)))))
    return join(*parts)


def outward(mesh: Mesh) -> Mesh:
    """Turn the faces whose winding contradicts their normals; drop those without area."""
    a, b, c = (mesh.points[mesh.faces[:, i]] for i in range(3))
    cross = np.cross(b - a, c - a)
    faces = mesh.faces.copy()
    wrong = (cross * mesh.normals[mesh.faces].mean(axis=1)).sum(axis=1) < 0
    faces[wrong] = faces[wrong][:, ::-1]
    return Mesh(mesh.points, mesh.normals, mesh.uv, faces[np.linalg.norm(cross, axis=1) > 1e-9])


def write_msh(mesh: Mesh, path: Path) -> None:
    """Write MuJoCo's binary format: four counts, then points, normals, texture coordinates and faces."""
    n = len(mesh.points)
    with open(path, "wb") as file:
        np.array([n, n, n, len(mesh.faces)], "<i4").tofile(file)
        for block in (mesh.points, mesh.normals, mesh.uv):
            block.astype("<f4").tofile(file)
        mesh.faces.astype("<i4").tofile(file)
