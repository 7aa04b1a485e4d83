"""The errors that a command line shows as one sentence, without a traceback."""


class UserError(Exception):
    """The user can mend it: the message names, in one sentence, what was given and what is allowed."""

    code = 2  # how the process ends


class Unforeseen(UserError):
    """Nobody foresaw it: the message says what stopped and where the details lie."""

    code = 1
