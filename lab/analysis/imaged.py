"""What an analysis reads of a mouse: its imaging and its trials, and a fingerprint by which to know them again."""

from __future__ import annotations

import hashlib
import inspect
import zipfile
from collections.abc import Callable
from pathlib import Path

import pandas as pd

from reachenv.lab.analysis.results import Analysis, Imaged, Mouse
from reachenv.lab.design.design import Subject
from reachenv.lab.errors import UserError
from reachenv.lab.records.folder import Run
from reachenv.lab.records.recording import read_session_trials, recorded_areas, trial_table
from reachenv.schema import EXPERT_SESSION as EXPERT

Load = Callable[[Run, Subject, int], Imaged]


def imaged_subjects(run: Run) -> list[Subject]:
    """The mice of a run with a recording of any session. UserError where there is none."""
    if not run.recorded():
        raise UserError(f"{run.path} ran with --no-recording: nothing was imaged, so there is nothing to analyse.")
    if "m1_l23" not in recorded_areas(run):
        brain = run.config()["brain"]["name"]
        raise UserError(
            f"the brain of {run.path}, {brain}, has no area m1_l23 to image, so there is nothing to analyse."
        )
    design = run.design()
    numbers = range(1, design.sessions + 1)
    there = [s for s in design.subjects() if any(run.session_files(s, k).recording.exists() for k in numbers)]
    if not there:
        raise UserError(f"{run.path} holds no finished session yet: there is nothing to analyse.")
    return there


def read_mouse(run: Run, subject: Subject, load: Load | None = None) -> tuple[Mouse, list[str]]:
    """A mouse's imaging and trials, and a sentence on each session that cannot be read and was left out.

    load: run, mouse, session → what was imaged; `lab.records.imaging.image_session` unless another is given.
    """
    if load is None:
        from reachenv.lab.records.imaging import image_session

        load = image_session
    design, sessions, tables, damaged = run.design(), {}, [trial_table([])], []
    for session in range(1, design.sessions + 1):
        files = run.session_files(subject, session)
        if not files.recording.exists() or not files.trials.exists():
            continue
        try:
            table = read_session_trials(run, subject, session)
            sessions[session] = load(run, subject, session)
            tables.append(table)
        except UserError as error:
            damaged.append(str(error))
    trials = pd.concat(tables[1:] or tables, ignore_index=True)
    return Mouse(subject, sessions, trials, min(EXPERT, design.sessions)), damaged


def fingerprint(run: Run, subject: Subject, analysis: Analysis) -> str:
    """Of all that a result depends on: recordings and trials of a mouse, the analysis' own code, the imaging model's."""
    digest = hashlib.blake2b(digest_size=16)
    here, code = Path(__file__).parent, Path(inspect.getfile(inspect.unwrap(analysis.compute)))
    sources = sorted(code.parent.glob("*.py")) if code.parent.parent == here else [code]
    for source in [*sources, *sorted((here.parent / "records" / "imaging").glob("*.py"))]:
        digest.update(source.read_bytes())
    for session in range(1, run.design().sessions + 1):
        files = run.session_files(subject, session)
        for path in (files.recording, files.trials):
            digest.update(f"{session} {path.suffix} {_content(path)} ".encode())
    return digest.hexdigest()


def _content(path: Path) -> str:
    """What a file holds, in short: the checksums that a recording carries of its arrays, or one of all of its bytes."""
    if not path.exists():
        return "none"
    try:
        with zipfile.ZipFile(path) as archive:
            return " ".join(f"{member.filename}:{member.CRC}" for member in archive.infolist())
    except zipfile.BadZipFile:
        return hashlib.blake2b(path.read_bytes()).hexdigest()
