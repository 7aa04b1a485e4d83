"""Mice that go on from a finished run: which run, session and group, and their brains copied in.

The copies lie where the session before the first would: mice/GROUP/mNN/session-00.safetensors. A run is whole by itself
again; where its mice come from stands in config.json, with the digest of every brain that was taken.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from reachenv.agents import checkpoint
from reachenv.lab.design import checked
from reachenv.lab.design.design import Design, Origin, Subject
from reachenv.lab.errors import UserError
from reachenv.lab.records.folder import Run, open_run, write_bytes
from reachenv.lab.runner.brains import read_brain

GROUP = "control"


def find_origin(path: Path, group: str | None = None, session: int | None = None) -> tuple[Run, Origin]:
    """The run to go on from: its group (control unless named) after a session (the last unless given).

    Raises UserError: no such run, group or session, mice that were not born as control's twins, or a run that goes on itself.
    """
    run = open_run(path)
    design = run.design()
    control = design.control()
    name = group or (control.name if control else GROUP)
    there = {g.name: g for g in design.groups}
    if name not in there:
        raise UserError(f"{path} has no group {name!r} to go on from; there is {', '.join(there)}.")
    if there[name].litter or there[name].variant:
        raise UserError(f"the mice of {name!r} in {path} have bodies or brains of their own; go on from {GROUP!r}.")
    done = min(run.next_session(Subject(there[name], mouse)) for mouse in range(1, design.mice + 1)) - 1
    session = done if session is None else session
    if not 1 <= session <= done:
        raise UserError(f"{path} has sessions 1-{done} of {name!r} behind it; --from-session {session} given.")
    if design.origin:
        raise UserError(f"{path} goes on from {design.origin.run} itself; start from a run that began with novices.")
    return run, Origin(run.path.resolve().name, name, session, design.seed)


def check_size(source: Run, origin: Origin, mice: int) -> None:
    """UserError where more mice are asked for than the run holds."""
    there = source.design().mice
    if mice > there:
        raise UserError(f"{origin.run} holds {there} mice of {origin.group!r}; --mice {mice} given.")


def check_brain_of(source: Run, design: Design) -> None:
    """UserError where the mice of the run have another brain than the design asks for; its parameters may differ."""
    theirs = source.design().brain
    if theirs != design.brain:
        raise UserError(f"the mice of {source.path} have the brain {theirs}; --brain {design.brain} given.")


def complete(run: Run) -> None:
    """Copy the brains that a run was killed before it had; nothing for novices, and where all are there.

    Where they come from stands in config.json. It is only ever read there, and checked as any run folder is.
    """
    design, said = run.design(), run.config().get("origin")
    if design.origin is None or (isinstance(said, dict) and "sha256" in said):
        return
    try:
        path = Path(checked.line(checked.named(said, "origin").get("path"), "origin.path"))
    except ValueError as error:
        raise UserError(f"{run.path} cannot be used: its config.json is damaged ({error}).") from None
    with run.alone():
        adopt(run, design, open_run(path))


def adopt(run: Run, design: Design, source: Run) -> None:
    """Copy the brains in, one for each mouse of each group, and write down which they were."""
    origin = design.origin
    if origin is None:
        raise ValueError("the mice of this design come from no other run")
    taken = {}
    group = next((g for g in source.design().groups if g.name == origin.group), None)
    if group is None:
        raise UserError(f"{source.path} has no group {origin.group!r}, from which the mice of {run.path} come.")
    check_size(source, origin, design.mice)
    for mouse in range(1, design.mice + 1):
        path = source.session_files(Subject(group, mouse), origin.session).brain
        try:
            read_brain(source, Subject(group, mouse), origin.session)
        except checkpoint.CheckpointError as error:
            raise UserError(f"{error} No run can go on from it.") from None
        taken[f"m{mouse:02d}"] = hashlib.sha256(path.read_bytes()).hexdigest()
        for of in design.groups:
            brain = run.session_files(Subject(of, mouse), 0).brain
            for suffix in (".safetensors", ".json"):
                content = path.with_suffix(suffix).read_bytes()
                write_bytes(brain.with_suffix(suffix), content)
    config = source.config()
    kept = {name: config.get(name) for name in ("command", "git", "versions")}
    run.update(origin={"path": str(source.path.resolve()), **kept, "sha256": taken})
