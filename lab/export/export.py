"""Plan the files of an export, refuse to overwrite, and write them one after the other."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pandas as pd

from reachenv.lab.design.design import Subject
from reachenv.lab.errors import UserError
from reachenv.lab.export import parquet
from reachenv.lab.export.source import Session, about, mouse_name, read_session
from reachenv.lab.records.folder import Run, disk_trouble, write_whole
from reachenv.lab.records.imaging import ImagingParams, Trouble, readable_sessions
from reachenv.lab.records.recording import USUAL, read_session_trials, recorded_areas, write_trials


@dataclass(frozen=True)
class Format:
    """How a format is written. module: has write(path, sessions, about, **options). needs: packages beyond [lab].

    ending: of the files. by_session: one file a session, else one a mouse.
    """

    module: str
    needs: tuple[str, ...]
    ending: str
    by_session: bool = False


FORMATS = {
    "nwb": Format("reachenv.lab.export.nwb", ("pynwb",), ".nwb", by_session=True),
    "xarray": Format("reachenv.lab.export.netcdf", ("xarray", "h5netcdf"), ".nc"),
    "parquet": Format("reachenv.lab.export.parquet", (), ".parquet"),
    "mat": Format("reachenv.lab.export.mat", (), ".mat"),
}


@dataclass(frozen=True)
class Job:
    """One file to write, and the sessions of one mouse that go into it."""

    format: str
    path: Path
    subject: Subject
    sessions: tuple[int, ...]


@dataclass(frozen=True)
class Done:
    """What an export left. troubles: the sessions that could not be read and are in no file."""

    files: tuple[Path, ...]
    troubles: tuple[Trouble, ...]


def export(
    run: Run,
    formats: Sequence[str],
    out: Path,
    params: ImagingParams = ImagingParams(),  # noqa: B008  frozen
    overwrite: bool = False,
    omissions: bool = False,
    progress: Callable[[float], None] = lambda done: None,
) -> Done:
    """Write `out`/FORMAT/... for every format named, from all sessions that can be read; `progress` goes from 0 to 1.

    omissions: whether the .mat keeps trials without a reach, which the study's analysis leaves out.

    Raises:
        UserError: nothing to export, a package is missing, or a file is there already and `overwrite` is False. In all
            of these nothing was written.
    """
    for name in formats:
        _check_packages(name)
    found = readable_sessions(run)
    if not found.sessions:
        why = f" ({found.troubles[0]})" if found.troubles else ""
        raise UserError(f"{run.path} holds no session that can be exported{why}.")
    jobs = [job for name in formats for job in plan(name, out, found.sessions)]
    table = out / "parquet" / "trials.parquet"
    if not overwrite:
        areas = [path for job in jobs if job.format == "parquet" for path in _area_files(run, job).values()]
        _refuse_to_overwrite([job.path for job in jobs] + areas + ([table] if "parquet" in formats else []))
    notes, total = about(run, params), sum(len(job.sessions) for job in jobs)
    options: dict[str, dict[str, bool]] = {"mat": {"omissions": omissions}}
    done = 0

    def sessions(job: Job) -> Iterator[Session]:
        nonlocal done
        for number in job.sessions:
            yield read_session(run, job.subject, number, params)
            done += 1
            progress(done / total)

    for job in jobs:
        writer = importlib.import_module(FORMATS[job.format].module).write
        more = options.get(job.format, {})
        _write(job.path, partial(writer, sessions=sessions(job), about=notes, **more))
    files = [job.path for job in jobs]
    for job in (job for job in jobs if job.format == "parquet"):
        for area, path in _area_files(run, job).items():
            _write(path, partial(parquet.write_activity, sessions=_read(run, job, params), area=area))
            files.append(path)
    if "parquet" in formats:
        _write(table, lambda part: write_trials(part, _trials_of(run, found.sessions)))
        files.append(table)
    return Done(tuple(files), found.troubles)


def _area_files(run: Run, job: Job) -> dict[str, Path]:
    """Where the areas of a mouse that were recorded on request go: area → MOUSE.AREA.parquet."""
    areas = [area for area in recorded_areas(run) if area not in USUAL]
    return {area: job.path.with_name(f"{job.path.stem}.{area}{job.path.suffix}") for area in areas}


def _read(run: Run, job: Job, params: ImagingParams) -> Iterator[Session]:
    return (read_session(run, job.subject, number, params) for number in job.sessions)


def plan(name: str, out: Path, sessions: Iterable[tuple[Subject, int]]) -> list[Job]:
    """The files of one format, in the order of the design."""
    by_mouse: dict[Subject, list[int]] = {}
    for subject, session in sessions:
        by_mouse.setdefault(subject, []).append(session)
    kind, folder = FORMATS[name], out / name
    if not kind.by_session:
        return [Job(name, folder / f"{mouse_name(s)}{kind.ending}", s, tuple(n)) for s, n in by_mouse.items()]
    return [
        Job(name, folder / dandi_path(subject, number), subject, (number,))
        for subject, numbers in by_mouse.items()
        for number in numbers
    ]


def dandi_path(subject: Subject, session: int) -> Path:
    """sub-<id>/sub-<id>_ses-<NN>_behavior+ophys.nwb"""
    name = f"sub-{mouse_name(subject)}"
    return Path(name) / f"{name}_ses-{session:02d}_behavior+ophys.nwb"


def _trials_of(run: Run, sessions: Iterable[tuple[Subject, int]]) -> pd.DataFrame:
    """The trial table of these sessions alone: others may be damaged."""
    return pd.concat([read_session_trials(run, *session) for session in sessions], ignore_index=True)


def _write(path: Path, write: Callable[[Path], object]) -> None:
    try:
        write_whole(path, write)
    except OSError as error:
        trouble = disk_trouble(error, path)
        raise UserError(f"{path} cannot be written ({error.strerror or error}).") from (None if trouble else error)


def _refuse_to_overwrite(paths: Sequence[Path]) -> None:
    there = [path for path in paths if path.exists()]
    if there:
        more = f" and {len(there) - 1} more" if len(there) > 1 else ""
        raise UserError(f"{there[0]}{more} would be overwritten; give --overwrite, or another folder with --out.")


def _check_packages(name: str) -> None:
    for package in FORMATS[name].needs:
        try:
            importlib.import_module(package)
        except ImportError:
            raise UserError(f"--{name} needs the package {package}; pip install 'reachenv[export]'.") from None
