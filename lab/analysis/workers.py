"""The analyses of the imaged population over a finished run: `reachenv analyse`.

One mouse after another, in worker processes that share nothing, so what comes out does not depend on their number. What
exists for the same recordings and the same analysis is not computed again.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass

from reachenv.lab.analysis.imaged import Load, fingerprint, imaged_subjects, read_mouse
from reachenv.lab.analysis.results import Analysis, inputs_of, write_result
from reachenv.lab.design.design import Subject
from reachenv.lab.errors import UserError
from reachenv.lab.records.folder import Run


@dataclass(frozen=True)
class Done:
    """What became of one mouse. damaged: sentences on recordings left out. failed: (analysis, traceback)."""

    subject: Subject
    computed: tuple[str, ...]
    damaged: tuple[str, ...] = ()
    failed: tuple[tuple[str, str], ...] = ()


def analyse(
    run: Run,
    analyses: tuple[Analysis, ...],
    workers: int = 2,
    fresh: bool = False,
    load: Load | None = None,
    say: Callable[[str], None] = lambda text: print(text, flush=True),
) -> list[Done]:
    """Run every analysis on every mouse that has a recording; say how far it is.

    load: run, mouse, session → what was imaged, `lab.records.imaging.image_session` unless another is given; a module-level
    function. Raises UserError where there is nothing to analyse or a worker is killed.
    """
    subjects = imaged_subjects(run)
    names = ", ".join(a.name for a in analyses)
    say(f"{len(subjects)} {_mice(len(subjects))} of {run.path}: {names}.")
    began, done = time.monotonic(), []
    with _workers(min(workers, len(subjects))) as pool:
        jobs = [pool.submit(analyse_mouse, run, subject, analyses, fresh, load) for subject in subjects]
        try:
            for job in as_completed(jobs):
                done.append(job.result())
                left = (time.monotonic() - began) / len(done) * (len(subjects) - len(done))
                say(_sentence(done[-1], len(done), len(subjects), left))
        except BrokenProcessPool:
            raise UserError(
                "a worker process was killed, perhaps for want of memory; what was finished is kept: go on with "
                f"reachenv analyse {run.path} --workers 1"
            ) from None
    return sorted(done, key=lambda d: subjects.index(d.subject))


def analyse_mouse(run: Run, subject: Subject, analyses: tuple[Analysis, ...], fresh: bool, load: Load | None) -> Done:
    """All analyses of one mouse that are not there yet for the same inputs."""
    inputs = {a.name: fingerprint(run, subject, a) for a in analyses}
    todo = [a for a in analyses if fresh or inputs_of(run, a.name, subject) != inputs[a.name]]
    if not todo:
        return Done(subject, ())
    mouse, damaged = read_mouse(run, subject, load)
    failed = []
    for analysis in todo if mouse.sessions else ():
        try:
            write_result(run, analysis.name, subject, analysis.compute(mouse), inputs[analysis.name])
        except OSError:
            raise
        except Exception:  # one analysis of one mouse must not cost the others theirs
            failed.append((analysis.name, traceback.format_exc()))
    computed = tuple(a.name for a in todo if mouse.sessions and a.name not in dict(failed))
    return Done(subject, computed, tuple(damaged), tuple(failed))


@contextmanager
def _workers(count: int) -> Iterator[ProcessPoolExecutor]:
    """Fresh processes of one thread each; on leaving early none is left running."""
    context = multiprocessing.get_context("spawn")  # fork copies locks of threads that it does not copy
    pool = ProcessPoolExecutor(count, mp_context=context, initializer=_begin)
    try:
        yield pool
    except BaseException:
        pool.shutdown(wait=False, cancel_futures=True)
        for process in multiprocessing.active_children():
            process.kill()
        raise
    pool.shutdown()


def _begin() -> None:
    """In a worker, first of all: one thread, since sums over more come out in another order; and end with the parent."""
    from threadpoolctl import threadpool_limits

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C goes to all processes of a terminal: the main one answers
    threadpool_limits(1)
    parent = multiprocessing.parent_process()
    assert parent is not None  # this is a worker

    def end_with_it() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=end_with_it, daemon=True).start()


def _sentence(done: Done, count: int, total: int, left: float) -> str:
    trouble = done.damaged or done.failed
    what = "analysed" if done.computed else "not analysed" if trouble else "there already"
    minutes, seconds = divmod(round(left), 60)
    time_left = f"; {minutes}:{seconds:02d} left" if count < total else ""
    lines = [f"{done.subject} {what}: {count} of {total} {_mice(total)}{time_left}."]
    lines += [f"  {done.subject}: {sentence}" for sentence in done.damaged]
    lines += [f"  {done.subject}: {name} failed: {details.splitlines()[-1]}" for name, details in done.failed]
    return "\n".join(lines)


def _mice(count: int) -> str:
    return "mouse" if count == 1 else "mice"
