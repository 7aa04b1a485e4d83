"""`reachenv analyse`: the analyses of the imaged population, then figures, verdicts and report again."""

from __future__ import annotations

import argparse
import time
from pathlib import Path

from reachenv.lab.commands.parser import MOST_WORKERS, Command, Names, Parser, whole
from reachenv.lab.errors import Unforeseen, UserError
from reachenv.lab.records import provenance
from reachenv.lab.records.folder import disk_trouble, open_run


def options(parser: Parser) -> None:
    parser.add_argument("run", type=Path, metavar="RUN", help="a run folder, such as runs/pilot")
    parser.add_argument(
        "--workers", type=whole(1, MOST_WORKERS), default=2, metavar="N",
        help="worker processes; results do not depend on it (default: 2)",
    )  # fmt: skip
    parser.add_argument("--only", nargs="+", action=Names, metavar="NAME", help="these analyses alone (default: all)")
    parser.add_argument("--fresh", action="store_true", help="compute again what exists")


def run(parsed: argparse.Namespace) -> None:
    try:
        _run(parsed.run, parsed.workers, parsed.only, parsed.fresh)
    except BrokenPipeError:
        raise
    except OSError as error:
        raise UserError(str(disk_trouble(error, parsed.run, "reachenv analyse") or error)) from None


def _run(path: Path, workers: int, only: tuple[str, ...] | None, fresh: bool) -> None:
    from reachenv.lab.analysis.registry import chosen
    from reachenv.lab.analysis.workers import analyse
    from reachenv.lab.commands.outputs import draw_and_report

    run, began = open_run(path), time.monotonic()
    with run.alone():
        done = analyse(run, chosen(only), workers, fresh)
        if not only:  # of all analyses: what was there already is of the same code, as its fingerprint says
            run.update(analysed=provenance.git_revision())
    failures = [(d.subject, name, details) for d in done for name, details in d.failed]
    log = run.path / "analysis" / "errors.log"
    log.unlink(missing_ok=True)
    if failures:
        log.parent.mkdir(exist_ok=True)
        log.write_text("\n".join(f"{subject} {name}\n{details}" for subject, name, details in failures))
    print("Figures, findings and report …", flush=True)
    draw_and_report(run)
    print(
        f"Done in {(time.monotonic() - began) / 60:.1f} min: {run.path}/analysis, figures, findings.json, report.html"
    )
    if failures:
        raise Unforeseen(f"{len(failures)} analyses failed; the rest is there. Details are in {log}")


COMMAND = Command(
    "analyse",
    "analyse the imaged population of a run, then its figures, verdicts and report again",
    "runs/pilot",
    options,
    run,
    interrupted="stopped; what was finished is kept. The same command goes on.",
)
