"""How every command reads its words: argparse, whose complaints are one sentence, with what was given and what is allowed."""

from __future__ import annotations

import argparse
import sys
import textwrap
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

from reachenv.lab.errors import UserError, did_you_mean, nearest_and_all

MOST_WORKERS = 256
WIDTH = 110


class _Format(argparse.RawDescriptionHelpFormatter):
    """Wide, and no name is broken at its hyphen."""

    def __init__(self, prog: str):
        super().__init__(prog, max_help_position=30, width=WIDTH)

    def _split_lines(self, text: str, width: int) -> list[str]:
        return [line for part in text.splitlines() for line in textwrap.wrap(part, width, break_on_hyphens=False)]


class Parser(argparse.ArgumentParser):
    """The options of one command. `prog` is how it was called, such as "reachenv export"."""

    def __init__(self, prog: str, about: str, example: str):
        super().__init__(
            prog=prog,
            description=about,
            epilog=f"example:\n  {example}",
            formatter_class=_Format,
            allow_abbrev=False,
        )

    def read(
        self, words: Sequence[str], elsewhere: Callable[[str], str | None] = lambda option: None
    ) -> argparse.Namespace:
        """The options. elsewhere: an option that is not of this command → the command that has it."""
        given = ""  # the option before a word
        for word in words:
            option, equals, value = word.partition("=")
            if not word.strip() or (word.startswith("--") and equals and not value.strip()):
                raise UserError(f"{option if equals else given or 'a word'} is empty; give a value, or leave it out.")
            _check_text(word)
            given = word
        for word in words:
            option = word.partition("=")[0]
            if word == "--":
                break
            if word.startswith("--") and option not in self.known():
                other = elsewhere(option)
                hint = did_you_mean(option, self.known(), 0.75 if other else 0.6) + (
                    f"{other} has it. " if other else ""
                )
                raise UserError(
                    f"{option} is not an option; {hint or f'{self.prog} --help lists what there is.'}".strip()
                )
        return self.parse_args(words)

    def known(self) -> list[str]:
        """All options, as they are typed."""
        return list(self._option_string_actions)

    def error(self, message: str) -> NoReturn:
        raise UserError(f"{message.removeprefix('argument ').rstrip('.')}; {self.prog} --help explains.")


@dataclass(frozen=True)
class Command:
    """A subcommand of `reachenv`.

    Attributes:
        name, about, example: as `--help` shows them; the example without the command itself.
        options: adds its options to a parser. Imports nothing heavy, nor does the module that it stands in.
        run: does it; returns the exit code, None for 0. The options have, beside their own, `typed`: the command line as it was typed.
        needs: the extra of the package without which it cannot run; "" where the environment alone will do.
        writes_checkout: writes pages or data files of the repository, which an installed package has none of.
        interrupted: what to say where it was stopped by hand.
        details: more sentences for its own `--help`.
    """

    name: str
    about: str
    example: str
    options: Callable[[Parser], None]
    run: Callable[[argparse.Namespace], int | None]
    needs: str = "lab"
    writes_checkout: bool = False
    interrupted: str = ""
    details: str = ""

    def parser(self, prog: str = "") -> Parser:
        """Its parser, where it is called as `prog`."""
        prog = prog or f"reachenv {self.name}"
        about = f"{self.about[0].upper()}{self.about[1:]}. {self.details}"
        parser = Parser(prog, textwrap.fill(about, WIDTH, break_on_hyphens=False), f"{prog} {self.example}".rstrip())
        self.options(parser)
        return parser


class Names(argparse.Action):
    """Names with commas or spaces between them, as a tuple."""

    def __call__(self, parser: Any, namespace: Any, values: Any, option_string: str | None = None) -> None:
        names = tuple(name for text in values for name in text.split(",") if name)
        if not names:
            parser.error(f"argument {option_string}: expected at least one name")
        setattr(namespace, self.dest, (getattr(namespace, self.dest, None) or ()) + names)


def _check_text(word: str) -> None:
    """UserError for bytes that are no text in the encoding of this system, and for the one character that no path can have."""
    try:
        word.encode()
    except UnicodeEncodeError:
        plain = word.encode("utf-8", "backslashreplace").decode()
        raise UserError(f"'{plain}' is not text in this system's encoding ({sys.getfilesystemencoding()}).") from None
    if "\0" in word:
        raise UserError(f"{word!r} has a null character in it.")


def number(low: float, high: float) -> Callable[[str], float]:
    """Reads a finite number above `low`, up to `high`."""

    def read(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            raise argparse.ArgumentTypeError(f"expected a number, {text!r} given") from None
        if not low < value <= high:
            raise argparse.ArgumentTypeError(f"must lie above {low:g} and be at most {high:g}, {text} given")
        return value

    return read


def whole(low: int | None = None, high: int | None = None) -> Callable[[str], int]:
    """Reads a whole number, from `low` to `high` where they are given."""

    def read(text: str) -> int:
        try:
            number = int(text)
        except ValueError:
            raise argparse.ArgumentTypeError(f"expected a whole number, {text!r} given") from None
        if low is not None and high is not None and not low <= number <= high:
            raise argparse.ArgumentTypeError(f"must lie between {low:,} and {high:,}, {number} given")
        if low is not None and number < low:
            raise argparse.ArgumentTypeError(f"must be {low:,} or more, {number} given")
        return number

    return read


def one_of(known: Iterable[str]) -> Callable[[str], str]:
    """Reads one of the names that are known."""
    names = list(known)

    def read(text: str) -> str:
        if text not in names:
            raise argparse.ArgumentTypeError(f"{text!r} given; {nearest_and_all(text, names)}")
        return text

    return read
