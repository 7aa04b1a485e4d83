"""A process forked from one whose worlds share threads, or which has drawn: one sentence, and never a wait without end."""

import os
import subprocess
import sys

import pytest

SENTENCE = "threads stayed behind"
FORK = """
import os, sys
import numpy as np, reachenv
env = reachenv.PelletReachVectorEnv(2, nthread={nthread})
env.reset(seed=0)
action = np.zeros((2, 5))
env.step(action)
child = os.fork()
if child == 0:
    try:
        {does}
    except RuntimeError as error:
        print("refused:", error)
    sys.exit(0)
assert os.waitpid(child, 0)[1] == 0
print("parent goes on", env.step(action)[0].shape)
"""


def run(script, timeout=90, **extra):
    environ = {k: v for k, v in os.environ.items() if k not in ("MUJOCO_GL", "PYOPENGL_PLATFORM", "DISPLAY")} | extra
    return subprocess.run([sys.executable, "-c", script], env=environ, capture_output=True, text=True, timeout=timeout)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
@pytest.mark.parametrize(
    ("does", "nthread", "refused"),
    [
        ("env.step(action)", 2, True),
        ("env.reset()", 2, True),
        ("env.set_bodies([reachenv.BodyVariation()] * 2)", 2, True),
        ("del env", 2, False),  # freed by hand, or as the process ends
        ("reachenv.PelletReachVectorEnv(2, nthread=2).reset()", 2, False),
        ("env.step(action)", 1, False),
    ],
)
def test_a_forked_process_says_that_threads_stayed_behind(does, nthread, refused):
    done = run(FORK.format(does=does, nthread=nthread))
    assert done.returncode == 0, done.stderr
    assert "parent goes on (2, 55)" in done.stdout and (SENTENCE in done.stdout) == refused
