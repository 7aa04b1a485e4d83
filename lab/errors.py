"""The errors that a command line shows as one sentence, without a traceback."""

import difflib
from collections.abc import Iterable


class UserError(Exception):
    """The user can mend it: the message names, in one sentence, what was given and what is allowed."""

    code = 2  # how the process ends


class Unforeseen(UserError):
    """Nobody foresaw it: the message says what stopped and where the details lie."""

    code = 1


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
