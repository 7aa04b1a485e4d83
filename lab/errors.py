"""The errors that a command line shows as one sentence, without a traceback."""

import difflib
import re
from collections.abc import Iterable

LONGEST_WORD, KEPT = (
    300,
    60,
)  # characters of what was given that a message repeats; a longer word is shown by its beginning
_LONG = re.compile(rf"[^\s'\"]{{{LONGEST_WORD + 1},}}|'[^']{{{LONGEST_WORD + 1},}}'")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


class UserError(Exception):
    """The user can mend it: the message names, in one sentence, what was given and what is allowed.

    What was given is repeated as one line of printable characters, and no more than the beginning of it where it is very long.
    """

    code = 2  # how the process ends

    def __init__(self, message: str):
        super().__init__(in_one_line(message))


class Unforeseen(UserError):
    """Nobody foresaw it: the message says what stopped and where the details lie."""

    code = 1


def in_one_line(text: str) -> str:
    """The same text without control characters, very long words and quotations shortened to their beginning."""
    return _CONTROL.sub(lambda found: repr(found[0])[1:-1], _LONG.sub(_shortened, text))


def _shortened(found: re.Match[str]) -> str:
    end = "'" if found[0].startswith("'") else ""
    return f"{found[0][:KEPT]}…{end} ({len(found[0]) - 2 * len(end):,} characters)"


def unknown(what: str, name: str, known: Iterable[str]) -> UserError:
    """The error for a name that does not exist: what it was meant for, what is near it, and what there is.

    what: such as "the design".
    """
    names = list(known)
    return UserError(f"{what} {name!r} is not known; {nearest_and_all(name, names)}.")


def did_you_mean(name: str, known: Iterable[str], nearness: float = 0.6) -> str:
    """'did you mean NAME? ' where one of the known names is at least so near (0 to 1), else ''."""
    near = difflib.get_close_matches(name, list(known), n=1, cutoff=nearness)
    return f"did you mean {near[0]}? " if near else ""


def nearest_and_all(name: str, known: Iterable[str]) -> str:
    """'did you mean NAME? There is …', or 'there is …' where none is near."""
    names = list(known)
    near = did_you_mean(name, names)
    return f"{near}{'There' if near else 'there'} is {listed(names)}"


def listed(names: Iterable[str]) -> str:
    """Names as a sentence has them: 'a, b and c'."""
    *front, last = names
    return f"{', '.join(front)} and {last}" if front else last
