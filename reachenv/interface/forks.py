"""Processes made by os.fork(): threads do not come along, and what waits for them would wait for ever."""

import ctypes
import os
from typing import Any, TypeVar
from weakref import WeakSet

T = TypeVar("T")
_threaded: "WeakSet[Any]" = WeakSet()  # environments whose worlds are shared by threads
_kept: "WeakSet[Any]" = WeakSet()


def has_threads(env: Any) -> None:
    """Remember an environment with threads; `env.sim.batch` owns them, and `env.threads_lost` is set in a process forked off."""
    _threaded.add(env)


def kept(thing: T) -> T:
    """Remember what has threads and is not to be freed in a process forked off."""
    _kept.add(thing)
    return thing


def _in_child() -> None:
    for env in _threaded:
        env.threads_lost = True
    # To free them would be to wait for their threads: they live as long as the process.
    for thing in (*(env.sim.batch for env in _threaded), *_kept):
        ctypes.pythonapi.Py_IncRef(ctypes.py_object(thing))


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_in_child)


def lost_threads_error(nthread: int) -> RuntimeError:
    """One sentence: what happened, and what works."""
    return RuntimeError(
        f"This environment was made with nthread={nthread} before the process was forked, and its threads stayed behind: make it in "
        'the new process, or with nthread=1, or start processes by "spawn".'
    )
