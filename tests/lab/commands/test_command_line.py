"""The command `reachenv` from outside: it starts quickly, explains itself, and answers every mistake with one sentence."""

import json
import subprocess
import sys
import tomllib
from importlib import metadata
from pathlib import Path

import pytest

from reachenv.agents.rl.baselines import BASELINES
from reachenv.lab import export
from reachenv.lab.analysis.registry import ANALYSES
from reachenv.lab.baselines.task import AGENTS
from reachenv.lab.commands import export as export_command
from reachenv.lab.commands import extras
from reachenv.lab.commands.main import COMMANDS, EVERYONE, MAINTAINERS, call
from reachenv.lab.design.catalogue import DESIGNS
from reachenv.lab.errors import UserError
from reachenv.lab.report import publish

ROOT = Path(__file__).parents[3]
HEAVY = {"torch", "pandas", "scipy", "matplotlib", "mujoco", "stable_baselines3", "sklearn", "pyarrow"}

LOADED = """
import json, sys
from reachenv.lab.commands.main import main
try:
    main(json.loads(sys.argv[1]))
finally:
    print("LOADED", json.dumps(sorted(sys.modules)))
"""


def from_outside(words, code=LOADED):
    """Run `reachenv` with these words in a process: exit code, its output, errors, and the packages that were loaded."""
    done = subprocess.run([sys.executable, "-c", code, json.dumps(words)], capture_output=True, text=True, cwd=ROOT)
    said, _, loaded = done.stdout.partition("LOADED")
    return done.returncode, said, done.stderr, {name.partition(".")[0] for name in json.loads(loaded)}


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        ([], 0, "usage: reachenv COMMAND"),
        (["--help"], 0, "usage: reachenv COMMAND"),
        (["trian"], 2, "did you mean train?"),
        (["train", "--help"], 0, "--intervention"),
        (["train", "--mise", "3"], 2, "did you mean --mice?"),
        (["baseline", "--help"], 0, "--steps"),
        (["train", "--agent", "ppo", "--stesp", "3"], 2, "did you mean --steps?"),
        (["designs"], 0, "Ghanayim"),
        (["designs", "gpi-off"], 0, "GPi silenced"),
    ],
)
def test_help_and_mistakes_are_answered_before_anything_heavy_is_imported(words, code, says):
    ended, said, wrong, loaded = from_outside(words)
    assert ended == code and says in (wrong if code else said)
    assert not loaded & HEAVY
    if code:
        assert said == "" and len(wrong.strip().splitlines()) == 1 and wrong.startswith("reachenv")


def test_the_check_sees_what_is_loaded():
    code = LOADED.replace("import json, sys", "import json, sys, pandas")
    assert {"pandas", "pyarrow"} & from_outside(["--help"], code)[3]


def test_python_dash_m_is_the_same():
    done = subprocess.run([sys.executable, "-m", "reachenv", "trian"], capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 2 and done.stderr.startswith("reachenv: the command 'trian'")


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_itself_with_an_example_that_it_can_read(name, capsys):
    with pytest.raises(SystemExit) as end:
        call([name, "--help"])
    said = capsys.readouterr().out
    assert end.value.code == 0 and f"example:\n  reachenv {name}" in said
    command = COMMANDS[name]
    command.parser().read(command.example.split())
    assert command.name in COMMANDS and command.about[0].islower() and not command.about.endswith(".")


def test_the_help_lists_every_command_once_and_those_for_maintainers_apart(capsys):
    call(["--help"])
    everyone, maintainers = capsys.readouterr().out.split("For maintainers")
    assert all(f"  {c.name} " in everyone for c in EVERYONE) and all(f"  {c.name} " in maintainers for c in MAINTAINERS)
    assert len(COMMANDS) == len(EVERYONE) + len(MAINTAINERS)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["trian"], ["'trian'", "did you mean train?", "baseline"]),
        (["film"], ["RUN", "reachenv film --help"]),
        (["film", "x", "--forse"], ["--forse", "did you mean --force?"]),
        (["film", "nowhere"], ["nowhere", "no such folder"]),
        (["designs", "singel"], ["singel", "did you mean single?", "covert"]),
        (["export", "x", "--mat", "--indicator", "GCaMP6"], ["GCaMP6", "GCaMP6s and GCaMP6f"]),
        (["publish", "a", "b", "--part", "netwrk"], ["--part", "did you mean network?", "behaviour"]),
        (["baseline", "--agent", "dqn"], ["--agent", "'dqn'", "ppo"]),
        (["baseline", "--resume", "nowhere"], ["nowhere", "reachenv train --resume"]),
        (["analyse", "x", "--workers", "many"], ["--workers", "whole number", "many"]),
        (["demonstrator", "--trials", "0"], ["--trials", "between 1 and 10,000", "0 given"]),
    ],
)
def test_mistakes_are_one_sentence(words, says, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError) as error:
        call(words)
    assert all(word in str(error.value) for word in says), str(error.value)
    assert "\n" not in str(error.value) and not list(tmp_path.iterdir())


def test_a_mistake_is_told_by_the_command_that_was_typed(tmp_path):
    for command, begins in (
        ([sys.executable, str(ROOT / "train.py"), "--mise"], "train.py: "),
        ([sys.executable, "-m", "reachenv", "train", "--mise"], "reachenv train: "),
        ([sys.executable, "-m", "reachenv", "train", "--agent", "ppo", "--mise"], "reachenv baseline: "),
    ):
        done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path)
        assert done.returncode == 2 and done.stderr.startswith(begins)


def test_the_names_that_help_shows_are_those_that_exist():
    assert set(AGENTS) == set(BASELINES)
    assert tuple(export_command.FORMATS) == tuple(export.FORMATS)
    assert set(publish.PARTS) == {"all", "behaviour", "network"}
    assert ANALYSES


def test_designs_tell_groups_sizes_paper_and_minutes(capsys):
    call(["designs"])
    said = " ".join(capsys.readouterr().out.split())
    for name, design in DESIGNS.items():
        assert f"{name} " in said and design.minutes > 0 and design.paper in said
    for name in DESIGNS:
        call(["designs", name])
        said = capsys.readouterr().out
        groups = DESIGNS[name].groups(DESIGNS[name].sessions, DESIGNS[name].trials)
        assert all(f" {g.name} " in said for g in groups)


def test_what_is_not_installed_is_named_with_the_way_to_get_it(monkeypatch):
    wanted = [
        "numpy>=2",
        "pandas>=2; extra == 'lab'",
        "reachenv[agents]; extra == 'lab'",
        "torch>=2; extra == 'agents'",
    ]
    monkeypatch.setattr(extras, "requires", lambda name: wanted)

    def version(name):
        if name == "torch":
            raise metadata.PackageNotFoundError

    monkeypatch.setattr(extras, "version", version)
    with pytest.raises(UserError, match=r"this needs torch, .* pip install 'reachenv\[lab\]'"):
        call(["report", "x"])
    call(["designs"])


def test_what_each_extra_needs_is_read_from_the_project():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    named = {text.split(">")[0].split("[")[0] for text in project["optional-dependencies"]["lab"]} - {"reachenv"}
    assert named <= extras.packages("lab") and "torch" in extras.packages("lab")
