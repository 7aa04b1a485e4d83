"""What is written of a session, and its reader. Recording only observes: it takes copies and returns nothing.

**Trials** (`session-SS.parquet` for each mouse, `trials.parquet` for the run): one row a trial, `TRIAL_COLUMNS`.
Times are in s from the start of the trial, NaN if it did not happen.

**Recording** (`session-SS.npz`), T control steps a trial at `dt` s, F frames a trial at `frame_rate` Hz:

| array | shape | unit |
|---|---|---|
| paw_mm | (trials, T, 3) f32 | grip point from the mouth, x forward, y left, z up [mm], as the mouse senses it |
| command | (trials, T, 5) f32 | descending command, −1..1: x, y, z, pronation, grip |
| vta | (trials, T) f32 | firing of the dopamine cells |
| dopamine_m1, dopamine_striatum | (trials, T) f32 | dopamine that arrives there |
| m1_l23 | (trials, F, units) f16 | rates of M1 layer 2-3, the imaged population |
| film_trial | (k,) i32 | the filmed trials, from 1: first, middle, last |
| qpos | (k, T, nq) f32 | generalized positions of the world in those trials |
| film_m1 | (k, T, units) f16 | layer 2-3 at every step of those trials |
| any area of `--record`, such as gpi | (trials, T, cells) f32 | its activity; muscles: activation 0..1; joints: angles [rad] |
| dt, frame_rate | () f64 | [s], [Hz] |
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from reachenv.agents import archive
from reachenv.lab.design.design import Subject
from reachenv.lab.design.old_groups import merged_label
from reachenv.lab.errors import UserError
from reachenv.lab.records.folder import Run, write_whole
from reachenv.lab.records.table import read_table, write_table
from reachenv.schema import EVENTS, OUTCOMES

MOST_BYTES = 8 * 2**30
"""Of one recording in memory: ten thousand trials of two hundred steps with a thousand cells."""
FRAME_RATE = 30.0  # Hz, two-photon imaging of Ghanayim et al. 2025
TRACES = ("vta", "dopamine_m1", "dopamine_striatum")
USUAL = ("m1_l23", *TRACES)
"""Areas that are recorded of every brain that has them."""
BODY = {
    "muscles": "activation of every muscle, 0 to 1",
    "joints": "angle of every joint of the arm [rad]",
    "command": "descending command, -1 to 1; always recorded",
}
"""What can be recorded of the body, beside the areas of a brain."""

_WORLD = {f"{event}_time": "float32" for event in EVENTS} | {
    "reach_duration": "float32",  # s
    "peak_speed": "float32",  # cm/s
    "aim_error": "float32",  # mm
    **{f"endpoint_{axis}": "float32" for axis in "xyz"},  # mm from the pellet's place: where the reach ended
}
TRIAL_COLUMNS: dict[str, str] = {
    "group": "string",
    "mouse": "int32",
    "session": "int32",
    "trial": "int32",
    "outcome": "string",  # success, miss, knock, slip, drop, no_reach
    "success": "bool",
    "reward": "float32",  # summed over the trial
    "rpe": "float32",  # reward-prediction error at the outcome
    "value_at_tone": "float32",
    "exploration": "float32",
    "dopamine_m1": "float32",  # that arrived, mean over the trial
    "dopamine_striatum": "float32",
    "intervention": "string",  # all that were on, '' for none, such as m1x0+gpix0: see `agents.interventions`
    "perturbation": "string",  # of the world, '' for none
    **_WORLD,
    "seed": "int64",  # of the world in this trial; reachenv's reset(seed=) replays it
}


def written(info: Mapping[str, Any]) -> dict[str, Any]:
    """What a world's info says of trials, as tables hold it: `outcome` in words, and NaN where something did not happen.

    info: of one trial or, as arrays, of several.
    """
    out = {k: _nan_for_never(v) for k, v in info.items() if k in TRIAL_COLUMNS or k in ("is_success", "endpoint")}
    if "outcome_code" in info:
        out["outcome"] = np.array(OUTCOMES, object)[np.asarray(info["outcome_code"])]
    return out


def _nan_for_never(value: Any) -> Any:
    if np.asarray(value).dtype.kind != "f":
        return value
    return np.where(np.isinf(value), np.nan, value)[()]


def film_trials(trials: int) -> list[int]:
    """The first, a middle and the last trial, without repetition where there are fewer than three."""
    return sorted({1, (trials + 1) // 2, trials})


def with_one_intervention_column(table: pd.DataFrame) -> pd.DataFrame:
    """A trials table of today from one of an older run, in which dopamine blocks had a column of their own."""
    if "block" not in table:
        return table
    blocks = table["block"].fillna("")
    others = table["intervention"].fillna("") if "intervention" in table else [""] * len(table)
    labels = [merged_label(block, other) for block, other in zip(blocks, others, strict=True)]
    table = table.assign(intervention=pd.array(labels, dtype="string")).drop(columns="block")
    first = [name for name in TRIAL_COLUMNS if name in table]
    return table[[*first, *table.columns.drop(first)]]


def trial_table(rows: list[dict]) -> pd.DataFrame:
    """Rows with every column in order and type; what the world or brain did not tell is NaN."""
    table = pd.DataFrame(rows).reindex(columns=list(TRIAL_COLUMNS))
    return table.astype(TRIAL_COLUMNS)


def write_trials(path: Path, table: pd.DataFrame) -> None:
    """With a digest of the file's own content: see `lab.records.table`."""
    write_table(path, table)


