"""Which sessions of a run can be read. One that cannot is named with the reason, and the rest stays usable."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from reachenv.lab.design.design import Subject
from reachenv.lab.errors import UserError
from reachenv.lab.records.folder import Run
from reachenv.lab.records.imaging.indicator import ImagingParams
from reachenv.lab.records.imaging.session import Imaging, check_shapes, image_session, no_cells
from reachenv.lab.records.recording import read_recording, read_session_trials, recorded_areas


@dataclass(frozen=True)
class Trouble:
    """A session that cannot be read. reason: one sentence that names the file."""

    subject: Subject
    session: int
    reason: str

    def __str__(self) -> str:
        return f"{self.subject}, session {self.session}: {self.reason}"


@dataclass(frozen=True)
class Readable:
    """sessions: (subject, session) of all that can be read, in the order of the design. troubles: what cannot.

    Sessions that the run has not come to yet are in neither.
    """

    sessions: tuple[tuple[Subject, int], ...]
    troubles: tuple[Trouble, ...]


def readable_sessions(run: Run) -> Readable:
    """Read every recording and trial table of a run to its last byte, and sort the sessions into good and bad.

    Raises:
        UserError: the run was made without recording.
    """
    good, bad = [], []
    for subject, session in _begun(run):
        try:
            check_session(run, subject, session)
        except UserError as error:
            bad.append(Trouble(subject, session, str(error)))
        else:
            good.append((subject, session))
    return Readable(tuple(good), tuple(bad))


def check_session(run: Run, subject: Subject, session: int) -> None:
    """Read one session whole; UserError says what is wrong with it."""
    tape, trials = read_recording(run, subject, session), read_session_trials(run, subject, session)
    path = run.session_files(subject, session).recording
    areas = recorded_areas(run)
    missing = [name for name in (*areas, "paw_mm", "command", "dt", "frame_rate") if name not in tape]
    if missing:
        raise UserError(f"{path} is damaged (it has no {', '.join(missing)}).")
    check_shapes(path, tape if "m1_l23" in areas else tape | {"m1_l23": no_cells(tape)}, len(trials))
    steps = tape["paw_mm"].shape[:2]
    for name in ("command", *(area for area in areas if area != "m1_l23")):
        if tape[name].shape[:2] != steps:
            raise UserError(f"{path} is damaged ({name} has shape {tape[name].shape}, paw_mm {tape['paw_mm'].shape}).")


def image_sessions(run: Run, params: ImagingParams = ImagingParams()) -> Iterator[Imaging | Trouble]:  # noqa: B008  frozen
    """Image session after session in the order of the design; in place of one that cannot be read comes a Trouble."""
    for subject, session in _begun(run):
        try:
            yield image_session(run, subject, session, params)
        except UserError as error:
            yield Trouble(subject, session, str(error))


def _begun(run: Run) -> Iterator[tuple[Subject, int]]:
    """(subject, session) of which at least one file is there: group by group, mouse by mouse."""
    if not run.recorded():
        raise UserError(f"{run.path} was run with --no-recording: there is nothing to image.")
    design = run.design()
    for group in design.groups:
        for subject in (s for s in design.subjects() if s.group == group):
            for session in range(1, design.sessions + 1):
                files = run.session_files(subject, session)
                if files.recording.exists() or files.trials.exists():
                    yield subject, session
