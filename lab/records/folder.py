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
import os
import re
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from reachenv.lab.design import checked
from reachenv.lab.design.design import Design, Subject
from reachenv.lab.errors import UserError
from reachenv.lab.records.config import EVERY_RUN, RUN, Config, check_config, read_json, record, to_json

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
        for path in wanted:
            if path.is_dir():
                raise UserError(f"{path} is a folder where a file belongs; move it away, and its session runs again.")
        return all(path.exists() for path in wanted)


@dataclass(frozen=True)
class Run:
    """A run folder that exists and is one of ours."""

    path: Path

    def config(self) -> Config:
        """What config.json says, checked: UserError where it is damaged."""
        entries = _entries(self.path)
        return check_config(self.path, entries, RUN if entries["format"] == FORMAT else record({}, EVERY_RUN))

    def design(self) -> Design:
        return open_config(self.path)[1]

    def recorded(self) -> bool:
        return self.config()["recording"]

    def finished(self) -> bool:
        return self.config()["status"] == "finished"

    def update(self, **entries: object) -> None:
        """Change entries of config.json."""
        write_bytes(self.path / "config.json", to_json({**self.config(), **entries}))

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
            if leftover.is_file():
                leftover.unlink(missing_ok=True)


STALE_S = 60.0  # a new folder has its own name after some milliseconds


def create_run(path: Path, config: dict) -> Run:
    """Make a new run folder, whole or not at all. One that exists is never touched: UserError.

    It is filled under another name beside its place, and renamed when its config.json is on the disk. What a process leaves that is
    killed before that is removed by the next one that makes a folder there.
    """
    new = path.with_name(f".{path.name}.{os.getpid()}.new")
    above: list[Path] = []  # folders that are made for it, and go again where it cannot be made
    made = False
    try:
        if os.path.lexists(path):
            raise FileExistsError
        content = to_json({"format": FORMAT, "version": VERSION, **config})
        above = [folder for folder in path.parents if not os.path.lexists(folder)]
        path.parent.mkdir(parents=True, exist_ok=True)
        _sweep_new(path.parent)
        new.mkdir()
        try:
            write_bytes(new / "config.json", content)
            os.rename(new, path)
            made = True
        finally:
            shutil.rmtree(new, ignore_errors=True)
    except (FileExistsError, NotADirectoryError) as error:
        if not os.path.lexists(path):  # something above it is a file
            raise UserError(f"the run folder {path} cannot be made: {error.strerror}.") from None
        other = f", or --resume {path}" if (path / "config.json").exists() else ""
        raise UserError(f"{path} exists already and is never overwritten; give another name{other}.") from None
    except OSError as error:
        if error.errno == errno.ENOTEMPTY:  # made by somebody else in the meantime
            raise UserError(f"{path} exists already and is never overwritten; give another name.") from None
        raise UserError(f"the run folder {path} cannot be made: {error.strerror or error}.") from None
    except UnicodeEncodeError:
        raise UserError(
            f"the run folder {str(path)!a} cannot be made: its path, or one that it names, is not text."
        ) from None
    finally:
        for folder in above if not made else ():
            with suppress(OSError):  # not there, or somebody else uses it
                folder.rmdir()
    return Run(path)


def _sweep_new(parent: Path) -> None:
    """Remove the unfinished folders that killed processes left, which hold no more than a config.json."""
    for left in parent.glob(".*.new"):
        try:
            ours = {p.name.partition("config.json")[0] for p in left.iterdir()} <= {"", "."}
            if re.fullmatch(r"\..+\.\d+\.new", left.name) and ours and time.time() - left.stat().st_mtime > STALE_S:
                shutil.rmtree(left, ignore_errors=True)
        except OSError:
            continue  # somebody else removes it, or it is not ours to look into


def open_config(path: Path) -> tuple[Config, Design]:
    """What the config.json of a run of mice says, and its design. Anything else raises UserError that says what was found."""
    path = Path(path)
    config = _entries(path)
    found = (config["format"], config["version"])
    if found[0] != FORMAT or not isinstance(found[1], int):
        raise UserError(
            f"{path} is not a run folder: its config.json has the format {found[0]!r}, expected {FORMAT!r}."
        )
    if found[1] > VERSION:
        raise UserError(f"{path} was written by a newer version (format {found[1]}); this one reads up to {VERSION}.")
    whole = check_config(path, config)
    try:
        return whole, Design.from_json(config["design"])
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError) as error:
        raise UserError(f"{path} cannot be used: its config.json is damaged ({error}).") from None


def _entries(path: Path) -> dict[str, Any]:
    """What the config.json of a run of any kind says, not checked."""
    if not path.is_dir():
        what = "it is a file" if path.exists() else "there is no such folder"
        raise UserError(f"{path} is not a run folder: {what}; reachenv train makes run folders under runs/.")
    try:
        config = read_json(path / "config.json")
    except FileNotFoundError:
        raise UserError(f"{path} is not a run folder: it has no config.json.") from None
    except OSError as error:
        raise UserError(f"{path} cannot be used: its config.json cannot be read ({error.strerror}).") from None
    if not isinstance(config, dict) or "format" not in config or "version" not in config:
        raise UserError(f"{path} is not a run folder: its config.json is damaged or not of a run.")
    return config


def open_run(path: Path) -> Run:
    """An existing run folder. Anything else raises UserError that says what was found."""
    open_config(path)
    refuse_links_outward(Path(path))
    return Run(Path(path))


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


def write_text(path: Path, text: str) -> None:
    """The same of a text; what is no text in it, such as the name of a folder, is written as escapes."""
    write_bytes(path, text.encode("utf-8", "backslashreplace"))


def check_folder(path: Path, option: str) -> None:
    """UserError where no files can be written into this folder, which need not exist yet. Asked before long work.

    option: as it was typed, such as "--out".
    """
    there = next((p for p in (path, *path.absolute().parents) if os.path.lexists(p)), Path("/"))
    if not there.is_dir():
        raise UserError(f"{option} {path} cannot be written: {there} is no folder.")
    try:
        descriptor, probe = tempfile.mkstemp(prefix=".reachenv-", dir=there)
        os.close(descriptor)
        os.unlink(probe)
    except OSError as error:
        raise UserError(f"{option} {path} cannot be written: {there}: {error.strerror}.") from None


def check_file(path: Path, option: str) -> None:
    """The same of one file: its folder can be written, and its place is not taken by something that is no file."""
    if os.path.lexists(path) and not path.is_file():
        raise UserError(f"{option} {path} cannot be written: it is {'a folder' if path.is_dir() else 'no file'}.")
    check_folder(path.parent, option)


def write_whole(path: Path, write: Callable[[Path], object]) -> None:
    """Have `write` fill a file beside `path`, flush it to the disk, and rename it: `path` is whole or not there."""
    if path.is_dir():
        raise UserError(f"{path} is a folder where a file is to be written; move it away.")
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        write(part)
        with open(part, "rb+") as file:
            os.fsync(file.fileno())
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)


def disk_trouble(error: OSError, path: Path, again: str = "reachenv train --resume") -> UserError | None:
    """The sentence for a disk that takes no more, None where the error is another.

    again: the command that goes on with the run of this path.
    """
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return UserError(
            f"the disk of {path} takes no more ({error.strerror}); what was finished is kept: "
            f"make room, then {again} {path}"
        )
    if error.errno in (errno.EROFS, errno.EACCES, errno.EPERM):
        return UserError(f"{path} cannot be written ({error.strerror}); what was finished is kept.")
    return None
