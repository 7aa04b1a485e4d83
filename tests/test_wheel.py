"""A wheel built from the repository works away from it, assets included."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

USE = """
import reachenv, gymnasium, numpy, pathlib
assert pathlib.Path(reachenv.__file__).is_relative_to(pathlib.Path.cwd()), reachenv.__file__
env = gymnasium.make("reachenv/PelletReach-v0")
env.reset(seed=0)
env.step(numpy.zeros(5))
from reachenv import assets, looks, body
looks.dress(body.build_spec()).compile()
import reachenv.lab.report.page, reachenv.agents.brain.loop as loops
loop = loops.Loop(env.unwrapped.sense_slices, 5, [0])
loop.step(numpy.zeros((1, 55)), numpy.zeros(1))
print("works")
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    out = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(out), str(ROOT)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return next(out.glob("*.whl"))


def test_the_wheel_carries_every_data_file(wheel):
    inside = set(zipfile.ZipFile(wheel).namelist())
    for path in (ROOT / "assets").rglob("*"):
        if path.is_file():
            assert f"reachenv/assets/{path.relative_to(ROOT / 'assets')}" in inside
    assert not any(name.startswith(("tests/", "runs/", "assets/")) for name in inside)


def test_the_wheel_works_without_the_repository(wheel, tmp_path):
    zipfile.ZipFile(wheel).extractall(tmp_path)
    environment = os.environ | {"PYTHONPATH": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", USE], cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert done.returncode == 0 and done.stdout.strip() == "works", done.stderr[-2000:]
