"""Options as the fields of a dataclass: what each is called, means and defaults to stands once, beside its type."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from typing import Any, TypeVar

from reachenv.lab.commands.parser import Parser
from reachenv.lab.errors import UserError, listed

T = TypeVar("T")


@dataclass(frozen=True)
class Section:
    """Options that `--help` shows under one title. resumes: those that a run may go on with, beside `--resume`."""

    title: str
    resumes: bool = False


def option(section: Section, default: Any, about: str, example: str, *flags: str, shown: str = "", **how: Any) -> Any:
    """A field of a dataclass of options.

    flags: its spellings, the main one first; the field's name where none is given. shown: the default in words, where it is
    not to be read from `default`. how: for `argparse.ArgumentParser.add_argument`.
    """
    text = f"{about} (default: {shown or default})\nExample: {example}"
    return field(default=default, metadata={"section": section, "flags": flags, "how": {"help": text, **how}})


def add_options(parser: Parser, kind: type) -> None:
    """Let a parser read the fields of a dataclass of options."""
    parser.usage = "%(prog)s [OPTIONS]"
    groups: dict[Section, Any] = {}
    for f in fields(kind):
        section: Section = f.metadata["section"]
        if section not in groups:
            groups[section] = parser.add_argument_group(section.title)
        # What was not given is left out of what the parser returns, so that "given" and "as usual" are told apart.
        groups[section].add_argument(*_flags(f), dest=f.name, default=argparse.SUPPRESS, **f.metadata["how"])


def read_options(kind: type[T], parsed: argparse.Namespace) -> T:
    """The options that were given, the others at their defaults. UserError where one is given beside --resume that cannot be."""
    given = {f.name: getattr(parsed, f.name) for f in fields(kind) if hasattr(parsed, f.name)}  # type: ignore[arg-type]
    if "resume" in given:
        free = [f for f in fields(kind) if f.metadata["section"].resumes]  # type: ignore[arg-type]
        for f in fields(kind):  # type: ignore[arg-type]
            if f.name in given and f not in free:
                raise UserError(
                    f"{_flags(f)[0]} cannot be given with --resume, which goes on with the run's own settings "
                    f"({listed(_flags(o)[0] for o in free if o.name != 'resume')} can)."
                )
    return kind(**{name: tuple(value) if isinstance(value, list) else value for name, value in given.items()})


def _flags(f: Any) -> Sequence[str]:
    return f.metadata["flags"] or ("--" + f.name.replace("_", "-"),)
