"""What the analyses of the imaged population are given, and the files in which they leave what they find.

    RUN/analysis/NAME/GROUP-mNN.npz             arrays of one mouse, and `inputs`: a fingerprint of what they came from
    RUN/analysis/NAME/GROUP-mNN.TABLE.parquet   a tidy table of one mouse

An analysis is a pure function of a `Mouse`; it returns tables and arrays by name. Reading needs neither the recordings
nor the packages that the analyses use.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import pandas as pd

from reachenv.agents import archive
from reachenv.lab.design.design import Subject
from reachenv.lab.errors import UserError
from reachenv.lab.records.folder import Run, write_whole
from reachenv.lab.records.recording import read_arrays
from reachenv.lab.records.table import read_table, write_table
from reachenv.schema import EXPERT_SESSION

Result = dict[str, Any]
"""What was found of one mouse: by name, tables (DataFrame) and arrays; each analysis says which name is what."""


class Imaged(Protocol):
    """One session seen through the microscope: dff and rates (trials, frames, units), time_s (frames,) from the tone."""

    @property
    def dff(self) -> np.ndarray: ...

    @property
    def rates(self) -> np.ndarray: ...

    @property
    def time_s(self) -> np.ndarray: ...


@dataclass(frozen=True)
class Mouse:
    """All that was imaged of one mouse, the same units in every session.

    sessions: by number, from 1; one whose recording is damaged or not there is left out. trials: its rows of
    trials.parquet, of the same sessions, in order. expert: the session that counts as expert, 7, or the last one of a
    shorter design.
    """

    subject: Subject
    sessions: Mapping[int, Imaged]
    trials: pd.DataFrame
    expert: int = EXPERT_SESSION

    def has(self, *sessions: int) -> bool:
        return all(s in self.sessions for s in sessions)

    def success(self, session: int) -> np.ndarray:
        """(trials,) bool"""
        return self.trials.success[self.trials.session == session].to_numpy(bool)


@dataclass(frozen=True)
class Analysis:
    """One analysis by its name: the folder it fills, what it tells, in a few words, and how it is done."""

    name: str
    about: str
    compute: Callable[[Mouse], Result]


def write_result(run: Run, name: str, subject: Subject, result: Result, inputs: str) -> None:
    """Write what an analysis found of one mouse. The npz comes last and says that the rest is whole."""
    arrays = {key: value for key, value in result.items() if not isinstance(value, pd.DataFrame)}
    for key, table in result.items():
        if isinstance(table, pd.DataFrame):
            write_table(_table(run, name, subject, key), table)

    def write(part: Path) -> None:
        with open(part, "wb") as file:
            np.savez_compressed(file, **arrays, inputs=np.array(inputs), tables=np.array(_tables(result), dtype=str))

    write_whole(_npz(run, name, subject), write)


def inputs_of(run: Run, name: str, subject: Subject) -> str | None:
    """The fingerprint of what a result was computed from; None where there is no whole result."""
    try:
        arrays = read_arrays(_npz(run, name, subject), ["inputs", "tables"])
        there = all(_table(run, name, subject, str(key)).exists() for key in arrays["tables"])
        return str(arrays["inputs"]) if there else None
    except FileNotFoundError:
        return None
    except Exception:  # zipfile, zlib and numpy each have their own for a damaged file: it is computed again
        return None


def read_result(run: Run, name: str, subject: Subject) -> Result | None:
    """What an analysis found of one mouse, tables and arrays by name; None where it has not been done."""
    path = _npz(run, name, subject)
    try:
        arrays = read_arrays(path)
        found: Result = {key: value for key, value in arrays.items() if key not in ("inputs", "tables")}
        for key in map(str, arrays["tables"]):
            path = _table(run, name, subject, key)
            found[key] = read_table(path)
        return found
    except FileNotFoundError:
        return None
    except Exception as error:
        again = f"reachenv analyse {run.path}"
        raise UserError(
            f"{path} is damaged ({archive.short(error)}); delete that file and do it again: {again}"
        ) from None


def _npz(run: Run, name: str, subject: Subject) -> Path:
    return run.path / "analysis" / name / f"{subject.group.name}-m{subject.mouse:02d}.npz"


def _table(run: Run, name: str, subject: Subject, key: str) -> Path:
    path = _npz(run, name, subject)
    return path.with_name(f"{path.stem}.{key}.parquet")


def _tables(result: Result) -> list[str]:
    return sorted(key for key, value in result.items() if isinstance(value, pd.DataFrame))
