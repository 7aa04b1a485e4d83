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
    `terminal_observation` and `TimeLimit.truncated`.

    Args:
        venv: made with `gymnasium.make_vec(..., autoreset_mode=AutoresetMode.DISABLED)`.

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
        super().__init__(venv.num_envs, venv.single_observation_space, venv.single_action_space)
        self._actions: np.ndarray | None = None

    def reset(self) -> np.ndarray:
        """Start a trial in every world, with the seeds of the last `seed` call if there was one."""
        seeds = None if all(s is None for s in self._seeds) else [s if s is None else int(s) for s in self._seeds]
        options = self._options[0] if self._options else None
        obs, info = cast(Any, self.venv).reset(seed=seeds, options=options or None)
        self.reset_infos = self._each(info)
        self._reset_seeds()
        self._reset_options()
        return obs.copy()

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
            whose = range(self.num_envs) if mask is None else np.flatnonzero(mask)
            if isinstance(values, dict):  # rows of numbers of Python, all at once: they come with every step
                rows = list(zip(*(v.tolist() for v in values.values()), strict=True))
                for i in whose:
                    own[i][key] = dict(zip(values, rows[i], strict=True))
            else:
                for i in whose:
                    own[i][key] = values[i]
        return own

    def close(self) -> None:
        """Close the worlds."""
        self.venv.close()

    def get_attr(self, attr_name: str, indices: VecEnvIndices = None) -> list[Any]:
        """An attribute of the native environment, once for each world asked for."""
        owner = self.venv if hasattr(self.venv, attr_name) else self.venv.unwrapped
        return [getattr(owner, attr_name)] * len(list(self._get_indices(indices)))

    def set_attr(self, attr_name: str, value: Any, indices: VecEnvIndices = None) -> None:
        """Set an attribute of the native environment; it is shared by all worlds."""
        setattr(self.venv.unwrapped, attr_name, value)

    def env_method(self, method_name: str, *args: Any, indices: VecEnvIndices = None, **kwargs: Any) -> list[Any]:
        """Call a method of the native environment once; its result stands for every world asked for."""
        result = getattr(self.venv.unwrapped, method_name)(*args, **kwargs)
        return [result] * len(list(self._get_indices(indices)))

    def env_is_wrapped(self, wrapper_class: type, indices: VecEnvIndices = None) -> list[bool]:
        """No world is wrapped: there are no single environments."""
        return [False] * len(list(self._get_indices(indices)))

    def get_images(self) -> Sequence[np.ndarray | None]:
        """Frames of the worlds that render."""
        frames = self.venv.render()
        return [None] * self.num_envs if frames is None else list(cast(Sequence[np.ndarray], frames))
