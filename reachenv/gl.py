"""Which OpenGL draws when there is no screen: chosen once, before MuJoCo is imported.

MuJoCo binds its drawing library while it is imported and reads `MUJOCO_GL` only then. Unset on a machine without a
screen, drawing fails; set to a library that is not installed, the import itself fails, and the physics with it.
`choose` looks first, so that a machine without any OpenGL still simulates and only drawing raises.
"""

import ctypes
import glob
import importlib
import os
import sys
from collections.abc import Callable
from ctypes import POINTER, c_char_p, c_int, c_uint, c_void_p

PACKAGES = {"egl": "libegl1 libopengl0 libgl1-mesa-dri", "osmesa": "libosmesa6"}
"""Debian and Ubuntu packages that bring each headless library."""

ALLOWED = ("egl", "osmesa", "glfw", "glx")
"""Values of MUJOCO_GL that draw on Linux."""

_OFF = ("disable", "disabled", "off", "false", "0")
_EGL_PLATFORM_DEVICE = 0x313F  # EGL_EXT_platform_device
_DRIVERS = ("/usr/lib/*/dri/swrast_dri.so", "/usr/lib*/dri/swrast_dri.so", "/usr/lib/*/libgallium-*.so")
_asked = ""  # what MUJOCO_GL said before we changed it
_late = False  # MuJoCo was imported before us, and bound a library that does not draw here


def _loads(*names: str) -> bool:
    """True if the dynamic loader finds any of these libraries."""
    for name in names:
        try:
            ctypes.CDLL(name)
            return True
        except OSError:
            pass
    return False


def egl_works() -> bool:
    """True if EGL offers a device to draw on: 2 ms. Initialises it (25 to 300 ms) only where no driver lies in plain sight."""
    if not _loads("libOpenGL.so.0", "libGL.so.1"):
        return False
    try:
        egl = ctypes.CDLL("libEGL.so.1")
        address = egl.eglGetProcAddress
        address.restype, address.argtypes = c_void_p, [c_char_p]
        query = address(b"eglQueryDevicesEXT")
        if not query:
            return False
        devices, count = (c_void_p * 16)(), c_int()
        query = ctypes.CFUNCTYPE(c_uint, c_int, POINTER(c_void_p), POINTER(c_int))(query)
        if not query(len(devices), devices, ctypes.byref(count)) or count.value < 1:
            return False
        if count.value > 1 or any(glob.glob(pattern) for pattern in _DRIVERS):
            return True  # a graphics card, or Mesa's software driver
        os.environ.setdefault("EGL_LOG_LEVEL", "fatal")  # a missing driver is our answer, not the user's warning
        display_of = ctypes.CFUNCTYPE(c_void_p, c_uint, c_void_p, c_void_p)(address(b"eglGetPlatformDisplayEXT"))
        egl.eglInitialize.argtypes = [c_void_p, c_void_p, c_void_p]
        return bool(egl.eglInitialize(display_of(_EGL_PLATFORM_DEVICE, devices[0], None), None, None))
    except (OSError, AttributeError, TypeError):
        return False


def osmesa_works() -> bool:
    """True if the off-screen Mesa library is installed."""
    return _loads("libOSMesa.so.8", "libOSMesa.so.6", "libOSMesa.so")


def decide(environ: dict[str, str], works: dict[str, Callable[[], bool]]) -> str | None:
    """The value that MUJOCO_GL must have, or None to leave it as it is. Pure but for the two probes in `works`.

    A library that the user named is kept if it can work. A name that MuJoCo does not know, or a library that is not
    installed, becomes "disable": it would make `import mujoco` fail, and everything that does not draw with it.
    """
    asked = environ.get("MUJOCO_GL", "").lower().strip()
    if asked in works:
        return None if works[asked]() else "disable"
    if asked in _OFF or asked in ALLOWED:
        return None
    if asked and asked not in ("enable", "enabled", "on", "true", "1"):
        return "disable"
    if environ.get("DISPLAY") or environ.get("WAYLAND_DISPLAY"):
        return None
    platform = environ.get("PYOPENGL_PLATFORM", "").lower()  # a second switch, read by PyOpenGL: both must agree
    for name, probe in works.items():
        if platform in ("", name) and probe():
            return name
    return "disable"


def choose() -> str:
    """Set MUJOCO_GL for this process where that is needed; return its value. Never fails.

    Call before importing mujoco. Afterwards the choice can still be mended as long as nothing has loaded OpenGL.
    """
    global _asked, _late
    if sys.platform != "linux":
        return os.environ.get("MUJOCO_GL", "")
    value = decide(dict(os.environ), {"egl": egl_works, "osmesa": osmesa_works})
    if "mujoco" in sys.modules:
        if value in PACKAGES and not _bind_anew(value):
            _late, value = True, None
        elif value not in PACKAGES:
            value = None
    if value is not None:
        _asked = os.environ.get("MUJOCO_GL") or "unset"
        os.environ["MUJOCO_GL"] = value
    if os.environ.get("MUJOCO_GL") in PACKAGES:
        # Mesa's software driver starts a thread per core; at our frame sizes more than 4 only wait for one another.
        os.environ.setdefault("LP_NUM_THREADS", str(min(4, len(os.sched_getaffinity(0)))))
    return os.environ.get("MUJOCO_GL", "")


def _bind_anew(value: str) -> bool:
    """Let MuJoCo, imported already, draw with `value` (egl, osmesa); False where another OpenGL is loaded or it does not work."""
    if "OpenGL.platform" in sys.modules:  # PyOpenGL has chosen, once and for all
        chosen = type(getattr(sys.modules["OpenGL.platform"], "PLATFORM", None)).__name__
        if not chosen.lower().startswith(value):
            return False
    before = {name: os.environ.get(name) for name in ("MUJOCO_GL", "PYOPENGL_PLATFORM")}
    os.environ["MUJOCO_GL"] = value
    try:
        import mujoco
        from mujoco.rendering.classic import gl_context

        importlib.reload(gl_context)
        mujoco.GLContext = gl_context.GLContext
        return f"mujoco.{value}" in gl_context.GLContext.__module__
    except Exception:  # each library fails in its own way, and choosing must not
        return False
    finally:
        for name, was in before.items():
            if was is not None:
                os.environ[name] = was
            elif name == "MUJOCO_GL":
                del os.environ[name]


class NoGLError(RuntimeError):
    """Drawing was asked for and no OpenGL works here."""


def no_gl_error(cause: object = "") -> NoGLError:
    """One sentence: what was asked, what happened, what to install."""
    value = _asked or os.environ.get("MUJOCO_GL") or "unset"
    happened = f"; {cause}" if cause else ""
    if _late:
        return NoGLError(
            f"Cannot draw: there is no screen, and MuJoCo was imported before reachenv and bound to another OpenGL (MUJOCO_GL: {value}"
            f"{happened}). Set MUJOCO_GL=egl in the environment before Python starts, or import reachenv first."
        )
    return NoGLError(
        f"Cannot draw: no working OpenGL (MUJOCO_GL: {value}{happened}). Install EGL (apt-get install {PACKAGES['egl']}) or "
        f"OSMesa (apt-get install {PACKAGES['osmesa']}), and leave MUJOCO_GL unset or set it to one of {', '.join(ALLOWED)}. "
        "Everything that does not draw works without."
    )
