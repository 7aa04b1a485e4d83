"""The state of trials in progress as plain data, and how it is checked when it comes back.

A state is a dict of dicts whose values are arrays, numbers and names: it can be pickled, sent to another process, or kept by any other
means. It holds everything that the next steps depend on, so that they are bit-identical:

    version, mujoco    of this layout; of the physics, whose numbers change with it
    task               worlds, control, timing, reward, nerves, stop_early: a state fits an environment that was made alike
    worlds             which have ended, last action, last observation
    physics            MuJoCo's integration state of each world (time, qpos, qvel, activations, warmstart, controls, applied forces), the
                       lengths, velocities, sensors, places and inertia that lag a physics step behind it, reference of the reflex,
                       posture at rest, and whose pellet is uneaten
    mice               perturbation and body of each world
    trials             times of events, what has happened and for how long, the closest approach
    senses             what nerves have on the way; {} if they bring everything at once
    random             PCG64 state of each world's random numbers; [] before the first reset
"""

from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np

from reachenv.perturb import Perturbation

if TYPE_CHECKING:
    from reachenv.vector_env import PelletReachVectorEnv

VERSION = 2
_KINDS = {"f": "numbers", "b": "True or False", "i": "whole numbers"}


class Part:
    """A part of a state, read with checks: every error is one sentence that names the place."""

    def __init__(self, value: Any, name: str = ""):
        if not isinstance(value, Mapping):
            raise ValueError(f"The state{name and f' {name!r}'} is a {type(value).__name__}; it must be a dict.")
        self.value, self.name = value, name

    def __getitem__(self, name: str) -> Any:
        if name not in self.value:
            raise ValueError(f"The state lacks {self._place(name)!r}.")
        return self.value[name]

    def _place(self, name: str) -> str:
        return f"{self.name}.{name}" if self.name else name

    def part(self, name: str) -> "Part":
        return Part(self[name], self._place(name))

    def array(self, name: str, shape: tuple[int, ...], kind: str = "f", finite: bool = True) -> np.ndarray:
        """The array `name` of that shape: kind "f" numbers, "b" bool, "i" whole numbers from 0; always a copy."""
        place = self._place(name)
        try:
            value = np.array(self[name])
        except (TypeError, ValueError, OverflowError):
            value = np.array(None)
            if name not in self.value:
                raise
        if value.dtype.kind not in {"f": "fiu", "b": "b", "i": "iu"}[kind]:
            raise ValueError(f"The state's {place!r} does not hold {_KINDS[kind]}.")
        if value.shape != shape:
            raise ValueError(f"The state's {place!r} has shape {value.shape}; it must be {shape}.")
        if kind == "f":
            value = value.astype(float)
            if finite and not np.isfinite(value).all():
                raise ValueError(f"The state's {place!r} holds a number that is not finite.")
        if kind == "i" and value.size and value.min() < 0:
            raise ValueError(f"The state's {place!r} holds a number below 0.")
        return value

    def integer(self, name: str, below: int) -> int:
        """A whole number from 0 to below - 1."""
        value = int(self.array(name, (), "i"))
        if value >= below:
            raise ValueError(f"The state's {self._place(name)!r} is {value}; it must be below {below}.")
        return value


def task(env: "PelletReachVectorEnv") -> dict[str, Any]:
    """What an environment must share with another for a state of one to fit the other."""
    nerves = {name: dict(pairs) for name, pairs in asdict(env.nerves).items()}
    return {
        "worlds": env.num_envs,
        "control": env.sim.control,
        "timing": asdict(env.timing),
        "reward": env.reward_kind,
        "nerves": nerves,
        "stop_early": bool(env.stop_early),
    }


def _mujoco_version() -> str:
    import mujoco  # late: trials and their timing are read by commands that simulate nothing

    return mujoco.__version__


def get_state(env: "PelletReachVectorEnv") -> dict[str, Any]:
    """The state of all worlds, of copies."""
    return {
        "version": VERSION,
        "mujoco": _mujoco_version(),
        "task": task(env),
        "worlds": {"done": env._done.copy(), "action": env._action.copy(), "observation": env._obs.copy()},
        "physics": env.sim.get_state(),
        "mice": env.sim.variation.get_state(),
        "trials": env.trials.get_state(),
        "senses": env._afferents.get_state(),
        "random": [g.bit_generator.state for g in env._generators],
    }


def set_state(env: "PelletReachVectorEnv", state: Mapping[str, Any]) -> None:
    """Put a state back; a state that does not fit raises ValueError and changes nothing."""
    given = Part(state)
    _check_origin(env, given)
    before = get_state(env)
    try:
        _put(env, given)
    except Exception:
        _put(env, Part(before))
        raise


def _check_origin(env: "PelletReachVectorEnv", given: Part) -> None:
    for name, here in (("version", VERSION), ("mujoco", _mujoco_version())):
        if not isinstance(given[name], type(here)) or given[name] != here:
            raise ValueError(f"The state is of {name} {given[name]!r}; here is {here!r}.")
    theirs, ours = given.part("task"), task(env)
    for name, here in ours.items():
        there = theirs[name]
        if type(there) is not type(here) or there != here:
            raise ValueError(f"The state is of a task with {name}={there!r}; this environment has {name}={here!r}.")


def _put(env: "PelletReachVectorEnv", given: Part) -> None:
    worlds = given.part("worlds")
    done = worlds.array("done", env._done.shape, "b")
    action, obs = worlds.array("action", env._action.shape), worlds.array("observation", env._obs.shape)
    generators = _generators(given["random"], env.num_envs)
    env.sim.variation.set_state(given.part("mice"))  # before physics: constants of the model are made from it
    env.sim.set_state(given.part("physics"))
    env.trials.set_state(given.part("trials"))
    env._afferents.set_state(given.part("senses"))
    env._done, env._action, env._obs = done, action, obs
    env._changed = np.array([p != Perturbation() for p in env.sim.variation.perturbations], bool)
    if len(env._generators) != len(generators):
        env._generators = generators
    for ours, theirs in zip(env._generators, generators, strict=True):
        ours.bit_generator.state = theirs.bit_generator.state


def _generators(given: Any, n: int) -> list[np.random.Generator]:
    if not isinstance(given, list | tuple) or len(given) not in (0, n):
        raise ValueError(f"The state's 'random' must be a list with an entry for each of {n} worlds, or an empty one.")
    out = []
    for world, entry in enumerate(given):
        generator = np.random.Generator(np.random.PCG64(0))
        try:
            generator.bit_generator.state = entry
        except (TypeError, ValueError, KeyError, IndexError, AttributeError, OverflowError) as error:
            raise ValueError(f"The state's 'random' of world {world} is not that of a PCG64 generator.") from error
        out.append(generator)
    return out
