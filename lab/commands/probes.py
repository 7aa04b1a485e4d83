"""Commands that try the model by itself: `reachenv demonstrator | dynamics | babbling | novice`."""

from __future__ import annotations

import argparse
from pathlib import Path

from reachenv import assets
from reachenv.lab.commands.parser import MOST_WORKERS, Command, Parser, whole
from reachenv.lab.errors import UserError
from reachenv.lab.records.folder import check_folder

FEWEST_BABBLES = 8  # a map of three axes and an offset is fitted to three quarters of them


def demonstrator_options(parser: Parser) -> None:
    parser.add_argument("--table", action="store_true", help="success by aim error (0 to 4 mm) and reach time")
    parser.add_argument(
        "--pictures", type=Path, metavar="FOLDER", help="draw one reach as six PNG files in this folder"
    )
    parser.add_argument(
        "--trials",
        type=whole(1, 10_000),
        default=200,
        metavar="N",
        help="trials, one seed each, in every cell (default: 200)",
    )
    parser.add_argument(
        "--threads",
        type=whole(1, MOST_WORKERS),
        default=2,
        metavar="N",
        help="threads; the numbers do not depend on it (default: 2)",
    )


def demonstrator(parsed: argparse.Namespace) -> None:
    from reachenv import demonstrator
    from reachenv.gl import NoGLError

    if parsed.pictures is not None:
        check_folder(parsed.pictures, "--pictures")
        try:
            demonstrator.pictures(parsed.pictures)
        except NoGLError as error:
            raise UserError(str(error)) from None
    elif parsed.table:
        demonstrator.table((0.0, 0.7, 1.0, 1.5, 2.0, 2.5, 4.0), (0.10, 0.13, 0.16, 0.22), parsed.trials, parsed.threads)
    else:
        demonstrator.exact(parsed.trials, parsed.threads)


def dynamics_options(parser: Parser) -> None:
    parser.add_argument("--out", type=Path, required=True, metavar="FOLDER", help="folder for the figures (needed)")
    parser.add_argument(
        "--keep", action="store_true", help="write assets/dynamics.json, too, which runs made from then on cite"
    )


def dynamics(parsed: argparse.Namespace) -> None:
    from reachenv.lab.probes import dynamics

    check_folder(parsed.out, "--out")
    if parsed.keep:
        check_folder(_assets(), "--keep")
    dynamics.write(parsed.out, keep=parsed.keep)


def babbling_options(parser: Parser) -> None:
    _out_option(parser)
    parser.add_argument("--mice", type=whole(1, 999), default=12, metavar="N", help="untrained mice (default: 12)")


def babbling(parsed: argparse.Namespace) -> None:
    from reachenv.lab.probes import babbling

    out = _assets() if parsed.out is None else parsed.out
    check_folder(out, "--out")
    babbling.write(out, parsed.mice)


def novice_options(parser: Parser) -> None:
    _out_option(parser)
    parser.add_argument(
        "--babbles",
        type=whole(FEWEST_BABBLES, 100_000),
        default=800,
        metavar="N",
        help="random reaches to learn from (default: 800)",
    )
    parser.add_argument(
        "--generations", type=whole(1, 1_000), default=24, metavar="N", help="rounds of shaping (default: 24)"
    )
    parser.add_argument(
        "--practice", type=whole(1, 9_999), default=30, metavar="N", help="trials of practice a mouse (default: 30)"
    )


def novice(parsed: argparse.Namespace) -> None:
    from reachenv.lab.probes import novice

    out = _assets() if parsed.out is None else parsed.out
    check_folder(out, "--out")
    rate = novice.make(out, parsed.babbles, parsed.generations, parsed.practice)
    low, high = novice.BAND
    verdict = "within" if low <= rate <= high else "OUTSIDE"
    print(f"novices succeed in {rate:.0%} of trials, {verdict} {low:.0%}-{high:.0%}; written to {out}")


def _out_option(parser: Parser) -> None:
    parser.add_argument(
        "--out", type=Path, metavar="FOLDER", help="folder to write to (default: the checkout's assets/)"
    )


def _assets() -> Path:
    """The folder of data files of the checkout."""
    try:
        return assets.repository() / "assets"
    except FileNotFoundError as error:
        raise UserError(f"{error} Give --out FOLDER.") from None


DEMONSTRATOR = Command(
    "demonstrator",
    "try a scripted reach, the yardstick of the task: success, speed and duration",
    "--table",
    demonstrator_options,
    demonstrator,
    needs="",
)
COMMANDS = (
    Command(
        "dynamics",
        "draw the dynamics of the brain by itself, and write assets/dynamics.json",
        "--out figures --keep",
        dynamics_options,
        dynamics,
    ),
    Command(
        "babbling",
        "have untrained mice babble and reach, and write assets/babbling.json: about a minute",
        "--mice 12 --out /tmp/babbling",
        babbling_options,
        babbling,
    ),
    Command(
        "novice",
        "make the novice that mice begin as, and write assets/novice.*: about ten minutes",
        "--out /tmp/novice",
        novice_options,
        novice,
    ),
)
