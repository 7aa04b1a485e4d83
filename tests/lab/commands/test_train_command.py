"""`python train.py` from outside: what it leaves, how it refuses, and that being killed changes no bit."""

import functools
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import fields
from pathlib import Path
from types import SimpleNamespace

import pytest
import stub
from small_runs import assert_same

from reachenv.lab.commands import stages
from reachenv.lab.commands.main import call
from reachenv.lab.commands.train import Options
from reachenv.lab.errors import UserError
from reachenv.lab.records import provenance
from reachenv.lab.records.folder import Run

SCRIPT = Path(__file__).parents[1] / "stub_train.py"
SMALL = ["--mice", "2", "--sessions", "4", "--trials", "5", "--no-film"]


def start(words, cwd, **more):
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    return subprocess.Popen([sys.executable, str(SCRIPT), *words], cwd=cwd, **streams, **more)


def command(words, cwd):
    process = start(words, cwd)
    out, err = process.communicate(timeout=120)
    return process.returncode, out, err


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    folder = tmp_path_factory.mktemp("finished")
    code, out, err = command([*SMALL, "--name", "whole"], folder)
    assert code == 0, err
    return folder, out


def test_one_command_leaves_the_run_folder_of_the_design(finished):
    folder, out = finished
    run = folder / "runs" / "whole"
    for name in ("config.json", "trials.parquet", "report.html", "figures/learning_curves.png", "figures/outcomes.png"):
        assert (run / name).stat().st_size > 0
    assert (run / "mice/control/m01/session-04.safetensors").exists()
    assert list((run / "tensorboard" / "m1-block").glob("events*"))
    config = json.loads((run / "config.json").read_text())
    assert config["status"] == "finished" and config["finished"] and config["design"]["seed"] == 0
    assert config["workers"] == provenance.cores({"command": config["command"], "machine": config["machine"]})
    assert config["command"] == "python train.py " + " ".join([*SMALL, "--name", "whole"])
    assert {"python", "mujoco", "torch", "numpy", "reachenv"} <= set(config["versions"])
    assert config["brain"]["name"] == "stub" and config["brain"]["digest"]
    assert "success" in out and "left" in out and "report.html" in out


def test_a_finished_run_is_never_overwritten(finished):
    folder, _ = finished
    before = {p: p.read_bytes() for p in (folder / "runs" / "whole").rglob("*") if p.is_file()}
    for words in (
        [*SMALL, "--name", "whole"],
        [*SMALL, "--output", "runs/whole"],
        ["--resume", "runs/whole"],
    ):
        code, _, err = command(words, folder)
        assert code == 2 and "runs/whole" in err and len(err.strip().splitlines()) == 1, err
    assert before == {p: p.read_bytes() for p in (folder / "runs" / "whole").rglob("*") if p.is_file()}


def sessions_done(run):
    """How many mouse-sessions are on disk, in a folder that changes while one looks."""
    return sum(path.exists() for g in ("control", "m1-block") for m in (1, 2) for s in range(1, 5)
               for path in [run / f"mice/{g}/m{m:02d}/session-{s:02d}.parquet"])  # fmt: skip


def times_resumed(run):
    return len(json.loads((run / "config.json").read_text())["resumed"]) if (run / "config.json").exists() else 0


def kill_at(process, run, moment, resumed=0):
    """kill -9 to the main process when it has begun and so many mouse-sessions are on disk, in the midst of the next."""
    patience = time.monotonic() + 240
    while (sessions_done(run) < moment or times_resumed(run) < resumed) and time.monotonic() < patience:
        time.sleep(0.005)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert moment <= sessions_done(run) < 16
    assert json.loads((run / "config.json").read_text())["status"] == "running"


def test_killed_at_three_moments_and_resumed_it_ends_bit_identical(finished, tmp_path):
    slow = {"cwd": tmp_path, "env": {**os.environ, "STUB_SLOW": "1"}}
    cut = tmp_path / "runs" / "cut"
    kill_at(start([*SMALL, "--name", "cut"], **slow), cut, 1)
    kill_at(start(["--resume", "runs/cut"], **slow), cut, 6, resumed=1)
    kill_at(start(["--resume", "runs/cut", "--workers", "3"], **slow), cut, 10, resumed=2)
    code, _, err = command(["--resume", "runs/cut", "--workers", "1"], tmp_path)
    assert code == 0, err
    whole = finished[0] / "runs" / "whole"
    assert_same(Run(cut), Run(whole))
    assert (cut / "trials.parquet").read_bytes() == (whole / "trials.parquet").read_bytes()
    config = json.loads((cut / "config.json").read_text())
    assert config["status"] == "finished" and len(config["resumed"]) == 3


def test_killed_while_drawing_only_the_drawing_is_done_again(finished, tmp_path):
    whole, copy = Run(finished[0] / "runs" / "whole"), Run(tmp_path / "copy")
    shutil.copytree(whole.path, copy.path)
    (copy.path / "report.html").unlink()
    copy.update(status="running")
    code, _, err = command(["--resume", str(copy.path)], tmp_path)
    assert code == 0, err
    assert copy.finished() and (copy.path / "report.html").exists()
    assert_same(copy, whole)


