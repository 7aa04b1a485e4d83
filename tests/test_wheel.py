"""A wheel built from the repository works away from it, assets and commands included, and beside other distributions."""

import configparser
import json
import os
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

import reachenv
from reachenv.lab.commands.main import COMMANDS

ROOT = Path(__file__).parent.parent

USE = """
import reachenv, gymnasium, numpy, pathlib
assert pathlib.Path(reachenv.__file__).is_relative_to(pathlib.Path.cwd()), reachenv.__file__
env = gymnasium.make("reachenv/PelletReach-v0")
env.reset(seed=0)
env.step(numpy.zeros(5))
from reachenv import assets, body; from reachenv.drawing import looks
looks.dress(body.build_spec()).compile()
import reachenv.lab.report.page, reachenv.agents.brain.loop as loops
loop = loops.Loop(env.unwrapped.sense_slices, 5, [0])
loop.step(numpy.zeros((1, 55)), numpy.zeros(1))
print("works")
"""

HELP = """
import json, sys
from reachenv.lab.commands.main import call
for name in json.loads(sys.argv[1]):
    try:
        call([name, "--help"])
    except SystemExit as end:
        assert end.code == 0, name
"""

BESIDE = """
import agents, lab, reachenv.agents.interventions, reachenv.lab.design.design
assert agents.WHOSE == lab.WHOSE == "another distribution's"
assert not hasattr(reachenv.agents, "WHOSE") and not hasattr(reachenv.lab, "WHOSE")
print("both")
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    out = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(out), str(ROOT)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return next(out.glob("*.whl"))


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory):
    """A folder that holds the wheel and one of another distribution, which owns top-level `agents` and `lab`."""
    folder = tmp_path_factory.mktemp("installed")
    other = write_other(folder / "wheels")
    for one in (wheel, other) if wheel.name < other.name else (other, wheel):
        install(one, folder / "site")
    return folder / "site"


def write_other(folder: Path) -> Path:
    """A wheel such as that of openai-agents, whose import name is `agents`."""
    folder.mkdir()
    path = folder / "other_agents-1.0-py3-none-any.whl"
    info = "other_agents-1.0.dist-info"
    files = {
        "agents/__init__.py": 'WHOSE = "another distribution\'s"\n',
        "lab/__init__.py": 'WHOSE = "another distribution\'s"\n',
        f"{info}/METADATA": "Metadata-Version: 2.1\nName: other-agents\nVersion: 1.0\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    with zipfile.ZipFile(path, "w") as file:
        for name, text in files.items():
            file.writestr(name, text)
        file.writestr(f"{info}/RECORD", "".join(f"{name},,\n" for name in [*files, f"{info}/RECORD"]))
    return path


def install(wheel: Path, site: Path) -> None:
    command = [sys.executable, "-m", "pip", "install", "--no-index", "--no-deps", "--no-compile", "--target", str(site)]
    done = subprocess.run([*command, "--disable-pip-version-check", str(wheel)], capture_output=True, text=True)
    # pip says so where a file would be overwritten by that of another distribution.
    assert done.returncode == 0 and "already exists" not in done.stderr, done.stderr[-2000:]


def python(site: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run Python away from the checkout, with what is installed in `site`."""
    environment = os.environ | {"PYTHONPATH": str(site)}
    return subprocess.run([sys.executable, *words], cwd=site, env=environment, capture_output=True, text=True)


def test_the_wheel_carries_every_data_file_and_nothing_beside_the_package(wheel):
    inside = set(zipfile.ZipFile(wheel).namelist())
    for path in (ROOT / "assets").rglob("*"):
        if path.is_file():
            assert f"reachenv/assets/{path.relative_to(ROOT / 'assets')}" in inside
    assert {name.partition("/")[0] for name in inside} == {"reachenv", f"reachenv-{reachenv.__version__}.dist-info"}
    assert "reachenv/py.typed" in inside and "reachenv/lab/report/report.html.j2" in inside
    assert not any("sculpt" in name or "spinal_fit" in name for name in inside)  # they make the data files


def test_the_source_archive_holds_all_that_the_wheel_is_built_from(wheel, tmp_path):
    command = [sys.executable, "-m", "build", "--sdist", "--no-isolation", "--outdir", str(tmp_path), str(ROOT)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    with tarfile.open(next(tmp_path.glob("*.tar.gz"))) as file:
        source = {name.partition("/")[2] for name in file.getnames()}
    modules = {name for name in zipfile.ZipFile(wheel).namelist() if name.endswith((".py", ".j2"))}
    assert modules <= source and "tools/sculpt/__main__.py" in source and not any("__pycache__" in s for s in source)


def test_the_wheel_names_the_command_and_the_brain(wheel):
    with zipfile.ZipFile(wheel) as file:
        (name,) = (n for n in file.namelist() if n.endswith("entry_points.txt"))
        points = configparser.ConfigParser()
        points.read_string(file.read(name).decode())
    assert points["console_scripts"]["reachenv"] == "reachenv.lab.commands.main:main"
    assert points["reachenv.brains"]["bg_loop"].startswith("reachenv.agents.brain.make:")


def test_the_wheel_works_without_the_repository(wheel, tmp_path):
    zipfile.ZipFile(wheel).extractall(tmp_path)
    done = python(tmp_path, "-c", USE)
    assert done.returncode == 0 and done.stdout.strip() == "works", done.stderr[-2000:]


def test_every_command_runs_away_from_the_checkout(installed):
    done = python(installed, "-c", HELP, json.dumps(list(COMMANDS)))
    assert done.returncode == 0 and all(f"usage: reachenv {name}" in done.stdout for name in COMMANDS), done.stderr
    assert python(installed, str(installed / "bin" / "reachenv"), "designs").stdout.startswith("acquisition")
    done = python(installed, "-m", "reachenv", "model-page", "--check")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1) and "in a checkout" in done.stderr


def test_the_wheel_lives_beside_a_distribution_that_owns_agents_and_lab(installed):
    done = python(installed, "-c", BESIDE)
    assert done.returncode == 0 and done.stdout.strip() == "both", done.stderr[-2000:]
    assert sorted(p.name for p in installed.iterdir() if p.is_dir() and "." not in p.name) == [
        "agents",
        "bin",
        "lab",
        "reachenv",
    ]


def test_the_version_stands_in_one_place_and_the_citation_agrees(wheel):
    citation = (ROOT / "CITATION.cff").read_text()
    assert f"\nversion: {reachenv.__version__}\n" in citation
    assert "version =" not in (ROOT / "pyproject.toml").read_text().split("[project.optional")[0]
    assert wheel.name.startswith(f"reachenv-{reachenv.__version__}-")
    (author,) = {line.split('"')[1] for line in citation.splitlines() if "- name:" in line}
    assert f'authors = [{{ name = "{author}" }}]' in (ROOT / "pyproject.toml").read_text()
