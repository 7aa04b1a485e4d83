"""What is read from a file of a run, checked as if an enemy had typed it: names become folders, numbers become work.

Each function returns the value that it is given, or raises ValueError with one short line.
"""

from __future__ import annotations

import math
import re
from typing import Any

LIMITS = {"mice": 999, "sessions": 99, "trials": 9999}  # more than any animal study; catches a slip of the keyboard
LONGEST_NAME = 120
"""Characters of a name: with all that is put before and after it in a file's name, file systems take it."""
MOST_GROUPS = 1000
MOST_SEED = 2**63 - 1
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._+-]*")
_DEVICES = re.compile(
    r"(con|prn|aux|nul|com[0-9]|lpt[0-9])(\..*)?", re.IGNORECASE
)  # which Windows opens wherever they lie
_PLAIN = re.compile(r"[A-Za-z0-9_.:>+-]*")


def name(value: Any, what: str) -> str:
    """A name that is a folder's name on every system and no path."""
    text = plain(value, what, _NAME, "letters of A to z, digits, '.', '_', '+' and '-', first a letter, a digit or '_'")
    if text.endswith(".") or _DEVICES.fullmatch(text):
        raise ValueError(f"{what} {text!r} cannot be a folder's name on every system")
    return text


def plain(
    value: Any, what: str, form: re.Pattern[str] = _PLAIN, allowed: str = "letters, digits and . _ : > + -"
) -> str:
    """A short word of plain characters: of a brain, an area, a variant. May be empty unless `form` says otherwise."""
    if not isinstance(value, str) or len(value) > LONGEST_NAME or not form.fullmatch(value):
        raise ValueError(f"{what} {brief(value)} is no name: it may have {allowed}, {LONGEST_NAME} at most")
    return value


def line(value: Any, what: str, most: int = 4096) -> str:
    """A text without control characters, such as somebody's path or value."""
    if not isinstance(value, str) or len(value) > most or not value.isprintable():
        raise ValueError(f"{what} {brief(value)} is no line of text")
    return value


def whole(value: Any, what: str, least: int, most: int) -> int:
    """A whole number within limits; true is none."""
    if type(value) is not int or not least <= value <= most:
        raise ValueError(f"{what} is {brief(value)}; it is a whole number from {least} to {most}")
    return value


def number(value: Any, what: str) -> float:
    """A finite number of a size that a laboratory has."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) <= 1e6 or math.isnan(value):
        raise ValueError(f"{what} is {brief(value)}; it is a number within ±1,000,000")
    return value


def listed(value: Any, what: str, most: int = MOST_GROUPS) -> list[Any]:
    """A list of at most so many values."""
    if not isinstance(value, list | tuple) or len(value) > most:
        raise ValueError(f"{what} is {brief(value)}; it is a list of at most {most} values")
    return list(value)


def named(value: Any, what: str) -> dict[str, Any]:
    """An object with names."""
    if not isinstance(value, dict):
        raise ValueError(f"{what} is {brief(value)}; it is an object with names")
    return value


def brief(value: Any, most: int = 40) -> str:
    """A value of any kind as a message shows it: short, on one line."""
    if isinstance(value, dict | list | tuple):
        return f"a {type(value).__name__} of {len(value)}"
    text = (
        ascii(value[: 2 * most])
        if isinstance(value, str)
        else ascii(value)
        if not isinstance(value, int)
        else _digits(value)
    )
    return text if len(text) <= most else text[:most] + "…"


def _digits(value: int) -> str:
    return str(value) if abs(value) < 10**30 else "a number of more than thirty digits"
