"""One mouse as a long table: a row for every cell and frame, to be joined with trials.parquet.

| column | type | |
|---|---|---|
| group | category | |
| mouse, session, trial | int16 | as in trials.parquet, from 1 |
| outcome | category | of the trial |
| success | bool | |
| unit | int16 | the same cell in every session |
| frame | int16 | from 0 |
| time | float32 | [s] from the tone |
| dff | float32 | ΔF/F, with noise |
| rate | float32 | firing rate without noise |

Rows are ordered by session, trial, unit, frame: a trace lies in one piece, and a session is a row group of its own.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from reachenv.lab.export.source import Session


def write(path: Path, sessions: Iterable[Session], about: dict[str, str]) -> None:
    """Write all sessions of one mouse to `path`, session by session: no more than one is held in memory."""
    writer = None
    try:
        for session in sessions:
            table = rows(session)
            table = table.replace_schema_metadata({**(table.schema.metadata or {}), **about})
            if writer is None:
                values = ["dff", "rate"]  # nearly all different: a dictionary would only cost
                repeated = [name for name in table.column_names if name not in values]
                writer = pq.ParquetWriter(
                    path, table.schema, compression="zstd", compression_level=1,
                    use_dictionary=repeated, use_byte_stream_split=values,
                )  # fmt: skip
            writer.write_table(table, row_group_size=max(1, len(table)))
    finally:
        if writer is not None:
            writer.close()


def rows(session: Session) -> pa.Table:
    """The rows of one session."""
    imaging, trials = session.imaging, session.imaging.trials
    n, frames, units = imaging.dff.shape
    of_trial, of_unit = np.divmod(np.arange(n * units), units)
    trial = np.repeat(of_trial, frames)

    def same(value: int) -> np.ndarray:
        return np.full(n * units * frames, value, np.int16)

    return pa.table(
        {
            "group": _category([session.subject.group.name], np.zeros(len(trial), np.int8)),
            "mouse": same(session.subject.mouse),
            "session": same(session.number),
            "trial": trials["trial"].to_numpy(np.int16)[trial],
            "outcome": _category(*_coded(trials["outcome"], trial)),
            "success": trials["success"].to_numpy(bool)[trial],
            "unit": np.repeat(imaging.unit_ids[of_unit].astype(np.int16), frames),
            "frame": np.tile(np.arange(frames, dtype=np.int16), n * units),
            "time": np.tile(imaging.time_s.astype(np.float32), n * units),
            "dff": imaging.dff.transpose(0, 2, 1).ravel(),
            "rate": imaging.rates.transpose(0, 2, 1).ravel(),
        }
    )


def activity_rows(session: Session, area: str) -> pa.Table:
    """An area that was recorded on request: a row for every cell and control step. Columns: as above, with `cell`, `step`, `value`."""
    data = session.activity[area]
    n, steps, cells = data.shape
    trial = np.repeat(np.arange(n), steps * cells)
    time = np.arange(steps) * session.dt - float(session.imaging.trials["tone_time"].iloc[0])
    return pa.table(
        {
            "group": _category([session.subject.group.name], np.zeros(len(trial), np.int8)),
            "mouse": np.full(len(trial), session.subject.mouse, np.int16),
            "session": np.full(len(trial), session.number, np.int16),
            "trial": session.imaging.trials["trial"].to_numpy(np.int16)[trial],
            "cell": np.tile(np.repeat(np.arange(cells, dtype=np.int16), steps), n),
            "step": np.tile(np.arange(steps, dtype=np.int16), n * cells),
            "time": np.tile(time.astype(np.float32), n * cells),
            "value": data.transpose(0, 2, 1).ravel(),
        }
    )


def write_activity(path: Path, sessions: Iterable[Session], area: str) -> None:
    """Write an area that was recorded on request, all sessions of one mouse, to `path`."""
    pq.write_table(pa.concat_tables([activity_rows(s, area) for s in sessions]), path, compression="zstd")


def _coded(column: pd.Series, trial: np.ndarray) -> tuple[list[str], np.ndarray]:
    names = sorted(set(column))
    codes = column.map({name: i for i, name in enumerate(names)}).to_numpy(np.int8)
    return names, codes[trial]


def _category(names: list[str], codes: np.ndarray) -> pa.DictionaryArray:
    return pa.DictionaryArray.from_arrays(pa.array(codes, pa.int8()), pa.array(names, pa.string()))
