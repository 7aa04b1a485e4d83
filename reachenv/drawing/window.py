"""A window on one world for `render_mode="human"`: MuJoCo's own viewer, which one can turn with the mouse and pause.

It is told positions and shows them, no faster than they happen. It sees no physics and changes none.
"""

import os
import sys
import time
from collections.abc import Mapping

import mujoco
import numpy as np

from reachenv import gl
from reachenv.drawing import looks

_CAMERA = "film"


def check_screen(environ: Mapping[str, str] = os.environ, platform: str = sys.platform) -> None:
    """Raise gl.NoGLError where no window can open, in one sentence that says what does work."""
    if platform == "linux" and not (environ.get("DISPLAY") or environ.get("WAYLAND_DISPLAY")):
        raise gl.NoGLError(
            'render_mode="human" opens a window, and there is no screen here (neither DISPLAY nor WAYLAND_DISPLAY is set); '
            'use render_mode="rgb_array", which draws without one.'
        )


class Window:
    """One window.

    Args:
        fps: control steps in a second; drawing waits so that a trial lasts as long as it does for the mouse.

    Raises:
        gl.NoGLError: no window can open here.
    """

    def __init__(self, fps: int):
        from reachenv.drawing.render import build_model, camera_id  # slow, and only wanted here

        check_screen()
        self._model = build_model()
        self._data = mujoco.MjData(self._model)
        try:
            from mujoco import viewer

            self._handle = viewer.launch_passive(self._model, self._data, show_left_ui=False, show_right_ui=False)
        except Exception as error:  # GLFW, drivers and macOS each refuse in their own way
            raise gl.NoGLError(
                f'render_mode="human" could not open a window ({error}); use render_mode="rgb_array", or on macOS run mjpython.'
            ) from error
        with self._handle.lock():
            dressed = any(self._model.geom(i).name.startswith(looks.PREFIX) for i in range(self._model.ngeom))
            self._handle.opt.geomgroup[3] = 0 if dressed else 1  # what touches is drawn by what covers it
            self._handle.opt.sitegroup[:] = 0
            self._handle.cam.type = mujoco.mjtCamera.mjCAMERA_FIXED
            self._handle.cam.fixedcamid = camera_id(self._model, _CAMERA)
        self._step = 1.0 / fps
        self._next = time.monotonic()

    def show(self, qpos: np.ndarray) -> None:
        """Show the pose `qpos` (nq,) at the time at which it happens; nothing where the window was closed by hand."""
        if not self._handle.is_running():
            return
        self._data.qpos[:] = qpos
        mujoco.mj_kinematics(self._model, self._data)
        mujoco.mj_camlight(self._model, self._data)
        self._handle.sync()
        now = time.monotonic()
        self._next = max(self._next + self._step, now - self._step)  # late pictures are not made up for
        time.sleep(max(0.0, self._next - now))

    def close(self) -> None:
        """Close the window; a second call does nothing."""
        self._handle.close()
