"""Folders that cannot be written, and a run that goes on beside: each command ends in one sentence, and changes nothing."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import stub
from edits import complete
from small_runs import finish_here, make_run

from reachenv.lab import findings
from reachenv.lab.commands.main import call
from reachenv.lab.errors import UserError
from reachenv.lab.figures import run as figures
from reachenv.lab.records.folder import Run
from reachenv.lab.report import page
from reachenv.lab.runner import brains

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def _finished(tmp_path_factory):
    run, design = make_run(tmp_path_factory.mktemp("unwritable") / "run", mice=1, sessions=2, trials=2)
    finish_here(run, design, stub.STUB)
    complete(run, design)
    findings.write(run)
    return run.path


@pytest.fixture
def finished(_finished, tmp_path, monkeypatch):
    monkeypatch.setitem(brains.BRAINS, "bg_loop", stub.STUB)
    monkeypatch.chdir(tmp_path)
    shutil.copytree(_finished, tmp_path / "run")
    return Run(tmp_path / "run")


@pytest.fixture
def read_only(finished, tmp_path):
    """The run on a disk that was mounted for reading alone: as root, nothing else keeps one from writing."""
    if os.geteuid() != 0:
        for path in [*finished.path.rglob("*"), finished.path]:
            path.chmod(0o500 if path.is_dir() else 0o400)
        yield finished.path
        for path in [finished.path, *finished.path.rglob("*")]:
            path.chmod(0o700)
        return
    disk = tmp_path / "disk"
    disk.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "tmpfs", str(disk)], capture_output=True).returncode:
        pytest.skip("mounting a disk is not allowed here")
    try:
        shutil.copytree(finished.path, disk / "run")
        (disk / "empty").mkdir()
        subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
        yield disk / "run"
    finally:
        subprocess.run(["umount", "-l", str(disk)], check=True)


def contents(folder):
    return {p: p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file() and p.name != ".lock"}


@pytest.mark.parametrize(
    "words",
    ["report RUN", "findings RUN", "figures RUN", "film RUN --force", "analyse RUN", "export RUN --parquet", "publish RUN RUN/../empty",
     "publish RUN RUN", "film RUN --out RUN/film.mp4", "export RUN --mat --out RUN", "train --resume RUN"],
)  # fmt: skip
def test_a_folder_that_cannot_be_written_is_one_sentence(read_only, words, monkeypatch):
    from reachenv.lab.film import video

    monkeypatch.setattr(video, "_frames", lambda *args: iter(()))  # drawing needs GL, and writing is what is asked
    before = contents(read_only)
    with pytest.raises(UserError) as error:
        call([word.replace("RUN", str(read_only)) for word in words.split()])
    said = str(error.value)
    assert error.value.code == 2 and said.isprintable() and str(read_only.parent) in said, said
    assert contents(read_only) == before


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("publish run /proc/x", "/proc"),
        ("publish run run/config.json", "is a file"),
        ("publish run /dev/null", "/dev/null"),
        ("publish run /dev/null/x", "/dev/null"),
        ("export run --parquet --out /dev/null", "is no folder"),
        ("export run --parquet --out run/config.json", "is no folder"),
        ("export run --parquet --out /proc/x", "/proc"),
        ("export run --parquet --snr nan", "--snr"),
        ("export run --parquet --snr 0", "--snr"),
        ("export run --parquet --snr -1", "--snr"),
        ("export run --parquet --snr 1e999", "--snr"),
        ("film run --out /dev/null", "no file"),
        ("film run --out /dev/null --force", "no file"),
        ("film run --out run --force", "a folder"),
        ("film run --out /proc/x.mp4", "/proc"),
        ("demonstrator --pictures /dev/null", "is no folder"),
        ("demonstrator --pictures run/config.json", "is no folder"),
        ("demonstrator --pictures /proc/x", "/proc"),
        ("demonstrator --trials 0", "--trials"),
        ("demonstrator --trials 99999999999", "--trials"),
        ("demonstrator --threads -1", "--threads"),
        ("demonstrator --threads 99999", "--threads"),
        ("babbling --mice 0", "--mice"),
        ("babbling --mice -3", "--mice"),
        ("babbling --mice 1000000000", "--mice"),
        ("babbling --out /proc/x", "/proc"),
        ("babbling --out /dev/null", "is no folder"),
        ("novice --babbles 0", "--babbles"),
        ("novice --babbles 99999999999", "--babbles"),
        ("novice --generations 0", "--generations"),
        ("novice --practice 99999999", "--practice"),
        ("novice --out /dev/null", "is no folder"),
        ("dynamics --out /dev/full", "is no folder"),
        ("dynamics --out /proc/x", "/proc"),
        ("analyse run --workers -1", "--workers"),
        ("baseline --seed -1", "--seed"),
        ("baseline --seed 4294967296", "--seed"),
        ("baseline --steps 99999999999999", "--steps"),
        ("train --seed -1", "--seed"),
        ("train --seed 9223372036854775808", "--seed"),
        ("train --output /proc/x", "/proc/x"),
        ("train --output run/config.json/x --mice 1", "cannot be made"),
        ("train --output /dev/null --mice 1", "exists already"),
        ("train --from-session 0 --from run", "--from-session 0"),
    ],
)
def test_targets_and_numbers_that_cannot_be_are_one_sentence(finished, words, said):
    before = contents(finished.path)
    with pytest.raises(UserError) as error:
        call(words.split())
    assert said in str(error.value) and str(error.value).isprintable() and len(str(error.value)) < 700, error.value
    assert contents(finished.path) == before and [p.name for p in finished.path.parent.iterdir()] == ["run"]


def test_beside_a_run_that_goes_on_outputs_are_made_and_its_config_stays(finished, monkeypatch, tmp_path):
    from reachenv.lab.film import video

    monkeypatch.setattr(video, "write_mp4", lambda part, *args: part.write_bytes(b"film"))
    monkeypatch.setattr(figures, "draw_all", lambda run: [])
    finished.update(status="running", finished=None)
    config = (finished.path / "config.json").read_bytes()
    with finished.alone():
        for words in ("report", "findings", "figures"):
            call([words, "run"])
        call(["film", "run", "--out", "film.mp4"])
        for words, said in (
            ("analyse run", "another process"),
            ("train --resume run --workers 7", "another process"),
            ("publish run published", "not finished"),
        ):
            with pytest.raises(UserError, match=said):
                call(words.split())
    assert (finished.path / "config.json").read_bytes() == config and not Path("published").exists()


def test_a_report_names_the_folder_that_it_is_of(finished, tmp_path):
    odd = tmp_path / "a folder" / "it's"
    odd.parent.mkdir()
    shutil.copytree(finished.path, odd)
    text = page.write(Run(odd)).read_text()
    shown = text.replace("&#39;", "'").replace("&#34;", '"')
    assert f"reachenv film '{odd.parent}/it'\"'\"'s'" in shown and "runs/" not in shown.split("<pre>reachenv")[1]


def test_publishing_anew_keeps_what_is_there_where_the_run_is_damaged(finished):
    call(["publish", "run", "published"])
    before = contents(Path("published"))
    (finished.path / "figures").mkdir(exist_ok=True)
    (finished.path / "figures" / "outcomes.png").write_bytes(b"no picture")
    told = json.loads((finished.path / "findings.json").read_text())
    for damage, said in (
        (lambda: None, "outcomes.png is damaged"),
        (
            lambda: (finished.path / "findings.json").write_text(json.dumps(told | {"findings": [3]})),
            "findings.json is damaged",
        ),
        (lambda: (finished.path / "findings.json").unlink(), "has no findings.json"),
    ):
        damage()
        with pytest.raises(UserError, match=said):
            call(["publish", "run", "published", "--overwrite"])
        assert contents(Path("published")) == before


def test_tools_read_their_words_before_they_work(tmp_path):
    for name in ("spinal_fit", "import_graph"):
        done = subprocess.run(
            [sys.executable, "-m", f"tools.{name}", "--nosuch"], capture_output=True, text=True, cwd=ROOT, timeout=60
        )
        assert done.returncode == 2 and "--nosuch" in done.stderr and "Traceback" not in done.stderr and not done.stdout
