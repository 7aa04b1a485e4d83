"""Carry a design out on a Ray cluster: the one of RAY_ADDRESS, or one started on this machine for the time of the run.

The unit of work is one session of a batch of mice, which `lab.runner.local.run_batch` does here as there. What it needs (brains)
and what it leaves (a session's files) travel through Ray, so that no file system is shared; the run folder lies with
the main process alone, and is the same, bit for bit, as that of a run without Ray. A session whose worker is lost is
given to another and comes out the same.
"""

from __future__ import annotations

import math
import os
import signal
import tempfile
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reachenv.agents import checkpoint
from reachenv.lab.design.design import Design, Subject
from reachenv.lab.errors import UserError
from reachenv.lab.records import provenance
from reachenv.lab.records.folder import Run, write_bytes
from reachenv.lab.records.recording import read_session_trials
from reachenv.lab.runner.brains import Parts
from reachenv.lab.runner.local import (
    ONE_THREAD,
    Failed,
    SessionDone,
    Shard,
    TrialDone,
    check_brains,
    first_session,
    raise_failure,
    run_batch,
)

LOOPBACK = "127.0.0.1"
"""Where a cluster on this machine is reached: whoever reaches Ray can run any code, and nobody else needs to."""
ON_LOOPBACK = "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER"
"""Ray's own name for whether other machines may join, on every system; read when Ray is imported."""
RETRIES = 3
"""How often a session whose worker was lost is given to another: a session that always kills its worker must end."""
KINDS = (".npz", ".safetensors", ".json", ".parquet")
"""A session's files in the order in which they are written: the trials, last, say that the session is whole."""


@dataclass(frozen=True)
class Work:
    """One session of a batch of mice, with everything that a worker elsewhere needs."""

    design: Design
    parts: Parts
    record: bool
    subjects: tuple[Subject, ...]
    session: int
    brains: dict[str, bytes]  # by path inside a run folder: the brains after the session before
    versions: dict[str, str]


def carry_out(run: Run, design: Design, parts: Parts, workers: int, on_event: Callable[[object], None]) -> None:
    """As `lab.runner.local.carry_out`, on Ray. workers: how many batches to make; 0 for one a core of the cluster."""
    sessions = {s: run.next_session(s) for s in design.subjects()}
    check_brains(run, sessions)
    todo = {s: session for s, session in sessions.items() if session <= design.sessions}
    if not todo:
        return
    with _cluster(workers) as ray:
        cores = workers or int(ray.cluster_resources().get("CPU", 1))
        task = ray.remote(num_cpus=1, max_retries=RETRIES)(work)
        going = {}

        def submit(batch: tuple[Subject, ...], session: int) -> None:
            going[task.remote(_prepared(run, design, parts, batch, session))] = (batch, session)

        try:
            for batch, session in batches(todo, cores):
                submit(batch, session)
            while going:
                (done,), _ = ray.wait(list(going), num_returns=1)
                batch, session = going.pop(done)
                _take(run, _result(ray, run, done), batch, session, on_event)
                if session < design.sessions:
                    submit(batch, session + 1)
        finally:
            for ref in going:
                ray.cancel(ref, force=True)


def batches(todo: dict[Subject, int], cores: int) -> list[tuple[tuple[Subject, ...], int]]:
    """Mice that can go together (next session, kind of brain), cut so that there is about one batch a core."""
    alike: dict[tuple, list[Subject]] = {}
    for subject, session in todo.items():
        alike.setdefault((session, subject.group.variant), []).append(subject)
    size = math.ceil(len(todo) / cores)
    return [
        (tuple(mice[k : k + size]), session) for (session, _), mice in alike.items() for k in range(0, len(mice), size)
    ]


# ------------------------------------------------------------------------------------------------- in the worker


def work(this: Work) -> dict[str, bytes] | Failed:
    """Do one session in a folder of its own; returns its files by their path in the run folder."""
    try:
        differing = provenance.differences(this.versions, provenance.versions())
        if differing:
            raise UserError(f"a machine of the cluster has other versions ({differing}); bits would differ.")
        import torch

        torch.set_num_threads(1)
        with tempfile.TemporaryDirectory(prefix="reachenv-") as folder:
            run = Run(Path(folder))
            for name, data in this.brains.items():
                path = run.path / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(data)
            shard = Shard(run, this.design, this.parts, this.record, this.subjects)
            run_batch(shard, this.subjects, this.session, lambda event: None)
            stems = [run.session_files(s, this.session).trials for s in this.subjects]
            files = [stem.with_suffix(kind) for stem in stems for kind in KINDS if this.record or kind != ".npz"]
            return {str(path.relative_to(run.path)): path.read_bytes() for path in files}
    except (UserError, checkpoint.CheckpointError) as error:
        return Failed(str(error))
    except Exception as error:
        return Failed(f"the run stopped on an error: {error!r}.", traceback.format_exc())


