"""One mouse as a .mat file with what the study's published analysis code reads.

| variable | size | |
|---|---|---|
| data_all | neurons × frames × trials, single | ΔF/F; 360 frames in `ghanayim2025` timing, 120 in `compact` |
| train_stage | 1 × trials | session of each trial, 1..7 |
| sflabels | 1 × trials | 1 success, 0 failure |
| training_labels_lut | 1 × sessions cell | train_1 …, or CNO_2 … where dopamine was blocked |
| area_NAME | cells × steps × trials, single | an area recorded with `--record NAME`, at every control step of 10 ms |
| time_s, outcome, intervention, trial, unit, simulated, about | | ours: the axis from the tone, and where it comes from |

Trials without a reach are left out, as the study leaves them out, unless asked for; with them, `outcome` tells which.
Frames are those that were recorded: nothing is padded or resampled.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any, cast

import numpy as np
import pandas as pd
from scipy.io import savemat

from reachenv.lab.design.group import blocked_sessions
from reachenv.lab.errors import UserError
from reachenv.lab.export.source import SIMULATED, Session

LARGEST = 2**31  # bytes of one variable in this kind of .mat


def write(path: Path, sessions: Iterable[Session], about: dict[str, str], omissions: bool = False) -> None:
    """Write all sessions of one mouse to `path`. omissions: whether trials without a reach are kept."""
    with open(path, "wb") as file:  # given a path, scipy would add .mat to the name
        savemat(cast(Any, file), build(list(sessions), about, omissions), oned_as="row", do_compression=True)


def build(sessions: list[Session], about: dict[str, str], omissions: bool = False) -> dict[str, object]:
    """The variables, by name."""
    trials = pd.concat([s.imaging.trials for s in sessions], ignore_index=True)
    kept = np.ones(len(trials), bool) if omissions else (trials["outcome"] != "no_reach").to_numpy()
    data = np.concatenate([s.imaging.dff for s in sessions])[kept].transpose(2, 1, 0)
    if data.nbytes >= LARGEST:
        raise UserError(f"data_all would have {data.nbytes / 1e9:.1f} GB, and a .mat holds 2 GB at most; use --xarray.")
    trials = trials[kept]
    stages = range(1, int(max(s.number for s in sessions)) + 1)
    return {
        "data_all": np.asfortranarray(data),
        "train_stage": trials["session"].to_numpy(float),
        "sflabels": trials["success"].to_numpy(float),
        "training_labels_lut": _cell(label(sessions[0], stage) for stage in stages),
        "time_s": sessions[0].imaging.time_s,
        "outcome": _cell(trials["outcome"]),
        "intervention": _cell(trials["intervention"]),
        "trial": trials["trial"].to_numpy(float),
        "unit": sessions[0].imaging.unit_ids.astype(float),
        **{f"area_{name}": _area(sessions, name, kept) for name in sessions[0].meaning},
        "simulated": SIMULATED,
        "about": about,
    }


def _area(sessions: list[Session], name: str, kept: np.ndarray) -> np.ndarray:
    """An area that was recorded on request, cells × steps of 10 ms × trials, single."""
    return np.asfortranarray(np.concatenate([s.activity[name] for s in sessions])[kept].transpose(2, 1, 0))


def label(any_session: Session, stage: int) -> str:
    """What the study calls a session: train_5, or CNO_3 where dopamine was blocked."""
    return f"{'CNO' if stage in blocked_sessions(any_session.subject.group, stage) else 'train'}_{stage}"


def _cell(texts: Iterable[str]) -> np.ndarray:
    """A MATLAB cell array of text, one row."""
    texts = [str(text) for text in texts]
    cell = np.empty((1, len(texts)), object)
    cell[0, :] = texts
    return cell
