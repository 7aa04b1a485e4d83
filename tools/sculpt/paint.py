"""Textures as arrays (rows = v, columns = u, 3) in [0, 1]."""

import numpy as np
from numpy.typing import ArrayLike

from tools.sculpt.meshes import Mesh
from tools.sculpt.mouse import EYE
from tools.sculpt.solids import Solid, occlusion, shadow

KEY_LIGHT = np.array([0.36, -0.62, 1.0]) / np.linalg.norm([0.36, -0.62, 1.0])
"""Where the key light of looks.xml stands; the software renderer's own shadows cost more than all else, so the still ones are painted."""

BACK, FLANK, BELLY = (0.150, 0.125, 0.108), (0.205, 0.168, 0.140), (0.33, 0.285, 0.25)
MUZZLE, LIP = (0.40, 0.30, 0.26), (0.66, 0.44, 0.40)


def mix(a: ArrayLike, b: ArrayLike, t: np.ndarray) -> np.ndarray:
    """Colours `a` to `b` (3,) or (..., 3) by `t` (...) in [0, 1]."""
    t = np.clip(t, 0, 1)[..., None]
    return np.asarray(a) * (1 - t) + np.asarray(b) * t


def smooth(x: np.ndarray, low: float, high: float) -> np.ndarray:
    """0 below `low`, 1 above `high`, smooth between; falls where low > high."""
    t = np.clip((x - low) / (high - low), 0, 1)
    return t * t * (3 - 2 * t)


def streaks(rows: int, columns: int, length: int, width: int, seed: int) -> np.ndarray:
    """Noise (rows, columns) in about −1..1 drawn out along the rows: lying hair. Wraps round the columns."""
    noise = np.random.default_rng(seed).normal(size=(rows + length, columns))
    run = np.cumsum(noise, axis=0)
    lines = (run[length:] - run[:-length]) / np.sqrt(length)
    for shift in range(1, width):
        lines = lines + np.roll(lines, shift, axis=1)
    return np.clip(lines / lines.std() / 2, -1.5, 1.5)


def grid_resize(grid: np.ndarray, rows: int, columns: int) -> np.ndarray:
    """Bilinear resampling of (r, c, k) to (rows, columns, k), ends on ends."""
    r, c = np.linspace(0, grid.shape[0] - 1, rows), np.linspace(0, grid.shape[1] - 1, columns)
    i, j = np.minimum(r.astype(int), grid.shape[0] - 2), np.minimum(c.astype(int), grid.shape[1] - 2)
    a, b = (r - i)[:, None, None], (c - j)[None, :, None]
    top = grid[i][:, j] * (1 - b) + grid[i][:, j + 1] * b
    low = grid[i + 1][:, j] * (1 - b) + grid[i + 1][:, j + 1] * b
    return top * (1 - a) + low * a


