"""Our vector environment as a stable-baselines3 VecEnv: the one adapter that the loop and the baselines share."""

from collections.abc import Sequence
from typing import Any, cast

import numpy as np
from gymnasium.vector import AutoresetMode, VectorEnv
from stable_baselines3.common.vec_env import VecEnv
from stable_baselines3.common.vec_env.base_vec_env import VecEnvIndices


class PelletVecEnv(VecEnv):
    """Same-step autoreset, as SB3 wants it, over a gymnasium VectorEnv that resets by hand.

    A world that ends is reset at once: its returned observation opens the next trial, and its info holds
    `terminal_observation` and `TimeLimit.truncated`. `set_options` gives each world its own reset options, for the trial
    that begins with the next reset: see reachenv.env.PelletReachEnv. `get_attr`, `set_attr` and `env_method` address the
    worlds asked for, as if each were a single environment.

    Args:
        venv: made with `gymnasium.make_vec(..., autoreset_mode=AutoresetMode.DISABLED)`, or in the modes "sync" and "async" with
            `vector_kwargs={"autoreset_mode": AutoresetMode.DISABLED}`.

    Raises:
        ValueError: the autoreset mode is another one.
    """

    def __init__(self, venv: VectorEnv):
        mode = venv.metadata.get("autoreset_mode")
        if mode != AutoresetMode.DISABLED:
            raise ValueError(
                f"the vector environment resets by {mode}; make it with autoreset_mode=AutoresetMode.DISABLED"
            )
        self.venv = venv
        inner = cast(Any, venv.unwrapped)
        self._worlds: list[Any] | None = None  # each as a single environment, where there are such
        if hasattr(inner, "world"):
            self._worlds = [inner.world(i) for i in range(venv.num_envs)]
        elif hasattr(inner, "envs"):
            self._worlds = list(inner.envs)
        super().__init__(venv.num_envs, venv.single_observation_space, venv.single_action_space)
        self.metadata = {"render_modes": [], **venv.metadata}
        self._actions: np.ndarray | None = None

    def reset(self) -> np.ndarray:
        """Start a trial in every world, with the seeds of the last `seed` call if there was one, and the options of `set_options`."""
        seeds = None if all(s is None for s in self._seeds) else [s if s is None else int(s) for s in self._seeds]
        asked = [options or None for options in self._options]
        first = [_first_like(options, asked) for options in asked]
        infos: list[dict[str, Any]] = [{} for _ in range(self.num_envs)]
        obs = np.zeros(0)
        for number in sorted(set(first)):  # worlds with the same options together
            mask = np.array([of == number for of in first])
            options = dict(asked[number] or {}) | ({} if mask.all() else {"reset_mask": mask})
            fresh, info = cast(Any, self.venv).reset(seed=seeds, options=options or None)
            obs = np.where(mask[:, None], fresh, obs) if obs.size else fresh.copy()
            each = self._each(info)
            for i in np.flatnonzero(mask):
                infos[i] = each[i]
        self.reset_infos = infos
        self._reset_seeds()
        self._reset_options()
        return obs

    def step_async(self, actions: np.ndarray) -> None:
        """Keep the actions for `step_wait`."""
        self._actions = actions

    def step_wait(self) -> tuple[np.ndarray, np.ndarray, np.ndarray, list[dict]]:
        """One control step of every world."""
        obs, reward, terminated, truncated, info = self.venv.step(self._actions)
        done = terminated | truncated
        infos = self._each(info)
        obs = obs.copy()
        if done.any():
            last = obs.copy()
            # Without a mask every world would restart, those in mid-trial too.
            fresh, fresh_info = self.venv.reset(options=None if done.all() else {"reset_mask": done})
            fresh_infos = self._each(fresh_info)
            for i in np.flatnonzero(done):
                infos[i]["terminal_observation"] = last[i]
                self.reset_infos[i] = fresh_infos[i]
            obs[done] = fresh[done]
        for world, own in enumerate(infos):
            own["TimeLimit.truncated"] = bool(truncated[world] and not terminated[world])
        return obs, reward.astype(np.float32), done, infos

    def _each(self, info: dict[str, Any]) -> list[dict[str, Any]]:
        """Every world's entries of a vector info: arrays, or mappings of them, with a `_key` mask that says whose they are."""
        own: list[dict[str, Any]] = [{} for _ in range(self.num_envs)]
        for key, values in info.items():
            if key.startswith("_"):
                continue
            mask = info.get(f"_{key}")
            if isinstance(values, dict):
                cells: list[Any] = self._each(values)
            else:  # numbers of Python, all at once: they come with every step
                cells = values.tolist() if np.ndim(values) == 1 else list(values)
            for i in range(self.num_envs) if mask is None or mask.all() else np.flatnonzero(mask):
                own[i][key] = cells[i]
        return own

    def close(self) -> None:
        """Close the worlds."""
        self.venv.close()

    def get_attr(self, attr_name: str, indices: VecEnvIndices = None) -> list[Any]:
        """An attribute of each world asked for; what worlds share is that of the vector environment."""
        asked = list(self._get_indices(indices))
        if attr_name in getattr(self._worlds and type(self._worlds[0]), "BY_WORLD", ()):
            of = getattr(self.venv.unwrapped, attr_name)
            return [of[i] for i in asked]
        if self._worlds is not None:
            return [_get(self._worlds[i], attr_name) for i in asked]
        values = cast(Any, self.venv.unwrapped).get_attr(attr_name)
        return [values[i] for i in asked]

    def set_attr(self, attr_name: str, value: Any, indices: VecEnvIndices = None) -> None:
        """Set an attribute of each world asked for; one that all worlds share can be set for all of them alone."""
        asked = list(self._get_indices(indices))
        inner = cast(Any, self.venv.unwrapped)
        if self._worlds is None or (not hasattr(inner, "envs") and hasattr(inner, attr_name)):
            self._must_be_all(asked, attr_name)
            if self._worlds is None:
                inner.set_attr(attr_name, value)
            else:
                setattr(inner, attr_name, value)
            return
        for i in asked:
            setattr(self._worlds[i], attr_name, value)

    def env_method(self, method_name: str, *args: Any, indices: VecEnvIndices = None, **kwargs: Any) -> list[Any]:
        """Call a method of each world asked for. One that only all worlds together have is called once, and its result stands for each."""
        asked = list(self._get_indices(indices))
        inner = cast(Any, self.venv.unwrapped)
        if self._worlds is None:
            self._must_be_all(asked, method_name)
            return list(inner.call(method_name, *args, **kwargs))
        if hasattr(inner, "envs") or hasattr(type(self._worlds[0]), method_name):
            return [_get(self._worlds[i], method_name)(*args, **kwargs) for i in asked]
        self._must_be_all(asked, method_name)
        return [getattr(inner, method_name)(*args, **kwargs)] * self.num_envs

    def _must_be_all(self, asked: list[int], name: str) -> None:
        if sorted(asked) != list(range(self.num_envs)):
            raise ValueError(
                f"{name!r} belongs to all {self.num_envs} worlds together; it cannot be had for worlds {asked} alone"
            )

    def env_is_wrapped(self, wrapper_class: type, indices: VecEnvIndices = None) -> list[bool]:
        """No world is wrapped: there are no single environments."""
        return [False] * len(list(self._get_indices(indices)))

    def get_images(self) -> Sequence[np.ndarray | None]:
        """Frames of the worlds that render."""
        frames = self.venv.render()
        return [None] * self.num_envs if frames is None else list(cast(Sequence[np.ndarray], frames))


def _get(world: Any, name: str) -> Any:
    """An attribute of a single environment, or of one of its wrappers."""
    return world.get_wrapper_attr(name) if hasattr(world, "get_wrapper_attr") else getattr(world, name)


def _first_like(options: Any, asked: Sequence[Any]) -> int:
    """Place of the first of `asked` that is `options` or looks the same."""
    return next(i for i, other in enumerate(asked) if other is options or repr(other) == repr(options))
