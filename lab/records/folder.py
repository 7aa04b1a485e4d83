"""The run folder: where everything of a run lies, what it says of itself, and how a file gets there whole.

    runs/NAME/
      config.json                          settings, versions, command, status: running | finished
      trials.parquet                       one row a trial (from the session files, see lab.records.recording)
      mice/GROUP/mNN/session-SS.safetensors    the brain after session SS
      mice/GROUP/mNN/session-SS.parquet        its trials      session-SS.npz   its recording
      figures/*.png  rollout.mp4  report.html  tensorboard/

A file appears under its name only when it is complete: it is written beside itself, flushed to the disk and renamed.
"""

from __future__ import annotations

import errno
import fcntl
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from reachenv.agents import archive
from reachenv.lab.design import checked
from reachenv.lab.design.design import Design, Subject
from reachenv.lab.errors import UserError

FORMAT = "reachenv-run"
VERSION = 1


@dataclass(frozen=True)
class SessionFiles:
    """The files that one mouse leaves after one session."""

    brain: Path
    trials: Path
    recording: Path

    def complete(self, recorded: bool) -> bool:
        """Whether the session is done. The trials are written last, but any missing file has the session run again."""
        wanted = [self.trials, self.brain] + ([self.recording] if recorded else [])
        return all(path.exists() for path in wanted)


@dataclass(frozen=True)
class Run:
    """A run folder that exists and is one of ours."""

    path: Path

    def config(self) -> dict:
        return _read_config(self.path)

    def design(self) -> Design:
        return Design.from_json(self.config()["design"])

    def recorded(self) -> bool:
        return self.config()["recording"]

    def finished(self) -> bool:
        return self.config()["status"] == "finished"

    def update(self, **entries: object) -> None:
        """Change entries of config.json."""
        text = json.dumps({**self.config(), **entries}, indent=2, ensure_ascii=False) + "\n"
        write_whole(self.path / "config.json", lambda part: part.write_text(text, encoding="utf-8"))

    def session_files(self, subject: Subject, session: int) -> SessionFiles:
        stem = self.path / "mice" / str(subject) / f"session-{session:02d}"
        return SessionFiles(*(stem.with_suffix(s) for s in (".safetensors", ".parquet", ".npz")))

    def next_session(self, subject: Subject) -> int:
        """The first session of this mouse that is not done, counting from 1; sessions + 1 where all are."""
        design, recorded = self.design(), self.recorded()
        for session in range(1, design.sessions + 1):
            if not self.session_files(subject, session).complete(recorded):
                return session
        return design.sessions + 1

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Hold the folder against a second process that would carry the same run on."""
        with open(self.path / ".lock", "a") as lock:  # "w" would empty whatever lies there
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                raise UserError(f"{self.path} is being run by another process; wait for it or stop it.") from None
            yield

    def sweep(self) -> None:
        """Remove the half-written files that a killed process left. Only while holding the folder."""
        for leftover in [*self.path.rglob(".*.part"), *self.path.rglob(".*.tmp")]:
            leftover.unlink(missing_ok=True)


def create_run(path: Path, config: dict) -> Run:
    """Make a new run folder. One that exists is never touched: UserError."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.mkdir()
    except FileExistsError:
        other = f", or --resume {path}" if (path / "config.json").exists() else ""
        raise UserError(f"{path} exists already and is never overwritten; give another name{other}.") from None
    except OSError as error:
        raise UserError(f"the run folder {path} cannot be made: {error.strerror}.") from None
    text = json.dumps({"format": FORMAT, "version": VERSION, **config}, indent=2, ensure_ascii=False) + "\n"
    write_whole(path / "config.json", lambda part: part.write_text(text, encoding="utf-8"))
    return Run(path)


def open_run(path: Path) -> Run:
    """An existing run folder. Anything else raises UserError that says what was found."""
    path = Path(path)
    if not path.is_dir():
        what = "it is a file" if path.exists() else "there is no such folder"
        raise UserError(f"{path} is not a run folder: {what}; reachenv train makes run folders under runs/.")
    try:
        config = _read_config(path)
        found = (config["format"], config["version"])
    except FileNotFoundError:
        raise UserError(f"{path} is not a run folder: it has no config.json.") from None
    except (ValueError, TypeError, KeyError, OSError):
        raise UserError(f"{path} is not a run folder: its config.json is damaged or not of a run.") from None
    if found[0] != FORMAT or not isinstance(found[1], int):
        raise UserError(f"{path} is not a run folder: its config.json says {found[0]!r}, expected {FORMAT!r}.")
    if found[1] > VERSION:
        raise UserError(f"{path} was written by a newer version (format {found[1]}); this one reads up to {VERSION}.")
    refuse_links_outward(path)
    run = Run(path)
    try:
        run.design(), run.recorded(), run.finished()
    except (ValueError, TypeError, KeyError) as error:
        raise UserError(f"{path} cannot be used: its config.json is damaged ({error!r}).") from None
    return run


def refuse_links_outward(path: Path) -> None:
    """UserError where a link within a run folder leads out of it: whoever goes on with the run would write there.

    The folder itself may be a link, and links within it may lead to what it holds.
    """
    whole = os.path.realpath(path)
    for folder, folders, files in os.walk(path):
        for name in (*folders, *files):
            link = os.path.join(folder, name)
            if os.path.islink(link):
                leads = os.path.realpath(link)
                if os.path.commonpath([whole, leads]) != whole:
                    raise UserError(
                        f"{ascii(link)[1:-1]} is a link that leads out of the run folder, to {ascii(leads)[1:-1]}; "
                        "put what it leads to in its place."
                    )


def _read_config(path: Path) -> dict:
    """config.json as plain data. OSError, or ValueError for what is no such file of a run."""
    config = archive.read_json(archive.read_file(path / "config.json", archive.MOST_TEXT))
    if not isinstance(config, dict):
        raise ValueError("config.json holds no object")
    return config


def free_name(parent: Path, design: str, now: datetime) -> str:
    """A folder name that is not taken: acquisition-2026-11-21-1432, then …-1432-2 and so on."""
    stem = f"{design}-{now:%Y-%m-%d-%H%M}"
    count = 1
    while (parent / (stem if count == 1 else f"{stem}-{count}")).exists():
        count += 1
    return stem if count == 1 else f"{stem}-{count}"


def check_name(name: str) -> str:
    """A name that is a folder name and no path."""
    try:
        return checked.name(name, "--name")
    except ValueError:
        raise UserError(
            f"--name {checked.brief(name)} cannot be a folder name; use letters, digits, '-', '_', '+' and '.'."
        ) from None


def write_bytes(path: Path, content: bytes) -> None:
    """Write these bytes whole or not at all: see `write_whole`."""
    write_whole(path, lambda part: part.write_bytes(content))


def write_whole(path: Path, write: Callable[[Path], object]) -> None:
    """Have `write` fill a file beside `path`, flush it to the disk, and rename it: `path` is whole or not there."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        write(part)
        with open(part, "rb+") as file:
            os.fsync(file.fileno())
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)


def disk_trouble(error: OSError, path: Path) -> UserError | None:
    """The sentence for a disk that takes no more, None where the error is another."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return UserError(
            f"the disk of {path} takes no more ({error.strerror}); what was finished is kept: "
            f"make room, then reachenv train --resume {path}"
        )
    if error.errno in (errno.EROFS, errno.EACCES, errno.EPERM):
        return UserError(f"{path} cannot be written ({error.strerror}); what was finished is kept.")
    return None
