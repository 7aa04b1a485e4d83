"""When the events of a trial happened, for the event model: those of the study's own labels, tone, lift, grab, at mouth, success."""

from __future__ import annotations

import numpy as np
import pandas as pd

AT_MOUTH_MM = 3.0  # as near as the world wants a pellet to be
# Events nearer to one another than this in nearly all trials are one event to a calcium indicator that takes .175 s to
# rise (GCaMP6s, see lab.records.imaging.indicator): each would stand in for the other when one is left out.
SAME_S = 0.2
NEARLY_ALL = 0.95


def events(rows: pd.DataFrame, paw_mm: np.ndarray | None = None, dt: float = np.nan) -> dict[str, np.ndarray]:
    """Times of events by name, (trials,) each, in s from the start of the trial, NaN where it did not happen.

    at_mouth: of the hand, with a pellet or without, as the study labels it. The trial table knows the pellet's arrival
    alone, so without one it is when the paw came near the mouth after its reach: paw_mm (trials, steps, 3) at dt s from
    the mouth. Without paw_mm only pellets count. success: the arrival of a pellet that was then eaten.
    """
    times = {name: rows[f"{name}_time"].to_numpy(float) for name in ("tone", "lift", "grab", "at_mouth")}
    times["success"] = np.where(rows.success.to_numpy(bool), times["at_mouth"], np.nan)
    if paw_mm is not None:
        came = hand_at_mouth(paw_mm, dt, rows.reach_time.to_numpy(float))
        times["at_mouth"] = np.where(np.isnan(times["at_mouth"]), came, times["at_mouth"])
    return times


def hand_at_mouth(paw_mm: np.ndarray, dt: float, reach: np.ndarray) -> np.ndarray:
    """(trials,) [s] when the paw first came near the mouth after its reach (trials,) [s]; NaN where it did not."""
    time = np.arange(paw_mm.shape[1]) * dt
    near = (np.linalg.norm(paw_mm, axis=2) < AT_MOUTH_MM) & (time > reach[:, None])
    return np.where(near.any(1), time[near.argmax(1)], np.nan)


def inseparable(sessions: list[dict[str, np.ndarray]]) -> dict[str, tuple[str, ...]]:
    """For each event, itself and those within SAME_S of it in nearly all trials of these sessions in which either happened."""
    together = {}
    for a in sessions[0]:
        same = []
        for b in sessions[0]:
            apart = np.concatenate([np.abs(s[a] - s[b]) for s in sessions])
            either = np.concatenate([~np.isnan(s[a]) | ~np.isnan(s[b]) for s in sessions])
            if a == b or (either.any() and np.mean(apart[either] < SAME_S) >= NEARLY_ALL):
                same.append(b)
        together[a] = tuple(same)
    return together
