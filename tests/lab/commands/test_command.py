"""How commands end: a reader that has gone, a sentence for the user, an interruption; anything else stays an error."""

import subprocess
import sys

import pytest

from reachenv.lab.commands.ending import INTERRUPTED, NOBODY_READS, command
from reachenv.lab.errors import Unforeseen, UserError

MANY_LINES = "from reachenv.lab.commands.ending import command\nwith command('lab.x'):\n    for i in range(200_000): print('line', i)"
FEW_LINES = "from reachenv.lab.commands.ending import command\nwith command('lab.x'):\n    print(1)"


def last_words(code: str) -> tuple[int, bytes]:
    """Run it with a reader that takes at most one line and goes: its exit status, and what it said of that."""
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    if code == MANY_LINES:
        process.stdout.readline()
    process.stdout.close()
    said = process.stderr.read()
    return process.wait(timeout=60), said


@pytest.mark.parametrize("code", [MANY_LINES, FEW_LINES], ids=["while it prints", "at its end"])
def test_a_reader_that_goes_ends_a_command_quietly(code):
    assert last_words(code) == (NOBODY_READS, b"")


@pytest.mark.parametrize("code", [MANY_LINES, FEW_LINES], ids=["while it prints", "at its end"])
def test_without_it_python_complains(code):
    bare = code.replace("with command('lab.x'):", "if True:")
    process = subprocess.Popen([sys.executable, "-c", bare], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    process.stdout.close()
    assert b"BrokenPipeError" in process.stderr.read()
    process.wait(timeout=60)


@pytest.mark.parametrize(("error", "code"), [(UserError("no run."), 2), (Unforeseen("stopped."), 1)])
def test_the_user_gets_one_sentence_and_no_traceback(error, code, capsys):
    with pytest.raises(SystemExit) as end, command("lab.x"):
        raise error
    assert end.value.code == code and capsys.readouterr().err == f"lab.x: {error}\n"


def test_an_interruption_says_what_is_kept(capsys):
    with pytest.raises(SystemExit) as end, command("lab.x", interrupted="what is there is whole."):
        raise KeyboardInterrupt
    assert end.value.code == INTERRUPTED and "lab.x: what is there is whole." in capsys.readouterr().err


def test_other_errors_are_not_hidden():
    with pytest.raises(ZeroDivisionError), command("lab.x"):
        raise ZeroDivisionError
    with pytest.raises(SystemExit) as end, command("lab.x"):
        sys.exit(1)
    assert end.value.code == 1
