"""Average activity and average functional connectivity, session by session."""

from __future__ import annotations

import numpy as np
import pandas as pd

from reachenv.lab.analysis.network.correlation import correlations
from reachenv.lab.analysis.results import Mouse, Result


def analyse(mouse: Mouse) -> Result:
    """Table `sessions`: mean dF/F, mean rate, and mean pairwise correlation; array `profile`, the mean over trials.

    profile: (sessions, frames, units) f32 dF/F; `session`: (sessions,), which ones; `time_s`: (frames,) from the tone.
    """
    rows, profiles = [], []
    for session, imaged in mouse.sessions.items():
        rows.append(
            {
                "session": session,
                "dff": float(imaged.dff.mean(dtype=np.float64)),
                "rate": float(imaged.rates.mean(dtype=np.float64)),
                "correlation": mean_pairwise(correlations(imaged.dff)),
            }
        )
        profiles.append(imaged.dff.mean(0, dtype=np.float64).astype(np.float32))
    time = next(iter(mouse.sessions.values())).time_s
    sessions = np.array(list(mouse.sessions))
    return {
        "sessions": pd.DataFrame(rows),
        "profile": np.stack(profiles),
        "session": sessions,
        "time_s": np.asarray(time),
    }


def mean_pairwise(matrices: np.ndarray) -> float:
    """Mean correlation of pairs of different neurons, over trials. matrices: (trials, units, units)."""
    units = matrices.shape[-1]
    off = ~np.eye(units, dtype=bool)
    return float(matrices[:, off].mean(dtype=np.float64)) if units > 1 else np.nan
