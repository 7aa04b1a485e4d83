"""reachenv findings RUN: judge a run, print the table, write RUN/findings.json."""

from __future__ import annotations

import shutil
import sys
import textwrap
from pathlib import Path

from reachenv.lab import findings
from reachenv.lab.commands.ending import command
from reachenv.lab.errors import UserError
from reachenv.lab.records.folder import open_run


def lines(rows: list[findings.Row], width: int) -> list[str]:
    """The table as text: id, verdict, n, and what was found, wrapped to `width` columns."""
    out = []
    for finding, judged in rows:
        head = f"{finding.id:<3} {judged.verdict:<16} {judged.n or '–':>3} "
        words = [f"{finding.text}.", *findings.said(judged).splitlines()]
        wrapped = [line for w in words for line in textwrap.wrap(w, max(30, width - len(head)), subsequent_indent="  ")]
        out += [(head if i == 0 else " " * len(head)) + line for i, line in enumerate(wrapped)]
    return out


def main(words: list[str]) -> None:
    if len(words) != 1:
        raise UserError("give one run folder: reachenv findings runs/NAME")
    run = open_run(Path(words[0]))
    rows = findings.write(run)
    print(f"{'id':<3} {'verdict':<16} {'n':>3} finding, statistic [interval]")
    print("\n".join(lines(rows, min(140, shutil.get_terminal_size((110, 24)).columns))))
    if not run.finished():
        print("This run is not finished; these verdicts are those of what is there.", file=sys.stderr)
    print(f"\n{run.path / 'findings.json'}")


if __name__ == "__main__":
    with command("reachenv findings"):
        main(sys.argv[1:])
