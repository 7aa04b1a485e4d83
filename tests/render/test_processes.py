"""Drawing in other threads and processes, and where MuJoCo was imported first: it works, or one sentence says what would."""

import os
import subprocess
import sys
import threading

import pytest

from reachenv import gl


@pytest.fixture(autouse=True)
def _draws(renderer):
    """Skips where nothing draws."""


def run(script, timeout=120, **extra):
    environ = {
        k: v for k, v in os.environ.items() if k not in ("MUJOCO_GL", "PYOPENGL_PLATFORM", "DISPLAY", "WAYLAND_DISPLAY")
    }
    return subprocess.run(
        [sys.executable, "-c", script], env=environ | extra, capture_output=True, text=True, timeout=timeout
    )


DRAW = """
import reachenv
env = reachenv.PelletReachEnv(render_mode="rgb_array")
env.reset(seed=0)
try:
    print("drawn", env.render().std() > 5)
except reachenv.gl.NoGLError as error:
    print("refused", error)
"""


def test_mujoco_may_be_imported_first():
    done = run("import mujoco" + DRAW)
    assert "drawn True" in done.stdout, done.stderr


def test_where_another_opengl_is_loaded_the_cure_is_named():
    done = run("import mujoco, OpenGL.GL" + DRAW)
    assert "refused" in done.stdout and "MUJOCO_GL=egl" in done.stdout and "before Python starts" in done.stdout, done
    assert "drawn True" in run("import mujoco, OpenGL.GL" + DRAW, MUJOCO_GL="egl").stdout


def test_another_thread_is_refused_and_may_draw_by_itself(renderer, waiting_pose):
    from reachenv.drawing.render import Renderer

    seen = []

    def elsewhere():
        try:
            renderer.frame(waiting_pose)
        except gl.NoGLError as error:
            seen.append(str(error))
        with Renderer(renderer.model, width=240, height=180) as own:
            seen.append(own.frame(waiting_pose).std() > 5)

    other = threading.Thread(target=elsewhere)
    other.start()
    other.join()
    assert "another thread" in seen[0] and seen[1]
    assert renderer.frame(waiting_pose).std() > 5


def test_a_renderer_closed_in_another_thread_is_closed(renderer, waiting_pose, capfd):
    from reachenv.drawing.render import Renderer

    made = Renderer(renderer.model, width=240, height=180)
    other = threading.Thread(target=made.close)
    other.start()
    other.join()
    with pytest.raises(RuntimeError, match="closed"):
        made.frame(waiting_pose)
    assert "EGLError" not in capfd.readouterr().err


FORK = """
import os, sys, reachenv
env = reachenv.PelletReachEnv(render_mode="rgb_array")
env.reset(seed=0)
env.render()
child = os.fork()
if child == 0:
    try:
        {does}
    except reachenv.gl.NoGLError as error:
        print("refused", error)
    env.close()
    sys.exit(0)
assert os.waitpid(child, 0)[1] == 0
print("parent draws", env.render().shape)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
@pytest.mark.parametrize("does", ["env.render()", "reachenv.drawing.render.Renderer()"])
def test_a_forked_process_does_not_wait_for_ever(does):
    done = run(FORK.format(does=does))
    assert "refused" in done.stdout and "spawn" in done.stdout and "parent draws (360, 480, 3)" in done.stdout, done


ASYNC = """
import gymnasium, reachenv, sys
if __name__ == "__main__":
    first = gymnasium.make(reachenv.ENV_ID, render_mode="rgb_array")
    first.reset()
    first.render()
    envs = gymnasium.make_vec(
        reachenv.ENV_ID, num_envs=2, vectorization_mode="async", render_mode="rgb_array", vector_kwargs={"context": sys.argv[1]}
    )
    envs.reset(seed=0)
    try:
        print("drawn", [f.shape for f in envs.render()])
    except reachenv.gl.NoGLError as error:
        print("refused", error)
    envs.close(terminate=True)
"""


@pytest.mark.parametrize(("context", "word"), [("fork", "refused"), ("spawn", "drawn")])
def test_asynchronous_worlds_draw_unless_forked_from_who_has_drawn(context, word, tmp_path):
    (tmp_path / "worlds.py").write_text(ASYNC)
    environ = {k: v for k, v in os.environ.items() if k not in ("MUJOCO_GL", "DISPLAY")}
    done = subprocess.run(
        [sys.executable, str(tmp_path / "worlds.py"), context], env=environ, capture_output=True, text=True, timeout=120
    )
    assert word in done.stdout, done.stderr