def coat(mesh: Mesh, rows_of_rings: np.ndarray, solid: Solid, rows: int = 1024, columns: int = 512) -> np.ndarray:
    """The fur of head and trunk: colour by place, streaks along the hair, painted shade.

    Args:
        rows_of_rings: (rings,) v of each ring, since rings are not evenly spaced in v.
    """
    light = shadow(solid, mesh.points, mesh.normals, KEY_LIGHT)
    open_sky = occlusion(solid, mesh.points, mesh.normals, 6.0)
    values = np.column_stack([mesh.points, mesh.normals, open_sky, light])
    rings = len(rows_of_rings)
    grid = values[:-2].reshape(rings, -1, values.shape[1])
    even = np.interp(np.linspace(0, 1, rows), rows_of_rings, np.arange(rings))
    i = np.minimum(even.astype(int), rings - 2)
    a = (even - i)[:, None, None]
    field = grid_resize(grid[i] * (1 - a) + grid[i + 1] * a, rows, columns)
    p, n, sky, lit = field[..., :3], field[..., 3:6], field[..., 6], field[..., 7]
    x, y, z = np.moveaxis(p, -1, 0)

    colour = mix(BACK, FLANK, smooth(n[..., 2], 0.75, -0.15))
    colour = mix(colour, BELLY, smooth(n[..., 2], -0.35, -0.95) * smooth(x, 4, -20) * 0.9)
    colour = mix(colour, MUZZLE, 0.75 * smooth(x, -2.5, 3.8) * smooth(z, 5.2, 2.6))
    colour = mix(colour, BELLY, 0.8 * smooth(x, -9, -3) * smooth(z, 1.6, -0.8))
    mouth = np.hypot(np.hypot((x + 0.2) / 2.3, y / 2.2), (z - 0.75) / 0.75)
    colour = mix(colour, LIP, 0.9 * smooth(mouth, 1.25, 0.55))
    eye = np.linalg.norm(p * [1, 0, 1] + np.abs(p) * [0, 1, 0] - EYE, axis=-1)
    colour = mix(colour, (0.07, 0.058, 0.052), smooth(eye, 2.0, 1.7))
    colour = mix(colour, (0.32, 0.26, 0.22), 0.35 * smooth(np.abs(eye - 2.2), 0.3, 0.0))

    hair = (
        0.6 * streaks(rows, columns, 26, 1, 1)
        + 0.45 * streaks(rows, columns, 60, 3, 2)
        + 0.35 * streaks(rows, columns, 90, 8, 3)
    )
    depth = 0.34 * (1 - 0.65 * smooth(x, -4, 3.5))
    shade = (0.30 + 0.70 * sky) * (0.62 + 0.38 * lit)
    return np.clip(colour * ((1 + depth * hair) * shade)[..., None], 0, 1)


def arm_coat(rows: int = 128, columns: int = 128) -> np.ndarray:
    """Fur of the arm: streaks down the limb, paler on the inner side."""
    u = np.linspace(0, 1, columns)[None, :]
    colour = mix(FLANK, BELLY, 0.35 * (0.5 - 0.5 * np.cos(2 * np.pi * u)) + np.zeros((rows, 1)))
    hair = 0.7 * streaks(rows, columns, 16, 1, 5) + 0.5 * streaks(rows, columns, 36, 3, 6)
    return np.clip(colour * (0.88 * (1 + 0.32 * hair))[..., None], 0, 1)


def pinna(rows: int = 128, columns: int = 128) -> np.ndarray:
    """Ear: inner face (left half) pink with veins and darker depth, outer face (right half) thinly furred."""
    v, u = np.meshgrid(np.linspace(0, 1, rows), np.linspace(0, 1, columns), indexing="ij")
    w = np.abs(u * 4 - 1)
    inner = mix((0.22, 0.13, 0.12), (0.62, 0.43, 0.40), smooth(v, 0.0, 0.45) * 0.85 + 0.15 * w)
    inner = mix(inner, (0.27, 0.21, 0.19), 0.85 * np.maximum(smooth(w, 0.72, 1.0), smooth(v, 0.85, 1.0)))
    inner = inner * (1 - 0.10 * streaks(rows, columns, 30, 3, 8))[..., None]
    outer = np.asarray(FLANK) * 1.25 * (1 + 0.25 * streaks(rows, columns, 20, 1, 9))[..., None]
    return np.clip(np.where((u < 0.5)[..., None], inner, outer), 0, 1)


def speckle(rows: int = 128, columns: int = 128) -> np.ndarray:
    """A pressed pellet: fine pale and dark grains on tan."""
    rng = np.random.default_rng(11)
    grain = rng.normal(size=(rows, columns))
    grain = (grain + np.roll(grain, 1, 0) + np.roll(grain, 1, 1) + np.roll(grain, (1, 1), (0, 1))) / 2
    return np.clip(np.array([0.90, 0.66, 0.30]) * (1 + 0.03 * grain)[..., None], 0, 1)


def breadboard(size: int = 64) -> np.ndarray:
    """One tapped hole of an optical table."""
    y, x = np.meshgrid(*[np.linspace(-1, 1, size)] * 2, indexing="ij")
    r = np.hypot(x, y)
    return mix((0.34, 0.36, 0.39), (0.10, 0.11, 0.12), smooth(r, 0.27, 0.20))
