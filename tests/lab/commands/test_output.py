"""Where a command speaks: output in poor encodings, closed, or full. Subprocesses, as a shell starts them."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

STUB = Path(__file__).parents[1] / "stub_train.py"
ROOT = Path(__file__).parents[3]
FULL = b"standard output cannot be written: No space left on device; redirect it elsewhere.\n"
POOR = {
    "ascii": {"PYTHONIOENCODING": "ascii"},
    "strict latin-1": {"PYTHONIOENCODING": "latin-1:strict"},
    "C locale": {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
}


def shell(command, env=None, cwd=ROOT):
    done = subprocess.run(["sh", "-c", command], capture_output=True, env={**os.environ, **(env or {})}, cwd=cwd)
    return done.returncode, done.stdout, done.stderr


SAYS = f"{sys.executable} -c \"from reachenv.lab.commands import main; import sys; sys.argv[1:] = ['designs']; " \
       "main.call = lambda words, script: print('2\\u20134 \\u2026'); main.main()\""  # fmt: skip


@pytest.mark.parametrize("kind", POOR)
def test_characters_that_an_encoding_lacks_are_replaced(kind):
    code, out, err = shell(SAYS, POOR[kind])
    assert (code, out.strip(), err) == (0, b"2?4 ?", b"")


def test_without_care_python_raises():
    bare = f"{sys.executable} -c \"print('2\\u20134')\""
    assert b"UnicodeEncodeError" in shell(bare, POOR["ascii"])[2]


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        ("designs >&-", 0, b""),
        ("designs <&- >&- 2>&-", 0, b""),
        ("designs >/dev/full", 2, b"reachenv designs: " + FULL),
        ("train --help >/dev/full", 2, b"reachenv train: " + FULL),
        ("trian 2>/dev/full", 2, b""),
        ("trian 2>&-", 2, b""),
        ("trian >&-", 2, b"reachenv: the command 'trian' is not known"),
        ("designs acquisition 2>&- | head -1 >/dev/null", 0, b""),
    ],
)  # fmt: skip
def test_output_that_is_closed_or_full_is_no_traceback(words, code, said):
    ended, _, err = shell(f"{sys.executable} -m reachenv {words}")
    assert ended == code and err.startswith(said) and (said or not err) and len(err.splitlines()) <= 1


def test_a_run_with_a_poor_encoding_and_one_without_output_end_alike(tmp_path):
    sizes = "--design single --sessions 2 --trials 2 --no-film"
    begin, quick = f"{sys.executable} {STUB} {sizes}", {"STUB_NO_FIGURES": "1"}
    code, out, err = shell(
        f"{begin} --output mute >&- 2>&- & {begin} --output poor && wait", POOR["C locale"] | quick, tmp_path
    )
    assert code == 0 and not err and b"Done: poor/" in out
    files = [sorted(p.relative_to(tmp_path / n) for p in (tmp_path / n / "mice").rglob("*")) for n in ("poor", "mute")]
    assert files[0] == files[1] and (tmp_path / "mute" / "report.html").exists()
    code, out, err = shell(f"{begin} --output full > /dev/full", quick, cwd=tmp_path)
    assert code == 2 and err.startswith(b"train.py: standard output cannot be written") and len(err.splitlines()) == 1
    assert b"disk of" not in err
    text = (tmp_path / "poor" / "report.html").read_text()
    assert (
        "reachenv report poor" in text and "runs/" not in text and "'poor/trials.parquet'" in text.replace("&#39;", "'")
    )


@pytest.mark.parametrize("name", [b"x\xff", b"\xed\xa0\x80"])
def test_a_path_that_is_no_text_is_a_sentence_and_leaves_nothing(name, tmp_path):
    done = subprocess.run(
        [sys.executable.encode(), str(STUB).encode(), b"--output", name],
        capture_output=True,
        cwd=tmp_path,
        env={**os.environ},
    )
    assert done.returncode == 2 and b"is not text" in done.stderr and len(done.stderr.splitlines()) == 1
    assert not list(tmp_path.iterdir())
