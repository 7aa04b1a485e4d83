"""Carry a design out: mice in lockstep batches, spread over worker processes, checkpointed after every session.

Every session starts from the files of the one before, in a run left alone as in one resumed: there is one path, so a
killed run ends bit-identical to one never killed. Mice do not feel with whom they share a batch or a process, so
results do not depend on the number of workers either. What a worker has to say goes through a pipe of its own; when the
main process is gone the pipe is broken and the worker ends by itself.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import NoReturn, cast

import numpy as np

from reachenv.agents import checkpoint
from reachenv.lab.design.design import Design, Subject
from reachenv.lab.design.group import interventions_in
from reachenv.lab.errors import Unforeseen, UserError
from reachenv.lab.records.folder import Run, disk_trouble
from reachenv.lab.records.recording import trial_table, write_recording, write_trials
from reachenv.lab.runner.brains import Parts, read_brain
from reachenv.lab.runner.session import run_session

ONE_THREAD = {name: "1" for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")}


@dataclass(frozen=True)
class TrialDone:
    """One trial of a batch ended: (group name, mouse, success) of each mouse."""

    session: int
    trial: int
    mice: tuple[tuple[str, int, bool], ...]


@dataclass(frozen=True)
class SessionDone:
    """A batch has a session behind it, on disk."""

    session: int
    subjects: tuple[Subject, ...]


@dataclass(frozen=True)
class Failed:
    """A worker cannot go on. `sentence` is for the user; `details`, a traceback, where nobody foresaw it."""

    sentence: str
    details: str = ""


@dataclass(frozen=True)
class Shard:
    """A worker's share: its mice, and all that it needs to know."""

    run: Run
    design: Design
    parts: Parts
    record: bool
    subjects: tuple[Subject, ...]


def carry_out(run: Run, design: Design, parts: Parts, workers: int, on_event: Callable[[object], None]) -> None:
    """Run every session that is not done yet; `on_event` gets TrialDone and SessionDone as they happen.

    Raises UserError where the user can mend it, Unforeseen, naming worker-error.log, where not. Whatever was
    finished before stays.
    """
    sessions = {s: run.next_session(s) for s in design.subjects()}
    todo = [s for s in design.subjects() if sessions[s] <= design.sessions]
    check_brains(run, sessions)
    shares = _shares(todo, workers)
    record = run.recorded()
    with _started([Shard(run, design, parts, record, share) for share in shares]) as processes:
        readers = {reader: process for process, reader in processes}
        while readers:
            for reader in wait(list(readers)):
                try:
                    event = cast(Connection, reader).recv()
                except EOFError:
                    process = readers.pop(reader)
                    process.join()
                    if process.exitcode:
                        raise UserError(
                            f"a worker process was killed (exit code {process.exitcode}); what was finished is kept: "
                            f"reachenv train --resume {run.path}"
                        ) from None
                    continue
                if isinstance(event, Failed):
                    raise_failure(run, event)
                on_event(event)


def first_session(design: Design) -> int:
    """The session that needs no brain from a file; 0, which is none, where mice come from another run."""
    return 0 if design.origin else 1


def check_brains(run: Run, next_sessions: dict[Subject, int]) -> None:
    """Open every brain that a resumed run starts from, before any work: a damaged one raises UserError."""
    for subject, session in next_sessions.items():
        if session > first_session(run.design()):
            try:
                read_brain(run, subject, session - 1)
            except checkpoint.CheckpointError as error:
                again = "Delete that file, and --resume runs its session again."
                if session == 1:
                    again = "It was copied from the run that these mice come from; see origin in config.json."
                raise UserError(f"{error} {again}") from None


# ------------------------------------------------------------------------------------------------- in the worker


def run_shard(shard: Shard, say: Callable[[object], None]) -> None:
    """Bring every mouse of the shard to the end, those furthest behind first, so that they meet in one batch."""
    design, run = shard.design, shard.run
    behind = {s: run.next_session(s) for s in shard.subjects}
    while (session := min(behind.values())) <= design.sessions:
        now = [s for s in shard.subjects if behind[s] == session]
        for kind in dict.fromkeys(s.group.variant for s in now):  # one batch has brains of one kind
            batch = [s for s in now if s.group.variant == kind]
            run_batch(shard, batch, session, say)
            say(SessionDone(session, tuple(batch)))
        behind |= {s: session + 1 for s in now}