def write_recording(path: Path, arrays: dict[str, np.ndarray]) -> None:
    def write(part: Path) -> None:
        with open(part, "wb") as file:
            np.savez_compressed(file, allow_pickle=False, **arrays)

    write_whole(path, write)


def read_recording(
    run: Run, subject: Subject, session: int, names: Sequence[str] | None = None
) -> dict[str, np.ndarray]:
    """The recording of one mouse and session, or the arrays named; UserError where there is none or it is damaged."""
    path = run.session_files(subject, session).recording
    try:
        return read_arrays(path, names)
    except FileNotFoundError:
        raise UserError(f"{path} is not there: the session is not done, or ran with --no-recording.") from None
    except Exception as error:  # zipfile, zlib and numpy each have their own for a damaged file
        raise UserError(
            f"{path} is damaged ({archive.short(error)}); delete it and resume, and the session runs again."
        ) from None


def recorded_areas(run: Run) -> dict[str, str]:
    """What a run recorded at every step beside paw and command: area → what it is. Usual areas that its brain lacks are left out."""
    config = run.config()
    if not run.recorded():
        return {}
    return config.get("areas", dict.fromkeys(USUAL, ""))


def read_activity(run: Run, subject: Subject, session: int, area: str) -> np.ndarray:
    """Activity of an area in every control step of a session, (trials, T, cells); m1_l23 in imaging frames, (trials, F, cells).

    Raises:
        UserError: the run did not record it; the message lists what it recorded.
    """
    there = {**recorded_areas(run), "command": "", "paw_mm": ""} if run.recorded() else {}
    if area not in there:
        raise UserError(f"{run.path} recorded no {area!r}; it recorded {', '.join(there) or 'nothing'}.")
    found = read_recording(run, subject, session, [area])[area]
    return found if found.ndim == 3 else found[..., None]


def read_session_trials(run: Run, subject: Subject, session: int) -> pd.DataFrame:
    """The trials of one mouse and session; UserError where the session is not done or its file is damaged."""
    path = run.session_files(subject, session).trials
    if not path.exists():
        raise UserError(f"{path} is not there: session {session} of {subject} is not done.")
    return _read_session(run, subject, session)


def read_trials(run: Run) -> pd.DataFrame:
    """All trials so far, from the session files: usable while the run still goes on. Ordered by group, mouse, time."""
    design = run.design()
    tables = [
        _read_session(run, subject, session)
        for subject in (Subject(group, mouse) for group in design.groups for mouse in range(1, design.mice + 1))
        for session in range(1, design.sessions + 1)
        if run.session_files(subject, session).trials.exists()
    ]
    return pd.concat(tables, ignore_index=True) if tables else trial_table([])


def assemble_trials(run: Run) -> pd.DataFrame:
    """Write trials.parquet from the session files and return it."""
    table = read_trials(run)
    write_trials(run.path / "trials.parquet", table)
    return table


def _read_session(run: Run, subject: Subject, session: int) -> pd.DataFrame:
    path = run.session_files(subject, session).trials
    try:
        table = with_one_intervention_column(read_table(path))
        where = {"group": subject.group.name, "mouse": subject.mouse, "session": session}
        for column, value in where.items():
            if not (table[column] == value).all():
                raise ValueError(f"it is of {column} {archive.short(ValueError(str(table[column].iloc[0])), 40)}")
        return table
    except Exception as error:  # pandas raises several kinds for columns of other types
        said = f"it has no column {error}" if isinstance(error, KeyError) else error
        raise UserError(f"{path} is damaged ({said}); delete it and resume, and the session runs again.") from None


def read_arrays(path: Path, names: Sequence[str] | None = None) -> dict[str, np.ndarray]:
    """The arrays of an .npz, or those named, each with the checksum that it was written with; sizes are checked before.

    Raises: OSError, or what zipfile, zlib and numpy have for a damaged file.
    """
    with open(path, "rb") as file:
        archive.members(file, MOST_BYTES)
        with np.load(file, allow_pickle=False) as arrays:
            return {name: arrays[name] for name in (arrays.files if names is None else names)}
