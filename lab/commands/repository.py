"""Commands that write pages of the repository: `reachenv compare | publish | scoreboard | predictions | model-page`."""

from __future__ import annotations

import argparse
from pathlib import Path

from reachenv.lab.commands.parser import Command, Parser, one_of
from reachenv.lab.errors import UserError
from reachenv.lab.records.folder import check_file, check_folder, open_run

PARTS = ("all", "behaviour", "network")


def compare_options(parser: Parser) -> None:
    parser.add_argument("runs", nargs="+", type=Path, metavar="RUN", help="finished runs of baselines")
    parser.add_argument(
        "--mice", type=Path, required=True, metavar="RUN", help="a finished run of the design acquisition (needed)"
    )
    parser.add_argument("--out", type=Path, required=True, metavar="FOLDER", help="folder to write to (needed)")
    parser.add_argument("--overwrite", action="store_true", help="replace what was written there before")


def compare(parsed: argparse.Namespace) -> None:
    from reachenv.lab.baselines import comparison

    runs, mice = [comparison.finished(path) for path in parsed.runs], open_run(parsed.mice)
    if not mice.finished() or not (mice.path / "findings.json").exists():
        raise UserError(f"{parsed.mice} is not finished or not judged; first: reachenv findings {parsed.mice}")
    check_folder(parsed.out, "--out")
    print(comparison.publish(runs, mice, parsed.out, parsed.overwrite))
    print(f"\nWritten to {parsed.out}.")


def publish_options(parser: Parser) -> None:
    parser.add_argument("run", type=Path, metavar="RUN", help="a finished run")
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="such as docs/results/acquisition")
    parser.add_argument("--overwrite", action="store_true", help="replace what was published there before")
    parser.add_argument(
        "--part", type=one_of(PARTS), default="all", metavar="NAME",
        help=f"which findings and figures: {', '.join(PARTS)} (default: all)",
    )  # fmt: skip


def publish(parsed: argparse.Namespace) -> None:
    from reachenv.lab.report import publish

    written = publish.publish(open_run(parsed.run), parsed.folder, parsed.overwrite, parsed.part)
    size = sum(path.stat().st_size for path in written) / 1e6
    print(f"{len(written)} files, {size:.2f} MB in {parsed.folder}")


def check_option(parser: Parser) -> None:
    parser.add_argument(
        "--check", action="store_true", help="write nothing; end with 1 where a page is no longer what would be written"
    )


def scoreboard(parsed: argparse.Namespace) -> int:
    from reachenv.lab.report import scoreboard

    return scoreboard.write(check=parsed.check)


def model_page(parsed: argparse.Namespace) -> int:
    from reachenv.lab.report import model_page

    return model_page.write(check=parsed.check)


def predictions_options(parser: Parser) -> None:
    parser.add_argument(
        "runs",
        nargs="+",
        type=Path,
        metavar="RUN",
        help="finished runs of partial-block and adapting-block, one of each at most",
    )
    parser.add_argument(
        "--out", type=Path, metavar="FILE", default=Path("docs/predictions.md"),
        help="the page; figures go beside it into images/ (default: docs/predictions.md)",
    )  # fmt: skip


def predictions(parsed: argparse.Namespace) -> None:
    from reachenv.lab.report import predictions

    check_file(parsed.out, "--out")
    predictions.write(parsed.runs, parsed.out)
    print(f"Wrote {parsed.out}.")


COMPARE = Command(
    "compare",
    "put finished baselines beside a run of mice: a table, learning curves, agents, films",
    "runs/ppo-0 runs/sac-0 --mice runs/acquisition-full --out comparison",
    compare_options,
    compare,
)
COMMANDS = (
    Command(
        "publish",
        "copy what belongs into a repository out of a finished run: settings, verdicts, small figures, a page",
        "runs/acquisition-full docs/results/acquisition",
        publish_options,
        publish,
    ),
    Command(
        "scoreboard",
        "write the table of all findings into docs/results/README.md, and its sum into README.md",
        "--check",
        check_option,
        scoreboard,
        writes_checkout=True,
    ),
    Command(
        "predictions",
        "write docs/predictions.md: what the model predicts where nobody has measured",
        "runs/partial-block runs/adapting-block",
        predictions_options,
        predictions,
    ),
    Command(
        "model-page",
        "write tables, diagram and rules of docs/model.md from the code",
        "--check",
        check_option,
        model_page,
        writes_checkout=True,
    ),
)
