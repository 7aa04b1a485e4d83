"""Diffusion map: points laid out so that near ones, by way of near ones, stay near (Coifman & Lafon 2006)."""

from __future__ import annotations

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin

NEIGHBOURS = 5


class DiffusionMap(TransformerMixin, BaseEstimator):
    """Coordinates from distances alone.

    Affinity exp(−d²/2σ²); σ is the median, over all points, of the distances to their 5 nearest others; rows scaled to
    sum to 1, so that they are chances to step from one point to another. Of the leading eigenpairs of that walk the
    first, constant one is dropped; a coordinate is its eigenvalue times its eigenvector.

    eigenpairs: how many, with the one that is dropped. After `fit`: `embedding_` (points, eigenpairs − 1),
    `eigenvalues_` (falling), `sigma_`. Fewer points than eigenpairs give as many as there are. The sign of a coordinate
    means nothing: it is chosen such that it rises from the first points to the last.
    """

    def __init__(self, eigenpairs: int = 5):
        self.eigenpairs = eigenpairs

    def fit(self, X: np.ndarray, y: object = None) -> DiffusionMap:
        """X: (points, points) distances. ValueError where it is not a table of distances of two points or more."""
        table = np.asarray(X, float)
        if table.ndim != 2 or table.shape[0] != table.shape[1] or len(table) < 2:
            raise ValueError(f"a square table of distances of two points or more is needed; {table.shape} given")
        if not np.isfinite(table).all() or not np.allclose(table, table.T) or (table < 0).any():
            raise ValueError("distances must be finite, not negative, and the same both ways")
        self.sigma_ = bandwidth(table)
        affinity = np.exp(-(table**2) / (2 * self.sigma_**2))
        degree = affinity.sum(1)
        # The walk D⁻¹A has the eigenvalues of the symmetric D^-½ A D^-½, whose eigenvectors are those times √D.
        values, vectors = np.linalg.eigh(affinity / np.sqrt(np.outer(degree, degree)))
        keep = slice(1, self.eigenpairs)
        self.eigenvalues_ = values[::-1][keep]
        vectors = (vectors[:, ::-1] / vectors[:, -1:])[:, keep]  # the first is √D: dividing by it leaves the walk's
        order = np.arange(len(table)) - (len(table) - 1) / 2
        vectors *= np.where(order @ vectors < 0, -1, 1)
        self.embedding_ = vectors * self.eigenvalues_
        return self

    def fit_transform(self, X: np.ndarray, y: object = None) -> np.ndarray:
        return self.fit(X).embedding_


def bandwidth(table: np.ndarray) -> float:
    """Median over all points of the distances to their nearest others, 5 each; 1 where all points are one."""
    others = np.sort(table + np.diag(np.full(len(table), np.inf)), axis=1)[:, : min(NEIGHBOURS, len(table) - 1)]
    return float(np.median(others)) or 1.0
