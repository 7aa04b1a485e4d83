"""What the laboratory needs of a world: any vector environment that keeps the contract `World` can stand in a run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol, runtime_checkable

import numpy as np
from gymnasium.spaces import Space


class Clock(Protocol):
    """When things happen in a trial; `reachenv.trial.Timing` is one.

    Attributes:
        tone: onset of the tone [s] from the start of the trial.
        total: length of a trial [s].
        steps: control steps of 10 ms in a trial.
    """

    @property
    def tone(self) -> float: ...

    @property
    def total(self) -> float: ...

    @property
    def steps(self) -> int: ...


class Bench(Protocol):
    """The environment without its wrappers: what is asked of it beside stepping.

    Attributes:
        sense_slices: where each sense lies in an observation; "paw" and "tone" at least, others as the brain asks.
        timing: of a trial.
    """

    @property
    def sense_slices(self) -> Mapping[str, slice]: ...

    @property
    def timing(self) -> Clock: ...

    def qpos(self) -> np.ndarray:
        """Generalised positions (N, nq), a copy: what a film is drawn from."""
        ...

    def muscle_activation(self) -> np.ndarray:
        """Activation of every muscle (N, muscles), 0 to 1, a copy; called only where muscles are recorded."""
        ...

    def joint_angles(self) -> np.ndarray:
        """Angles of the arm's joints (N, joints) [rad], a copy; called only where joints are recorded."""
        ...


@runtime_checkable
class World(Protocol):
    """N mice at N rigs: a `gymnasium.vector.VectorEnv` that is reset by hand (`AutoresetMode.DISABLED`).

    All trials of a batch are equally long and end in the same step. `info` then has `is_success` (N,) bool and, where the world
    knows them, the columns of `reachenv.lab.records.recording.TRIAL_COLUMNS`, (N,) each, and `endpoint` (N, 3) [mm]. What has not
    happened may be infinite or NaN, and the outcome a word or an `outcome_code`, its place in `reachenv.OUTCOMES`.
    """

    @property
    def num_envs(self) -> int: ...

    @property
    def single_action_space(self) -> Space[Any]: ...

    @property
    def unwrapped(self) -> Bench: ...

    def reset(
        self, *, seed: int | Sequence[int | None] | None = None, options: dict[str, Any] | None = None
    ) -> tuple[np.ndarray, dict[str, Any]]:
        """Begin a trial in every world, one seed each; `options` has "perturbation", one for each world, or is None."""
        ...

    def step(self, actions: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, dict[str, Any]]:
        """10 ms: commands (N, n_actions) in [-1, 1] → senses (N, n_obs), reward, terminated, truncated (N,), info."""
        ...

    def close(self) -> Any:
        """Free what the world holds."""
        ...
