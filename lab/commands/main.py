"""`reachenv COMMAND ...`: all commands, and the way from words to the one that is meant.

`python -m reachenv` is the same, and `python train.py` is `reachenv train`. Options are read before anything heavy is
imported, so that help and mistakes are answered at once.
"""

from __future__ import annotations

import shlex
import sys
from collections.abc import Sequence

from reachenv import __version__, assets
from reachenv.lab.commands import analyse, baseline, designs, export, outputs, probes, repository, train
from reachenv.lab.commands.ending import command, files_in_words, speak_anywhere
from reachenv.lab.commands.extras import check_installed
from reachenv.lab.commands.parser import Command
from reachenv.lab.errors import UserError, unknown

EVERYONE = (
    train.COMMAND,
    baseline.COMMAND,
    analyse.COMMAND,
    *outputs.COMMANDS,
    export.COMMAND,
    designs.COMMAND,
    repository.COMPARE,
    probes.DEMONSTRATOR,
)
MAINTAINERS = (*repository.COMMANDS, *probes.COMMANDS)
COMMANDS: dict[str, Command] = {c.name: c for c in (*EVERYONE, *MAINTAINERS)}
HELP, VERSION = ("-h", "--help"), ("-V", "--version")


def main(words: Sequence[str] | None = None, script: str = "") -> None:
    """Do what the words ask for and end the process.

    script: file name of the program that was started, where it is another than `reachenv`: messages begin with it.
    """
    speak_anywhere()
    words = list(sys.argv[1:] if words is None else words)
    meant = _meant(words)
    called = script or (f"reachenv {meant.name}" if meant else "reachenv")
    with command(called, interrupted=meant.interrupted if meant else ""):
        code = call(words, script)
    sys.exit(code)


def call(words: Sequence[str], script: str = "") -> int:
    """Do what the words ask for; the exit code. UserError, with nothing done, where that cannot be."""
    if not words or words[0] in HELP:
        print(overview())
        return 0
    if words[0] in VERSION:
        print(f"reachenv {__version__}")
        return 0
    meant, options = _meant(words), words[1:]
    if meant is None:
        raise unknown("the command", words[0], COMMANDS)
    called = script or f"reachenv {meant.name}"
    parsed = meant.parser(called).read(options, elsewhere=lambda option: _elsewhere(option, meant))
    if meant.needs:
        check_installed(meant.needs)
    if meant.writes_checkout:
        _check_checkout()
    parsed.typed = shlex.join(["python", script, *options] if script else ["reachenv", *words])
    with files_in_words():
        return meant.run(parsed) or 0


def overview() -> str:
    """What `reachenv --help` prints."""
    lines = ["usage: reachenv COMMAND [OPTIONS]", ""]
    lines += [
        "A virtual motor-learning laboratory: mice learn to reach for a pellet, with dopamine that can be blocked."
    ]
    for title, commands in (("Commands", EVERYONE), ("For maintainers of the repository", MAINTAINERS)):
        lines += ["", f"{title}:", *(f"  {c.name:<13} {c.about}" for c in commands)]
    return "\n".join([*lines, "", "reachenv COMMAND --help explains a command and gives an example."])


def _meant(words: Sequence[str]) -> Command | None:
    """The command that the words name, None for none. `train` hands over to `baseline` where one is asked for."""
    if not words:
        return None
    meant = COMMANDS.get(words[0])
    return baseline.COMMAND if meant is train.COMMAND and baseline.is_meant(words[1:]) else meant


def _elsewhere(option: str, but: Command) -> str | None:
    """The first other command that has an option."""
    return next((f"reachenv {c.name}" for c in EVERYONE if c is not but and option in c.parser().known()), None)


def _check_checkout() -> None:
    try:
        assets.repository()
    except FileNotFoundError:
        raise UserError("this writes pages and data files of the repository; run it in a checkout.") from None