def test_ctrl_c_says_how_to_go_on(tmp_path):
    words = ["--mice", "2", "--sessions", "9", "--trials", "40", "--no-film", "--name", "cut"]
    # Where the tests themselves run in the background, SIGINT is ignored, and children inherit that.
    heed = functools.partial(signal.signal, signal.SIGINT, signal.SIG_DFL)
    options = {"env": {**os.environ, "STUB_SLOW": "1"}, "start_new_session": True, "preexec_fn": heed}
    process = start(words, tmp_path, **options)
    while not (tmp_path / "runs/cut/mice/control/m01/session-01.parquet").exists():
        time.sleep(0.02)
    os.killpg(process.pid, signal.SIGINT)  # a terminal sends it to every process
    _, err = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "--resume runs/cut" in err and "Traceback" not in err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--design", "nonsense"], ["nonsense", "acquisition", "expert-block", "single"]),
        (["--from-session", "3"], ["--from-session", "--from"]),
        (["--from", "nowhere"], ["nowhere", "no such folder"]),
        (["--lesion", "m1:9"], ["session 9", "7"]),
        (["--trials", "-3"], ["-3", "1", "9999"]),
        (["--mice", "many"], ["many", "whole number"]),
        (["--agent", "dqn"], ["dqn", "bg_loop", "ppo"]),
        (["--resume", "nowhere"], ["nowhere", "no such folder"]),
        (["--resume", "."], ["config.json"]),
        (["--resume", "x", "--mice", "3"], ["--mice", "own settings"]),
        (["--name", "a/b"], ["a/b"]),
        (["--name", "a", "--output", "b"], ["--output", "--name"]),
        (["--workers", "0"], ["0", "256"]),
        (["--mice"], ["--mice", "--help"]),
        (["--groups"], ["--groups", "at least one"]),
        (["--seed", "1.5"], ["--seed", "1.5"]),
        (["--mise", "3"], ["--mise", "did you mean --mice?"]),
        (["--steps", "3"], ["--steps", "reachenv baseline has it"]),
        (["--design", "acquisiton"], ["acquisiton", "did you mean acquisition?", "covert"]),
        (["--groups", "m1-blok"], ["m1-blok", "did you mean m1-block?", "sham"]),
        (["--brain", "bg_lop"], ["bg_lop", "did you mean bg_loop?"]),
        (["--groups", ","], ["--groups", "at least one"]),
        (["--set", "tag"], ["--set", "NAME=VALUE", "'tag'"]),
        (["--intervention", "m1:9"], ["session 9", "7"]),
        (["pilot"], ["pilot"]),
        (["--output", "/proc/nothing/here"], ["/proc/nothing/here"]),
        (["--design", "adaptation", "--trials", "34"], ["adaptation", "35", "34"]),
    ],
)
def test_bad_input_is_one_sentence_and_code_two(words, said, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError) as error:
        call(["train", *words])
    assert error.value.code == 2
    assert all(word in str(error.value) for word in said), str(error.value)
    assert "\n" not in str(error.value)
    assert not list(tmp_path.iterdir()), "nothing may be written before all is checked"


def test_the_command_line_shows_that_sentence_and_no_traceback(tmp_path):
    code, out, err = command(["--design", "nonsense"], tmp_path)
    assert (code, out) == (2, "")
    assert err.startswith("train.py: ") and len(err.strip().splitlines()) == 1


def test_folders_that_are_not_runs_or_too_new_say_so(tmp_path):
    from reachenv.lab.errors import UserError
    from reachenv.lab.records.folder import open_run

    for text, said in (
        ("not json", "damaged"),
        ("[1]", "damaged"),
        ('{"format": "other", "version": 1}', "'other'"),
        ('{"format": "reachenv-run", "version": 99}', "newer version"),
        ('{"format": "reachenv-run", "version": 1}', "damaged"),
        ('{"format": "reachenv-run", "version": 1, "design": {"groups": 3}}', "damaged"),
    ):
        (tmp_path / "config.json").write_text(text)
        with pytest.raises(UserError, match=said):
            open_run(tmp_path)


def test_two_processes_cannot_carry_one_run_on(here):
    run, _ = here()
    with run.alone(), pytest.raises(UserError, match="another process"), run.alone():
        pass


def test_a_second_process_is_refused_and_changes_nothing(here, capsys):
    run, _ = here()
    run.update(status="running", finished=None, film=False)
    before = (run.path / "config.json").read_bytes()
    with run.alone(), pytest.raises(UserError, match="another process"):
        call(["train", "--resume", str(run.path)])
    assert (run.path / "config.json").read_bytes() == before and capsys.readouterr().out == ""


def test_names_never_clash(tmp_path):
    from datetime import datetime

    from reachenv.lab.records.folder import free_name

    now = datetime(2026, 11, 21, 14, 32)
    assert free_name(tmp_path, "acquisition", now) == "acquisition-2026-11-21-1432"
    (tmp_path / "acquisition-2026-11-21-1432").mkdir()
    assert free_name(tmp_path, "acquisition", now) == "acquisition-2026-11-21-1432-2"


def test_help_explains_every_option_with_an_example(capsys):
    with pytest.raises(SystemExit) as end:
        call(["train", "--help"])
    text = capsys.readouterr().out
    assert end.value.code == 0
    spellings = {"settings": "set", "from_run": "from"}
    for field in fields(Options):
        assert "--" + spellings.get(field.name, field.name).replace("_", "-") in text
    assert text.count("Example:") == text.count("(default:") == len(fields(Options))


def test_a_resume_with_another_brain_says_so(here, capsys):
    run, design = here(sessions=2, trials=5, parts=stub.STUB)
    now = provenance.shipped_brain()
    for brain, said in ((now, False), (now | {"digest": "0"}, True)):
        run.update(brain=brain, resumed=[], versions=provenance.versions())
        stages._say_start(SimpleNamespace(run=run, design=design, resumed=True))
        assert ("the brain changed since this run began" in capsys.readouterr().err) == said
