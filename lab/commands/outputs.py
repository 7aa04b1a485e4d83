"""`reachenv findings | figures | report | film RUN`: what a run's files show, made again from the files alone."""

from __future__ import annotations

import argparse
import shutil
import sys
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING

from reachenv.lab.commands.parser import Command, Parser
from reachenv.lab.errors import UserError
from reachenv.lab.records.folder import Run, check_file, open_run

if TYPE_CHECKING:
    from reachenv.lab.findings import Row


def run_option(parser: Parser) -> None:
    parser.add_argument("run", type=Path, metavar="RUN", help="a run folder, such as runs/pilot")


def judge(parsed: argparse.Namespace) -> None:
    from reachenv.lab import findings

    run = open_run(parsed.run)
    rows = findings.write(run)
    print(f"{'id':<3} {'verdict':<16} {'n':>3} finding, statistic [interval]")
    print("\n".join(lines(rows, min(140, shutil.get_terminal_size((110, 24)).columns))))
    if not run.finished():
        print("This run is not finished; these verdicts are those of what is there.", file=sys.stderr)
    print(f"\n{run.path / 'findings.json'}")


def lines(rows: list[Row], width: int) -> list[str]:
    """The table of findings as text: id, verdict, n, and what was found, wrapped to `width` columns."""
    from reachenv.lab import findings

    out = []
    for finding, judged in rows:
        head = f"{finding.id:<3} {judged.verdict:<16} {judged.n or '–':>3} "
        words = [f"{finding.text}.", *findings.said(judged).splitlines()]
        wrapped = [line for w in words for line in textwrap.wrap(w, max(30, width - len(head)), subsequent_indent="  ")]
        out += [(head if i == 0 else " " * len(head)) + line for i, line in enumerate(wrapped)]
    return out


def draw(parsed: argparse.Namespace) -> None:
    from reachenv.lab.figures.run import draw_all

    for path in draw_all(open_run(parsed.run)):
        print(path)


def report(parsed: argparse.Namespace) -> None:
    print(draw_and_report(open_run(parsed.run)))


def draw_and_report(run: Run) -> Path:
    """Figures, verdicts, and the report that shows them; its path."""
    from reachenv.lab import findings
    from reachenv.lab.figures.run import draw_all
    from reachenv.lab.report import page

    draw_all(run)
    findings.write(run)
    return page.write(run)


def film_options(parser: Parser) -> None:
    run_option(parser)
    parser.add_argument("--out", type=Path, metavar="FILE", help="where to write (default: RUN/rollout.mp4)")
    parser.add_argument("--force", action="store_true", help="replace a film that is there")


def film(parsed: argparse.Namespace) -> None:
    from reachenv.gl import NoGLError
    from reachenv.lab.film.video import film_run

    def show(fraction: float) -> None:
        print(f"\rfilm {fraction:4.0%}", end="", file=sys.stderr, flush=True)

    if parsed.out is not None:
        check_file(parsed.out, "--out")
    try:
        path = film_run(parsed.run, show, parsed.out, parsed.force)
    except NoGLError as error:
        raise UserError(str(error)) from None
    print(f"\n{path}", file=sys.stderr)


COMMANDS = (
    Command("findings", "judge which published findings a run reproduces", "runs/pilot", run_option, judge),
    Command("figures", "draw the figures of a run", "runs/pilot", run_option, draw),
    Command(
        "report", "draw the figures, judge the findings and write report.html again", "runs/pilot", run_option, report
    ),
    Command(
        "film",
        "film a run: learning, a dopamine block, and both side by side",
        "runs/pilot --out pilot.mp4",
        film_options,
        film,
    ),
)
