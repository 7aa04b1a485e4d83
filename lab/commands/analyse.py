"""Run the analyses of the imaged population over a finished run, and judge and draw what they found:

    reachenv analyse RUN [--workers 2] [--only NAME ...] [--fresh]

One mouse after another, in worker processes that share nothing, so what comes out does not depend on their number. What
exists for the same recordings and the same analysis is not computed again.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from reachenv.lab.analysis.imaged import Load, fingerprint, imaged_subjects, read_mouse
from reachenv.lab.analysis.registry import chosen
from reachenv.lab.analysis.results import Analysis, inputs_of, write_result
from reachenv.lab.commands.ending import command
from reachenv.lab.design.design import Subject
from reachenv.lab.errors import Unforeseen, UserError
from reachenv.lab.records import provenance
from reachenv.lab.records.folder import Run, disk_trouble, open_run


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
    threading.Thread(target=lambda: (parent.join(), os._exit(1)), daemon=True).start()


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


def _need_packages() -> None:
    try:
        import pyriemann  # noqa: F401
        import sklearn  # noqa: F401
        import threadpoolctl  # noqa: F401
    except ImportError as error:
        raise UserError(f"the analyses need {error.name}; in the checkout: pip install -e '.[lab]'") from None


def main(words: list[str]) -> None:
    parser = argparse.ArgumentParser(
        prog="reachenv analyse", description="Analyse what was imaged in a run, judge and draw it."
    )
    parser.add_argument("run", type=Path, metavar="RUN", help="the run folder")
    parser.add_argument("--workers", type=int, default=2, metavar="N", help="worker processes (default: 2)")
    parser.add_argument("--only", nargs="+", metavar="NAME", help="these analyses alone (default: all)")
    parser.add_argument("--fresh", action="store_true", help="compute again what exists")
    asked = parser.parse_args(words)
    if not 1 <= asked.workers <= 256:
        raise UserError(f"the number of workers must lie between 1 and 256; --workers {asked.workers} given.")
    _need_packages()
    run, began = open_run(asked.run), time.monotonic()
    with run.alone():
        done = analyse(run, chosen(asked.only), asked.workers, asked.fresh)
        if not asked.only:  # of all analyses: what was there already is of the same code, as its fingerprint says
            run.update(analysed=provenance.git_revision())
    failures = [(d.subject, name, details) for d in done for name, details in d.failed]
    log = run.path / "analysis" / "errors.log"
    log.unlink(missing_ok=True)
    if failures:
        log.parent.mkdir(exist_ok=True)
        log.write_text("\n".join(f"{subject} {name}\n{details}" for subject, name, details in failures))
    _tell(run)
    print(
        f"Done in {(time.monotonic() - began) / 60:.1f} min: {run.path}/analysis, figures, findings.json, report.html"
    )
    if failures:
        raise Unforeseen(f"{len(failures)} analyses failed; the rest is there. Details are in {log}")


def _tell(run: Run) -> None:
    """Draw, judge and report again, with what was found."""
    from reachenv.lab import findings
    from reachenv.lab.figures import run as figures
    from reachenv.lab.report import page as report

    print("Figures, findings and report …", flush=True)
    figures.draw_all(run)
    findings.write(run)
    report.write(run)


if __name__ == "__main__":
    with command("reachenv analyse", interrupted="stopped; what was finished is kept. The same command goes on."):
        try:
            main(sys.argv[1:])
        except BrokenPipeError:
            raise
        except OSError as error:
            raise UserError(str(disk_trouble(error, Path("analysis")) or error)) from None
