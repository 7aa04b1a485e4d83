"""How every command ends: in one sentence where the user can mend it, quietly where nobody reads on."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from reachenv.lab.errors import UserError

NOBODY_READS = 141  # as other tools end whose reader, such as head, has gone: 128 + SIGPIPE
INTERRUPTED = 130  # 128 + SIGINT


@contextmanager
def command(name: str, interrupted: str = "") -> Iterator[None]:
    """Around the work of a command line. `interrupted` is said where it was stopped by hand."""
    try:
        yield
        sys.stdout.flush()
    except UserError as error:
        print(f"{name}: {error}", file=sys.stderr)
        sys.exit(error.code)
    except KeyboardInterrupt:
        if interrupted:
            print(f"\n{name}: {interrupted}", file=sys.stderr)
        sys.exit(INTERRUPTED)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or Python complains once more at its end
        sys.exit(NOBODY_READS)
