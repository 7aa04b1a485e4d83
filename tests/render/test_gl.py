"""Which OpenGL is chosen, and what is said where there is none."""

import os
import subprocess
import sys

import pytest

from reachenv import gl


def works(egl: bool, osmesa: bool) -> dict:
    return {"egl": lambda: egl, "osmesa": lambda: osmesa}


@pytest.mark.parametrize(
    ("environ", "egl", "osmesa", "expected"),
    [
        ({}, True, True, "egl"),
        ({}, False, True, "osmesa"),
        ({}, False, False, "disable"),
        ({"DISPLAY": ":0"}, True, True, None),
        ({"WAYLAND_DISPLAY": "wayland-0"}, True, True, None),
        ({"MUJOCO_GL": "osmesa"}, True, True, None),
        ({"MUJOCO_GL": "EGL "}, True, False, None),
        ({"MUJOCO_GL": "glfw"}, True, True, None),
        ({"MUJOCO_GL": "off"}, True, True, None),
        ({"MUJOCO_GL": "egl"}, False, True, "disable"),  # would make `import mujoco` fail
        ({"MUJOCO_GL": "nonsense"}, True, True, "disable"),  # likewise
        ({"PYOPENGL_PLATFORM": "osmesa"}, True, True, "osmesa"),  # PyOpenGL would refuse EGL
        ({"PYOPENGL_PLATFORM": "osmesa"}, True, False, "disable"),
    ],
)
def test_decision(environ, egl, osmesa, expected):
    assert gl.decide(environ, works(egl, osmesa)) == expected


def test_probes_answer_quickly_and_never_raise(monkeypatch):
    for broken in (OSError("no such library"), AttributeError("no such function")):
        monkeypatch.setattr(gl.ctypes, "CDLL", lambda *_, error=broken: (_ for _ in ()).throw(error))
        if isinstance(broken, OSError):
            assert gl.egl_works() is False and gl.osmesa_works() is False


def test_choosing_costs_milliseconds():
    script = (
        "import time; from reachenv import gl; t = time.perf_counter(); gl.egl_works(); print(time.perf_counter() - t)"
    )
    seconds = min(float(run(script, {}).stdout.split()[-1]) for _ in range(3))
    assert seconds < 0.05


@pytest.mark.parametrize("value", ["nonsense", "disabled"])
def test_without_gl_only_drawing_fails_and_says_what_to_install(value):
    script = """
import numpy as np
import reachenv
from reachenv import body, gl
gl.choose()
import mujoco
model = body.build_model(); mujoco.mj_step(model, mujoco.MjData(model)); print("stepped")
from reachenv.drawing.render import Renderer
try:
    Renderer()
except gl.NoGLError as error:
    print(error)
"""
    done = run(script, {"MUJOCO_GL": value})
    assert done.returncode == 0, done.stderr
    assert "stepped" in done.stdout
    message = done.stdout.splitlines()[-1]
    for word in (value, "libegl1", "libopengl0", "libgl1-mesa-dri", "libosmesa6"):
        assert word in message


def run(script: str, extra: dict) -> subprocess.CompletedProcess:
    environ = {k: v for k, v in os.environ.items() if k not in ("MUJOCO_GL", "PYOPENGL_PLATFORM", "DISPLAY")} | extra
    return subprocess.run([sys.executable, "-c", script], env=environ, capture_output=True, text=True, timeout=120)