def run_batch(shard: Shard, batch: Sequence[Subject], session: int, say: Callable[[object], None]) -> None:
    """One session of mice that have brains of one kind, from the files of the session before to files of its own."""
    design, run = shard.design, shard.run
    world = shard.parts.make_world(design, batch)
    inner = world.unwrapped
    (actions,) = world.single_action_space.shape or (0,)
    brain = shard.parts.make_brain(design, batch, inner.sense_slices, actions)
    if session > first_session(design):
        for i, subject in enumerate(batch):
            state = read_brain(run, subject, session - 1)
            try:
                brain.set_state(i, state)
            except ValueError as error:
                path = run.session_files(subject, session - 1).brain
                raise UserError(f"{path} does not fit the brain of this version: {error}") from None
    interventions = [interventions_in(s.group, session) for s in batch]
    if session == 1 and design.origin:
        brain.begin_session(session, interventions, night=True)  # the last day was in the run that they come from
    else:
        brain.begin_session(session, interventions)

    def on_trial(trial: int, success: np.ndarray) -> None:
        mice = tuple((s.group.name, s.mouse, bool(won)) for s, won in zip(batch, success, strict=True))
        say(TrialDone(session, trial, mice))

    told = brain.describe()
    result = run_session(design, batch, session, world, brain, shard.record, on_trial)
    world.close()
    for i, subject in enumerate(batch):
        files = run.session_files(subject, session)
        if shard.record:
            write_recording(files.recording, result.recordings[i])
        files.brain.parent.mkdir(parents=True, exist_ok=True)
        about = {"subject": str(subject), "session": session, "brain": told.name, "digest": told.digest}
        checkpoint.save(files.brain, brain.state(i), about)
        write_trials(files.trials, trial_table(result.rows[i]))  # last: it says that the session is whole


def _work(shard: Shard, pipe: Connection) -> None:
    """A worker process, from start to end."""
    try:
        import torch

        torch.set_num_threads(1)  # more would change the order of sums, and slow two workers on two cores
        run_shard(shard, pipe.send)
    except BrokenPipeError:
        os._exit(1)  # the main process is gone: nobody is left to tell
    except OSError as error:
        trouble = disk_trouble(error, shard.run.path)
        pipe.send(Failed(str(trouble)) if trouble else Failed(f"a file failed: {error}.", traceback.format_exc()))
    except (UserError, checkpoint.CheckpointError) as error:
        pipe.send(Failed(str(error)))
    except Exception as error:
        pipe.send(Failed(f"the run stopped on an error: {error!r}.", traceback.format_exc()))


# ---------------------------------------------------------------------------------------------- in the main process


def _shares(subjects: list[Subject], workers: int) -> list[tuple[Subject, ...]]:
    """Neighbours go to one worker, so that each has mice of every group; sizes differ by one mouse at most."""
    size, more = divmod(len(subjects), workers)
    ends = [k * size + min(k, more) for k in range(workers + 1)]
    return [tuple(subjects[a:b]) for a, b in zip(ends, ends[1:], strict=False) if b > a]


@contextmanager
def _started(shards: Sequence[Shard]) -> Iterator[list]:
    """The worker processes, each with the pipe to listen at; on leaving, none is left running."""
    context = multiprocessing.get_context("spawn")  # fork copies locks of threads that it does not copy
    processes = []
    with _ignored(signal.SIGINT), one_thread():  # Ctrl-C goes to all processes of a terminal: the main one answers
        for shard in shards:
            reader, writer = context.Pipe(duplex=False)
            process = context.Process(target=_work, args=(shard, writer), daemon=True)
            process.start()
            writer.close()  # only the worker's end stays open, so that its end is seen
            processes.append((process, reader))
    try:
        yield processes
    finally:
        for process, _ in processes:
            process.kill()
            process.join()


@contextmanager
def _ignored(number: int) -> Iterator[None]:
    """Children started inside ignore this signal, from their first instruction on."""
    before = signal.signal(number, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(number, before)


@contextmanager
def one_thread() -> Iterator[None]:
    """Children started inside compute on one thread each: the libraries read this when they load."""
    before = {name: os.environ.get(name) for name in ONE_THREAD}
    os.environ.update(ONE_THREAD)
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})


def raise_failure(run: Run, event: Failed) -> NoReturn:
    """Raise what a worker could not do: UserError, or Unforeseen, whose traceback goes into worker-error.log."""
    if not event.details:
        raise UserError(event.sentence)
    log = Path(run.path / "worker-error.log")
    log.write_text(event.details)
    raise Unforeseen(f"{event.sentence} Details are in {log}; what was finished is kept.")
