"""The configuration of correlations, session by session: where each session lies, how strongly each neuron is tied in."""

from __future__ import annotations

import numpy as np
import pandas as pd

from reachenv.lab.analysis.network.correlation import correlations
from reachenv.lab.analysis.network.diffusion import DiffusionMap
from reachenv.lab.analysis.network.geometry import FixedRank, common_rank, distances, mean, stack, truncate
from reachenv.lab.analysis.results import Mouse, Result

TRIALS = 100  # of a mouse in its map of trials, as many from every session: all pairs of 385 trials would take minutes


def analyse(mouse: Mouse) -> Result:
    """Session centroids, their distances, diffusion maps of sessions and of trials, and connectivity strengths.

    Table `sessions`: session, distance of its centroid to that of the expert session, strength_correlation with the
    expert session's, map_1 … map_4. Table `trials`: session, trial, map_1 …: a part of the trials, evenly spread over
    each session. Arrays: session (sessions,); rank (); distances (sessions, sessions); centroid (sessions, units, units)
    f32; strength (sessions, units). One rank holds for all trials of a mouse.
    """
    numbers = list(mouse.sessions)
    matrices = {s: correlations(mouse.sessions[s].dff) for s in numbers}
    rank = min(common_rank(m) for m in matrices.values())
    kept = {s: truncate(m, rank) for s, m in matrices.items()}
    centroids = stack([mean(kept[s]) for s in numbers])
    table = distances(centroids)
    strengths = np.stack([strength(matrix) for matrix in centroids.full()])
    sessions = pd.DataFrame({"session": numbers})
    nothing = np.full(len(numbers), np.nan)
    if mouse.has(mouse.expert):
        expert = numbers.index(mouse.expert)
        sessions["distance"] = table[expert]
        sessions["strength_correlation"] = [_correlation(s, strengths[expert]) for s in strengths]
    else:
        sessions["distance"] = sessions["strength_correlation"] = nothing
    return {
        "sessions": sessions.join(_map(table)),
        "trials": _trial_map(kept),
        "session": np.array(numbers),
        "rank": np.array(rank),
        "distances": table,
        "centroid": centroids.full().astype(np.float32),
        "strength": strengths,
    }


def strength(matrix: np.ndarray) -> np.ndarray:
    """How strongly each neuron is tied in: Σⱼ Cᵢⱼ² / N over the row of a centroid, its own diagonal included. (n, n) → (n,)"""
    return (matrix**2).sum(1) / len(matrix)


def spread_out(trials: int, count: int) -> np.ndarray:
    """`count` trial indices evenly over a session, all where there are no more."""
    return np.unique(np.linspace(0, trials - 1, min(count, trials)).round().astype(int))


def _trial_map(kept: dict[int, FixedRank]) -> pd.DataFrame:
    """A diffusion map of as many trials a session as TRIALS allows."""
    chosen = {s: spread_out(len(m), max(1, TRIALS // len(kept))) for s, m in kept.items()}
    rows = pd.DataFrame([{"session": s, "trial": int(t) + 1} for s, of in chosen.items() for t in of])
    points = [kept[s][of] for s, of in chosen.items()]
    pool = FixedRank(np.concatenate([p.vectors for p in points]), np.concatenate([p.values for p in points]))
    return rows.join(_map(distances(pool)))


def _map(table: np.ndarray) -> pd.DataFrame:
    """Diffusion coordinates as columns map_1, map_2, …; none of fewer than three points."""
    if len(table) < 3:
        return pd.DataFrame(index=range(len(table)))
    places = DiffusionMap().fit_transform(table)
    return pd.DataFrame(places, columns=[f"map_{k}" for k in range(1, places.shape[1] + 1)])


def _correlation(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.corrcoef(a, b)[0, 1]) if len(a) > 1 and a.std() > 0 and b.std() > 0 else np.nan
