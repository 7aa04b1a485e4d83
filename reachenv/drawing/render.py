"""Draw the mouse: positions in, pixels out. Sees no physics but the kinematics of one model of its own."""

import os
import threading
from collections.abc import Sequence

import mujoco
import numpy as np

from reachenv import body, gl
from reachenv.drawing import looks
from reachenv.interface import forks

WIDTH, HEIGHT = 480, 360
SUPERSAMPLE = 2
"""Pixels drawn per pixel shown, each way: smooth edges without the software renderer's slow multisampling."""


def build_model() -> mujoco.MjModel:
    """Return the dressed model: the same qpos as the physics model's, with more to see."""
    return looks.dress(body.build_spec()).compile()


class Renderer:
    """Draws poses of mouse and rig off screen.

    Args:
        model: a dressed model; None builds the standard one. An undressed model draws bare.
        width, height: size of the picture [pixels].
        camera: one of looks.CAMERAS, or any camera of the model.

    Raises:
        gl.NoGLError: no OpenGL works here, or this process was forked from one that has drawn.
        ValueError: no such camera.

    It draws in the thread in which it was made, and in no other.
    """

    def __init__(
        self,
        model: mujoco.MjModel | None = None,
        width: int = WIDTH,
        height: int = HEIGHT,
        camera: str = "film",
        supersample: int = SUPERSAMPLE,
    ):
        self.model = build_model() if model is None else model
        self.camera = camera_id(self.model, camera)
        self._data = mujoco.MjData(self.model)
        self._scale = supersample
        self._option = mujoco.MjvOption()
        if any(self.model.geom(i).name.startswith(looks.PREFIX) for i in range(self.model.ngeom)):
            self._option.geomgroup[3] = 0  # what touches is drawn by what covers it
        else:
            self._option.geomgroup[3] = 1
        self._option.sitegroup[:] = 0
        self._thread = threading.get_ident()
        self._gl = _open(self.model, width * supersample, height * supersample)

    def frame(self, qpos: np.ndarray, hide: Sequence[str] = ()) -> np.ndarray:
        """Return the picture (height, width, 3) uint8 of the pose `qpos` (nq,), without the bodies named in `hide`."""
        if self._gl is None:
            raise RuntimeError("This renderer was closed; make a new one.")
        if threading.get_ident() != self._thread:
            raise gl.NoGLError(
                "This renderer was made in another thread, and OpenGL draws in one thread alone: render there, or make a renderer, "
                "or an environment, in each thread that draws."
            )
        _refuse_forked()
        if np.shape(qpos) != (self.model.nq,):
            raise ValueError(f"qpos must have shape ({self.model.nq},), got {np.shape(qpos)}.")
        self._data.qpos[:] = qpos
        mujoco.mj_kinematics(self.model, self._data)
        mujoco.mj_camlight(self.model, self._data)
        self._gl.update_scene(self._data, self.camera, self._option)
        if hide:
            _hide(self._gl.scene, self.model, {self.model.body(name).id for name in hide})
        image = self._gl.render()
        return image if self._scale == 1 else shrink(image, self._scale)

    def close(self) -> None:
        """Free what was drawn with; a second call does nothing."""
        if self._gl is not None:
            if threading.get_ident() == self._thread and not _forked():
                self._gl.close()
            else:  # to free it here would fail, or wait for ever
                _left_over.append(self._gl)
        self._gl = None

    def __enter__(self) -> "Renderer":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def shrink(image: np.ndarray, by: int) -> np.ndarray:
    """Mean of `by` × `by` pixels: (h·by, w·by, 3) → (h, w, 3) uint8."""
    rows = image[::by].astype(np.uint16)
    for i in range(1, by):
        rows += image[i::by]
    total = rows[:, ::by].copy()
    for i in range(1, by):
        total += rows[:, i::by]
    return ((total + by * by // 2) // (by * by)).astype(np.uint8)


def camera_id(model: mujoco.MjModel, name: str) -> int:
    """Return a camera's id.

    Raises:
        ValueError: no camera of that name; the message lists those that exist.
    """
    names = [model.camera(i).name for i in range(model.ncam)]
    if name not in names:
        raise ValueError(
            f"No camera {name!r}; the model has {', '.join(names) or 'none: dress it with reachenv.drawing.looks'}."
        )
    return names.index(name)


def _hide(scene: mujoco.MjvScene, model: mujoco.MjModel, bodies: set[int]) -> None:
    """Take the geoms of `bodies` out of a scene."""
    for geom in scene.geoms[: scene.ngeom]:
        if geom.objtype == mujoco.mjtObj.mjOBJ_GEOM and model.geom_bodyid[geom.objid] in bodies:
            geom.rgba[3] = 0


_left_over: list[mujoco.Renderer] = []
_drawn_in = 0  # the process in which OpenGL was first used; its threads do not come along when it is forked


def _forked() -> bool:
    return _drawn_in not in (0, os.getpid())


def _refuse_forked() -> None:
    if _forked():
        raise gl.NoGLError(
            "Cannot draw in a process that was forked from one that has drawn: OpenGL's threads stayed behind. Start processes by "
            '"spawn" (AsyncVectorEnv(..., context="spawn"), or vector_kwargs={"context": "spawn"} of make_vec), or fork before drawing.'
        )


def _open(model: mujoco.MjModel, width: int, height: int) -> mujoco.Renderer:
    """MuJoCo's renderer, or one error that says what to install."""
    global _drawn_in
    _refuse_forked()
    _drawn_in = os.getpid()
    if not hasattr(mujoco, "GLContext") or not hasattr(mujoco, "Renderer"):
        raise gl.no_gl_error()
    try:
        return forks.kept(mujoco.Renderer(model, height, width))
    except ValueError:
        raise
    except (
        Exception
    ) as error:  # each library fails in its own way: ImportError, RuntimeError, AttributeError, GLError, FatalError
        raise gl.no_gl_error(f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}") from error
