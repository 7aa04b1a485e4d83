"""Trained mice out of a run folder, to go on with in a world of your own."""

from __future__ import annotations

import re
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from reachenv.agents import checkpoint
from reachenv.lab.design.checked import brief
from reachenv.lab.design.design import Design, Subject
from reachenv.lab.errors import UserError
from reachenv.lab.records.folder import Run, open_run
from reachenv.lab.runner.brains import parts_for, read_brain, senses_and_actions

if TYPE_CHECKING:
    from reachenv.agents.protocol import Brain

_MOUSE = re.compile(r"(?P<group>[^/]+)/m?(?P<number>[0-9]{1,4})")


def load_brain(run: str | Path | Run, mouse: str | Sequence[str], session: int | None = None) -> Brain:
    """The brain of a mouse as a session of a run left it: it acts, and learns, in any environment of PelletReach.

        brain = load_brain("runs/acquisition", "control/m03", session=7)
        brain.begin_trial([seed]); command = brain.step(obs[None], reward[None])

    mouse: such as "control/m03"; several names give one brain of several mice, which must be of one variant.
    session: after which; by default the last that all of them have done. The brain has begun the next day, nothing is done to
    it, and no night has passed: call `begin_session` for another.

    Raises:
        UserError: no such run, mouse or session, or a brain that is damaged or of another model.
    """
    run = run if isinstance(run, Run) else open_run(Path(run))
    design = run.design()
    names = [mouse] if isinstance(mouse, str) else list(mouse)
    if not names:
        raise UserError("name at least one mouse, such as control/m03.")
    subjects = [_subject(run, design, name) for name in names]
    variants = sorted({s.group.variant for s in subjects})
    if len(variants) > 1:
        raise UserError(
            f"mice of one brain are of one variant; these are of {', '.join(v or 'none' for v in variants)}."
        )
    done = min(run.next_session(s) for s in subjects) - 1
    session = done if session is None else session
    if not 1 <= session <= done:
        raise UserError(f"{run.path} has sessions 1-{done} of {', '.join(names)} behind it; session {session} given.")
    brain = parts_for(design.brain).make_brain(design, subjects, *senses_and_actions())
    then, now = run.config().get("brain", {}).get("digest"), brain.describe().digest
    if not variants[0] and then not in (None, now):
        warnings.warn(
            f"{run.path} was run with another version of this brain (digest {then}, now {now}).", stacklevel=2
        )
    for i, subject in enumerate(subjects):
        path = run.session_files(subject, session).brain
        try:
            brain.set_state(i, read_brain(run, subject, session))
        except checkpoint.CheckpointError as error:
            raise UserError(str(error)) from None
        except ValueError as error:
            raise UserError(f"{path} does not fit the brain of this version: {error}") from None
    brain.begin_session(session + 1, [()] * len(subjects), night=False)
    return brain


def _subject(run: Run, design: Design, name: str) -> Subject:
    groups = {g.name: g for g in design.groups}
    found = _MOUSE.fullmatch(name)
    if found and found["group"] in groups and 1 <= int(found["number"]) <= design.mice:
        return Subject(groups[found["group"]], int(found["number"]))
    raise UserError(
        f"{run.path} has no mouse {brief(name)}; it has m01 to m{design.mice:02d} of {', '.join(groups)}, such as {next(iter(groups))}/m01."
    )
