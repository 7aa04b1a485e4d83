"""How every command ends: in one sentence where the user can mend it, quietly where nobody reads on.

Also how it speaks: whatever encoding or device its output has, output alone never costs a run its results.
"""

from __future__ import annotations

import errno
import io
import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from reachenv.lab.errors import UserError, in_one_line

NOBODY_READS = 141  # as other tools end whose reader, such as head, has gone: 128 + SIGPIPE
INTERRUPTED = 130  # 128 + SIGINT


@contextmanager
def command(name: str, interrupted: str = "") -> Iterator[None]:
    """Around the work of a command line. `interrupted` is said where it was stopped by hand."""
    threading.excepthook = _of_thread
    try:
        try:
            yield
        except SystemExit:  # as after --help
            sys.stdout.flush()
            raise
        sys.stdout.flush()
    except UserError as error:
        _flush_what_can_be()
        print(f"{name}: {error}", file=sys.stderr)
        sys.exit(error.code)
    except KeyboardInterrupt:
        _flush_what_can_be()
        if interrupted:
            print(f"\n{name}: {interrupted}", file=sys.stderr)
        sys.exit(INTERRUPTED)
    except BrokenPipeError:
        _to_nowhere(sys.stdout.fileno())  # or Python complains once more at its end
        sys.exit(NOBODY_READS)


def _of_thread(failed: threading.ExceptHookArgs) -> None:
    """A thread that writes events and finds the disk full: whoever waits for it gets the error and has a sentence for it."""
    if not isinstance(failed.exc_value, OSError):
        threading.__excepthook__(failed)


@contextmanager
def files_in_words() -> Iterator[None]:
    """An error of the file system, such as a full disk or a folder that cannot be written, as one sentence."""
    try:
        yield
    except (BrokenPipeError, ConnectionError, TimeoutError):
        raise
    except OSError as error:
        if error.errno is None or error.errno == errno.EPIPE:
            raise
        raise UserError(in_words(error)) from error


def in_words(error: OSError) -> str:
    """Which file, and what is wrong with it."""
    name = error.filename2 if error.filename2 is not None else error.filename
    if isinstance(name, bytes):
        name = os.fsdecode(name)
    why = error.strerror or str(error)
    return f"{name if isinstance(name, str) else 'a file'} cannot be read or written: {in_one_line(why)}."


# ------------------------------------------------------------------------------------------------------ where it speaks


class _Output(io.FileIO):
    """Standard output: where it takes no more, the sentence names it, and not the disk of the run."""

    def write(self, text: object) -> int:
        try:
            return super().write(text) or 0  # type: ignore[arg-type]
        except BrokenPipeError:
            raise
        except OSError as error:
            _to_nowhere(self.fileno())  # what is still in the buffer must not raise again
            raise UserError(f"standard output cannot be written: {error.strerror}; redirect it elsewhere.") from None


class _Errors(io.FileIO):
    """Standard error: where it takes nothing, there is nobody to tell."""

    def write(self, text: object) -> int:
        try:
            return super().write(text) or 0  # type: ignore[arg-type]
        except OSError:
            return memoryview(text).nbytes  # type: ignore[arg-type]


def speak_anywhere() -> None:
    """Make standard output and error of this process take every character, also where they are closed, full or not UTF-8.

    Characters that the encoding lacks are replaced. A stream that was closed leads nowhere. Streams that somebody has put in
    the place of the process's own, as tests do, are left alone.
    """
    for number, name, kind in ((1, "stdout", _Output), (2, "stderr", _Errors)):
        stream = getattr(sys, name)
        if stream is None:  # closed by who started us, as with >&-
            if _is_closed(number):
                _to_nowhere(number)
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))
        elif (
            stream is getattr(sys, f"__{name}__") and isinstance(stream, io.TextIOWrapper) and _number(stream) == number
        ):
            stream.flush()
            raw = io.BufferedWriter(kind(number, "w", closefd=False))
            lines = stream.line_buffering or name == "stderr"
            setattr(sys, name, io.TextIOWrapper(raw, stream.encoding, errors="replace", line_buffering=lines))


def _number(stream: io.TextIOWrapper) -> int | None:
    try:
        return stream.fileno()
    except (OSError, ValueError):
        return None


def _flush_what_can_be() -> None:
    """What was printed before something else ended the command; where it cannot be written either, that is no news."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        _to_nowhere(sys.stdout.fileno())
    except (UserError, OSError):
        pass


def _is_closed(number: int) -> bool:
    try:
        os.fstat(number)
    except OSError:
        return True
    return False


def _to_nowhere(number: int) -> None:
    """Have a file descriptor lead to /dev/null, so that no file opened later gets its number."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    if nowhere == number:
        os.set_inheritable(number, True)
    else:
        os.dup2(nowhere, number)
        os.close(nowhere)
