"""How far apart two correlation matrices are, and their mean, when neither has full rank.

A trial has fewer frames than it takes to give a correlation matrix of many neurons full rank, so the usual distance
between positive definite matrices does not exist. Kept at a rank r, such a matrix is a subspace with an ellipsoid in it:
A = U R Uᵀ, U (n, r) orthonormal, R (r, r) positive definite. Subspaces are compared by their principal angles θ, the
ellipsoids after turning one subspace onto the other by the shortest way:

    d² = ‖θ‖² + Σ log² eig(R_B, R_A)          (Bonnabel & Sepulchre 2010, SIAM J. Matrix Anal. Appl. 31:1055)

It is symmetric, zero for equals alone, does not feel rotations of the whole space, and on full rank is the
affine-invariant distance. It need not obey the triangle inequality: the shortest turn differs from pair to pair.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

RELATIVE_ZERO = 1e-10  # eigenvalues below this share of the largest are rounding


@dataclass(frozen=True)
class FixedRank:
    """Matrices A = U diag(λ) Uᵀ of one rank. vectors: (..., n, r) orthonormal columns; values: (..., r) > 0, falling."""

    vectors: np.ndarray
    values: np.ndarray

    def __len__(self) -> int:
        return len(self.values)

    def __getitem__(self, which: int | slice | np.ndarray) -> FixedRank:
        return FixedRank(self.vectors[which], self.values[which])

    def full(self) -> np.ndarray:
        """The matrices themselves, (..., n, n)."""
        return (self.vectors * self.values[..., None, :]) @ np.swapaxes(self.vectors, -1, -2)


def stack(matrices: list[FixedRank]) -> FixedRank:
    """Single matrices of one rank, one after another."""
    return FixedRank(np.stack([m.vectors for m in matrices]), np.stack([m.values for m in matrices]))


def common_rank(matrices: np.ndarray) -> int:
    """The rank at which to keep (trials, n, n) matrices: the eigenvalues above the median one, n/2; fewer if any trial lacks them."""
    values = np.linalg.eigvalsh(matrices)
    smallest = (values > RELATIVE_ZERO * values[:, -1:]).sum(1).min()
    return int(max(1, min(matrices.shape[-1] // 2, smallest)))


def truncate(matrices: np.ndarray, rank: int) -> FixedRank:
    """Keep the `rank` largest eigenvalues of symmetric (..., n, n) matrices. ValueError where one has fewer."""
    values, vectors = np.linalg.eigh(matrices)
    values, vectors = values[..., ::-1][..., :rank], vectors[..., ::-1][..., :rank]
    if (values[..., -1] <= RELATIVE_ZERO * values[..., 0]).any():
        raise ValueError(f"a matrix has a rank below {rank}")
    return FixedRank(vectors, values)


def distance(a: FixedRank, b: FixedRank) -> np.ndarray:
    """Distance between matrices of one rank, by pairs along the leading axes; (...,)."""
    left, cosines, right = np.linalg.svd(np.swapaxes(a.vectors, -1, -2) @ b.vectors)
    angles = np.arccos(np.clip(cosines, -1, 1))
    # With U turned onto V by Q = left right, the eigenvalues of the pair are the squares of these singular values.
    turned = (left @ right) * np.sqrt(b.values)[..., None, :] / np.sqrt(a.values)[..., :, None]
    logs = 2 * np.log(np.linalg.svd(turned, compute_uv=False))
    return np.sqrt((angles**2).sum(-1) + (logs**2).sum(-1))


def distances(matrices: FixedRank) -> np.ndarray:
    """All distances among k matrices: (k, k), symmetric, zero on the diagonal."""
    table = np.zeros((len(matrices), len(matrices)))
    for i in range(1, len(matrices)):
        table[i, :i] = table[:i, i] = distance(matrices[i], matrices[:i])
    return table


def mean_subspace(vectors: np.ndarray, tolerance: float = 0.02, most: int = 50) -> np.ndarray:
    """Karcher mean of k subspaces: the one whose squared principal angles to all sum up least. (k, n, r) → (n, r).

    Begins with the top r directions of the mean projector and goes down the gradient until a step is shorter than
    `tolerance` of the root mean square distance to the k subspaces, or `most` steps are done. Most directions of
    noisy trials are noise: the last steps change nothing of note and cost most.
    """
    count, n, rank = vectors.shape
    pooled = vectors.transpose(1, 0, 2).reshape(n, count * rank)
    mean = np.linalg.eigh(pooled @ pooled.T)[1][:, ::-1][:, :rank]
    for _ in range(most):
        ways = _log(mean, vectors)
        step, typical = ways.mean(0), np.sqrt((ways**2).sum() / count)
        mean = _exp(mean, step)
        if np.linalg.norm(step) <= max(tolerance * typical, 1e-12):
            break
    return mean


def mean(matrices: FixedRank, tolerance: float = 0.02) -> FixedRank:
    """The mean of k matrices of one rank: mean subspace, and the mean of the ellipsoids turned into it.

    Bonnabel, Collard & Sepulchre 2013, Linear Algebra Appl. 438:3202. Ellipsoids are averaged by their affine-invariant mean.
    """
    from pyriemann.geometry.mean import mean_riemann

    subspace = mean_subspace(matrices.vectors, tolerance)
    left, _, right = np.linalg.svd(subspace.T @ matrices.vectors)
    turn = left @ right  # (k, r, r): each trial's own axes in those of the mean subspace
    cores = (turn * matrices.values[:, None, :]) @ turn.transpose(0, 2, 1)
    core = mean_riemann((cores + cores.transpose(0, 2, 1)) / 2, tol=0.05 * tolerance)
    values, axes = np.linalg.eigh(core)
    return FixedRank(subspace @ axes[:, ::-1], values[::-1])


def _log(base: np.ndarray, others: np.ndarray) -> np.ndarray:
    """From a subspace (n, r) the shortest way to each of (k, n, r), as tangents (k, n, r) whose norm is that of the angles."""
    left, cosines, right = np.linalg.svd(base.T @ others)
    away = others @ right.transpose(0, 2, 1) - (base @ left) * cosines[:, None, :]
    sines = np.linalg.norm(away, axis=1)
    scale = np.where(sines > 1e-12, np.arctan2(sines, cosines) / np.maximum(sines, 1e-12), 1)
    return (away * scale[:, None, :]) @ left.transpose(0, 2, 1)


def _exp(base: np.ndarray, tangent: np.ndarray) -> np.ndarray:
    """Go from a subspace (n, r) along a tangent (n, r); orthonormal (n, r)."""
    left, angles, right = np.linalg.svd(tangent, full_matrices=False)
    moved = (base @ right.T * np.cos(angles) + left * np.sin(angles)) @ right
    return np.linalg.qr(moved)[0]
