"""Drawing tests run where OpenGL works and say why where it does not."""

import pytest

import reachenv  # noqa: F401  chooses the OpenGL before MuJoCo is imported


@pytest.fixture(scope="session")
def renderer():
    """A renderer of the standard model; skips where nothing can draw."""
    from reachenv import gl
    from reachenv.drawing.render import Renderer

    try:
        with Renderer(width=240, height=180) as made:
            yield made
    except gl.NoGLError as error:
        pytest.skip(f"nothing draws here: {error}")


@pytest.fixture(scope="session")
def waiting_pose(renderer):
    """qpos (nq,) as compiled, with the pellet where it waits on its cup."""
    return renderer.model.qpos0.copy()
