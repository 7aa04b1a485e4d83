"""One world of a vector environment, under the names that the single environment has."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from reachenv.interface.info import of_one_world
from reachenv.perturb import BodyVariation

if TYPE_CHECKING:
    from reachenv.vector_env import PelletReachVectorEnv


class OneWorld:
    """World `number` of `worlds`. What is not its own, such as `timing` or `sense_slices`, is that of all worlds."""

    BY_WORLD = ("fallen", "outcome", "np_random")
    """What the vector environment has in a row, one for each world: whoever asks for many reads them there at once."""

    def __init__(self, worlds: PelletReachVectorEnv, number: int):
        self._worlds, self._number = worlds, number

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):  # a copy in the making has nothing yet
            raise AttributeError(name)
        return getattr(self._worlds, name)

    @property
    def observation_space(self) -> Any:
        """Of one world."""
        return self._worlds.single_observation_space

    @property
    def action_space(self) -> Any:
        """Of one world."""
        return self._worlds.single_action_space

    @property
    def fallen(self) -> bool:
        """Whether the pellet is off its cup and lies, or is held, below it."""
        return bool(self._worlds.fallen[self._number])

    @property
    def outcome(self) -> str:
        """How the trial has gone so far, one of reachenv.OUTCOMES."""
        return self._worlds.outcome[self._number]

    @property
    def np_random(self) -> np.random.Generator:
        """The world's random numbers."""
        return self._worlds.np_random[self._number]

    @property
    def np_random_seed(self) -> int:
        """The seed with which they began."""
        return self._worlds.seeds[self._number]

    def qpos(self) -> np.ndarray:
        """Generalised positions (nq,), a copy."""
        return self._worlds.qpos(self._number)

    def muscle_activation(self) -> np.ndarray:
        """Activation of every muscle (muscles,), a copy."""
        return self._worlds.muscle_activation()[self._number]

    def joint_angles(self) -> np.ndarray:
        """Angle of every joint of the arm (joints,) [rad], a copy."""
        return self._worlds.joint_angles()[self._number]

    def set_body(self, body: BodyVariation) -> None:
        """Change the mouse; reset all worlds before the next step."""
        self._worlds.set_body(self._number, body)

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[np.ndarray, dict[str, Any]]:
        """Begin a trial in this world alone."""
        mine = np.arange(self._worlds.num_envs) == self._number
        seeds = [seed if own else None for own in mine]
        obs, info = self._worlds.reset(seed=seeds, options={**(options or {}), "reset_mask": mine})
        return obs[self._number], of_one_world(info, self._number)
