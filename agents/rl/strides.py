"""How baselines act: seldom, in strides, and with a memory of the tone. A wrapper of any VecEnv; no dynamics."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import numpy as np
from gymnasium import spaces
from stable_baselines3.common.vec_env import VecEnv, VecEnvWrapper

from reachenv.schema import CONTROL_DT

MEMORY_S = 1.0  # in which the memory of the tone fades to 1/e: about as long as a reach has to remember it


class StridingVecEnv(VecEnvWrapper):
    """One step here is a decision that lasts `repeat` steps of the worlds.

    Action (n,) in [-1, 1]: where the command shall go, 0 to what holds the paw at rest, -1 and 1 to the ends of its range. It goes
    there no faster than a stride a decision, and begins each trial at rest: doing nothing waits, and noise around an aim stays
    around it, where noise that adds up would wander. (Where rest lies near an end of the range, as of most muscles, noise around 0
    reaches further to the other side.) The mouse senses the command, so that nothing is hidden. Observation: the
    worlds', and one number more, 0 until the tone sounds, then exp(-time since its onset / 1 s): a net without memory cannot
    otherwise tell the time before the tone from that after it. A world whose trial ends within a decision waits at rest for the
    next.

    Args:
        venv: offers the attributes `rest_action` (n,) and `sense_slices`.
        repeat: steps of the worlds in a decision.
        stride: most that a decision moves the command, of its range from -1 to 1.
        swing: cost of how far actions differ from those of the decision before, mean of squares, in units of the worlds' reward. The action
            before is not sensed, only the command that it led to.
        forfeit: a pellet that has fallen off its cup pays nothing, but in a trial's last step; `venv` offers the attribute `fallen`.
    """

    def __init__(self, venv: VecEnv, repeat: int, stride: float, swing: float = 0.0, forfeit: bool = False):
        if repeat < 1 or not 0 < stride <= 2:
            raise ValueError(f"repeat is {repeat} and stride {stride}; at least 1, and within 0 to 2, are allowed")
        if not swing >= 0:
            raise ValueError(f"swing is {swing}; a cost is 0 or more")
        box = cast(spaces.Box, venv.observation_space)
        high = np.append(box.high, np.float32(1.0))
        super().__init__(
            venv, observation_space=spaces.Box(np.append(box.low, np.float32(0.0)), high, dtype=np.float32)
        )
        self.repeat, self.stride, self.swing, self.forfeit = repeat, stride, swing, forfeit
        worlds = venv.unwrapped
        if "render_fps" in worlds.metadata:  # one picture a decision; SB3's recorder asks the innermost
            fps: dict[str, Any] = {"render_fps": round(1 / (repeat * CONTROL_DT))}
            worlds.metadata = worlds.metadata | fps
        self.watch: Callable[[], None] | None = None
        """Called after every step of the worlds, to look on."""
        self._rest = np.asarray(venv.get_attr("rest_action", [0])[0], np.float32)
        self._tone = venv.get_attr("sense_slices", [0])[0]["tone"].start
        self._command = np.tile(self._rest, (self.num_envs, 1))
        self._memory = np.zeros(self.num_envs, np.float32)
        self._actions = np.zeros_like(self._command)
        self._before, self._first = np.zeros_like(self._command), np.ones(self.num_envs, bool)

    def reset(self) -> np.ndarray:
        self._command[:], self._memory[:], self._first[:] = self._rest, 0.0, True
        return self._sensed(cast(np.ndarray, self.venv.reset()))

    def step_async(self, actions: np.ndarray) -> None:
        self._actions = np.asarray(actions, np.float32)

    def step_wait(self) -> tuple[np.ndarray, np.ndarray, np.ndarray, list[dict]]:
        way = self.target(self._actions) - self._command
        self._command = self._command + np.clip(way, -self.stride, self.stride)
        total, ended = -self._cost(), np.zeros(self.num_envs, bool)
        infos: list[dict] = [{} for _ in range(self.num_envs)]
        for _ in range(self.repeat):
            sensed, reward, done, told = self.venv.step(self._command)
            obs = cast(np.ndarray, sensed)
            if self.watch:
                self.watch()
            if self.forfeit:
                reward = np.where(self._fallen(), np.minimum(reward, 0.0), reward)
            total += reward * ~ended
            self._remember(obs, done)
            for i in np.flatnonzero(~ended):
                infos[i] = told[i]
            for i in np.flatnonzero(done & ~ended):
                last = infos[i]["terminal_observation"]
                infos[i]["terminal_observation"] = np.append(last, self._memory[i])
            self._command[done], self._memory[done] = self._rest, 0.0
            ended |= done
            if ended.all():
                break  # all begin anew together
        self._first = ended.copy()
        return self._sensed(obs), total, ended, infos

    def _fallen(self) -> np.ndarray:
        """Whose pellet is off its cup and below it, (worlds,) bool; a world that has just begun anew has none."""
        return np.array(self.venv.get_attr("fallen"))

    def _cost(self) -> np.ndarray:
        """Of this decision, (worlds,): nothing in a trial's first."""
        within = np.clip(self._actions, -1.0, 1.0)
        cost = np.where(self._first, 0.0, self.swing * np.square(within - self._before).mean(-1))
        self._before = within
        return cost.astype(np.float32)

    def target(self, actions: np.ndarray) -> np.ndarray:
        """The command, -1 to 1, that actions (worlds, n) aim at."""
        actions = np.clip(actions, -1.0, 1.0)
        return self._rest + actions * np.where(actions > 0, 1.0 - self._rest, 1.0 + self._rest)

    def _remember(self, obs: np.ndarray, done: np.ndarray) -> None:
        began = (obs[:, self._tone] > 0.5) & (self._memory == 0.0) & ~done
        self._memory = np.where(began, 1.0, self._memory * np.exp(-CONTROL_DT / MEMORY_S)).astype(np.float32)

    def _sensed(self, obs: np.ndarray) -> np.ndarray:
        return np.append(obs, self._memory[:, None], axis=1)