# ---------------------------------------------------------------------------------------------- in the main process


def _prepared(run: Run, design: Design, parts: Parts, batch: tuple[Subject, ...], session: int) -> Work:
    brains = {}
    if session > first_session(design):
        for subject in batch:
            brain = run.session_files(subject, session - 1).brain
            for path in (brain, brain.with_suffix(".json")):
                brains[str(path.relative_to(run.path))] = path.read_bytes()
    return Work(design, parts, run.recorded(), batch, session, brains, provenance.versions())


def _result(ray: Any, run: Run, ref: Any) -> dict[str, bytes]:
    """What the worker left; what it could not do raises UserError."""
    try:
        result = ray.get(ref)
    except ray.exceptions.RayError as error:
        first = str(error).strip().splitlines()[0]
        raise UserError(
            f"a session was lost with its worker {RETRIES + 1} times ({first}); what was finished is kept: "
            f"reachenv train --resume {run.path} --ray"
        ) from None
    if isinstance(result, Failed):
        raise_failure(run, result)
    return result


def _take(
    run: Run, files: dict[str, bytes], batch: Sequence[Subject], session: int, on_event: Callable[[object], None]
) -> None:
    """Put a session's files into the run folder, each whole, and tell of its trials in their order.

    A worker names its files; only those of its mice and its session are taken.
    """
    stems = [run.session_files(subject, session).trials.relative_to(run.path) for subject in batch]
    unknown = files.keys() - {str(stem.with_suffix(kind)) for stem in stems for kind in KINDS}
    if unknown:
        raise UserError(f"a worker sent the file {ascii(min(unknown))[:80]}, which is none of its mice and session.")
    for name in sorted(files, key=lambda name: KINDS.index(Path(name).suffix)):
        write_bytes(run.path / name, files[name])
    tables = [read_session_trials(run, subject, session) for subject in batch]
    for rows in zip(*(table.itertuples() for table in tables), strict=True):
        on_event(TrialDone(session, rows[0].trial, tuple((r.group, r.mouse, bool(r.success)) for r in rows)))
    on_event(SessionDone(session, tuple(batch)))


@contextmanager
def _cluster(workers: int) -> Iterator:
    """Ray, connected; let go of on leaving."""
    ray = find_ray()
    address = os.environ.get("RAY_ADDRESS")
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    local = {} if address else {"num_cpus": workers or None, "include_dashboard": False, "_node_ip_address": LOOPBACK}
    try:
        ray.init(
            address=address or "local",
            runtime_env={"env_vars": ONE_THREAD},
            log_to_driver=False,
            configure_logging=False,
            **local,
        )
    except Exception as error:  # Ray raises ConnectionError, RuntimeError, ValueError and bare Exception
        first = str(error).strip().splitlines()[0] if str(error).strip() else repr(error)
        where = f"no Ray cluster answers at RAY_ADDRESS={address}" if address else "a local Ray cluster did not start"
        raise UserError(f"{where}: {first}") from None
    try:
        for number, handler in handlers.items():
            signal.signal(number, handler)  # Ray sets its own; ours say how to go on
        there = LOOPBACK if address else ray.util.get_node_ip_address()
        if there != LOOPBACK:
            raise UserError(
                f"the local Ray cluster listens at {there}, where others may reach it; Ray was imported before --ray was met: "
                f"set {ON_LOOPBACK}=0 before, or give a cluster's RAY_ADDRESS."
            )
        yield ray
    finally:
        ray.shutdown()


def find_ray() -> Any:
    """The package, or one sentence on how to get it."""
    os.environ.setdefault(
        "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0"
    )  # else Ray warns about graphics cards we do not use
    if not os.environ.get("RAY_ADDRESS"):
        # Ray makes 127.0.0.1 the machine's address on its network, and listens there, unless it is to have no other machines.
        os.environ.setdefault(ON_LOOPBACK, "0")
    try:
        import ray
        import ray.exceptions
        import ray.util
    except ImportError:
        raise UserError("--ray needs the package ray; pip install 'reachenv[ray]'.") from None
    return ray
