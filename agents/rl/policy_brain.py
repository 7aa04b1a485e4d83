"""A stable-baselines3 algorithm in the place of a mouse's brain: it runs through designs, learns, and is judged in the same terms.

    reachenv train --brain ppo --set start=docs/results/baselines/ppo-0.zip --mice 8     # trained, goes on learning
    reachenv train --brain sac                                                            # from nothing

Each mouse is an algorithm of its own that learns in the library's own `learn`, in a thread of its own, from a world that
belongs to somebody else: `Seat` is the VecEnv that it sees, and hands its actions to the laboratory's trials. One side waits
while the other works, so that nothing runs at once and the same seeds give the same commands.

What differs from a mouse: a policy has no areas. Its reward-prediction error can be blocked on its way to the policy, in whole
sessions, and the intervention `m1:2-4` does that here (`reachenv.agents.rl.baselines.block_reward_errors`). Reward is that of the
design, one pellet. What is kept between sessions is what `reachenv.agents.rl.store` keeps; a rollout in progress or a replay
buffer is not. A trial begins with what was sensed when the one before began (10 ms; a resting paw), since the library asks for
its first action before the next trial is there.
"""

from __future__ import annotations

import hashlib
import threading
import weakref
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from gymnasium import spaces
from stable_baselines3.common.base_class import BaseAlgorithm
from stable_baselines3.common.vec_env import VecEnv
from stable_baselines3.common.vec_env.base_vec_env import VecEnvIndices, VecEnvStepReturn

from reachenv.agents.interventions import Intervention, Scale
from reachenv.agents.protocol import Area, Description, find_area, with_settings
from reachenv.agents.rl import baselines, store

STEPS = "num_timesteps"  # of a state
FOR_EVER = 2**62  # steps that `learn` is asked for: it ends with its thread
OBSERVED = 5.0  # senses lie within these bounds


@dataclass(frozen=True)
class PolicyParams:
    """What a policy starts from and how it goes on.

    start: a file that `reachenv.agents.rl.store.save` wrote; "" for an untrained agent. learn: whether it learns.
    n_steps, batch_size: decisions in a rollout and in a batch (PPO, RecurrentPPO): 200 are two trials of one world. A session's last
    rollout, where it is not full, teaches nothing.
    """

    start: str = ""
    learn: bool = True
    n_steps: int = 200
    batch_size: int = 100


class Ended(Exception):
    """The seat was given up: unwinds `learn` in its thread."""


class Seat(VecEnv):
    """One world as an algorithm sees it, whose steps somebody else takes. See the module.

    sense_slices, rest_action, fallen: as the project's wrappers ask for them.
    """

    render_mode = None

    def __init__(self, senses: Mapping[str, slice], actions: int):
        size = max(s.stop for s in senses.values())
        super().__init__(
            1, spaces.Box(-OBSERVED, OBSERVED, (size,), np.float32), spaces.Box(-1.0, 1.0, (actions,), np.float32)
        )
        self.sense_slices, self.rest_action, self.fallen = dict(senses), rest_command(actions), False
        self._turn = threading.Condition()
        self._ours = True  # whether it is the laboratory's turn
        self._over = False
        self._first = np.zeros((1, size), np.float32)
        self._given: tuple[np.ndarray, float, bool] | None = None
        self.action = np.tile(self.rest_action, (1, 1)).astype(np.float32)
        self.failed: BaseException | None = None
        self.thread: threading.Thread | None = None

    # The algorithm's side, in its thread.

    def reset(self) -> np.ndarray:
        return self._first.copy()

    def step_async(self, actions: np.ndarray) -> None:
        self.action = np.asarray(actions, np.float32)

    def step_wait(self) -> VecEnvStepReturn:
        self.pass_turn(ours=True)
        assert self._given is not None
        obs, reward, done = self._given
        info: dict[str, Any] = {"TimeLimit.truncated": False}
        if done:
            info["terminal_observation"] = obs[0]
            obs = self._first.copy()
        return obs, np.array([reward], np.float32), np.array([done]), [info]

    def pass_turn(self, ours: bool) -> None:
        """Let the other side go on, and wait until it is done."""
        with self._turn:
            self._ours = ours
            self._turn.notify_all()
            self._turn.wait_for(lambda: self._over or self._ours != ours)
            if self._over and ours:
                raise Ended

    # The laboratory's side.

    def begin(self, first: np.ndarray) -> None:
        """What is sensed as a trial begins."""
        self._first = first[None].astype(np.float32)

    def give(self, obs: np.ndarray, reward: float, done: bool) -> None:
        """Show what the last action led to, and wait for the next action."""
        self._given = (obs[None].astype(np.float32), reward, done)
        self.pass_turn(ours=False)
        if self.failed is not None:
            raise RuntimeError("the algorithm stopped on an error") from self.failed

    def end(self) -> None:
        """Unwind the algorithm's thread, and wait until it is gone."""
        with self._turn:
            self._over = True
            self._turn.notify_all()
        if self.thread is not None and self.thread is not threading.current_thread():
            self.thread.join()

    # What else a VecEnv has to have.

    def close(self) -> None:
        self.end()

    def get_attr(self, attr_name: str, indices: VecEnvIndices = None) -> list[Any]:
        return [getattr(self, attr_name)]

    def set_attr(self, attr_name: str, value: Any, indices: VecEnvIndices = None) -> None:
        setattr(self, attr_name, value)

    def env_method(self, method_name: str, *args: Any, indices: VecEnvIndices = None, **kwargs: Any) -> list[Any]:
        return [getattr(self, method_name)(*args, **kwargs)]

    def env_is_wrapped(self, wrapper_class: type[Any], indices: VecEnvIndices = None) -> list[bool]:
        return [False]


class Learner:
    """One mouse: an algorithm that learns in a thread, and its random numbers, which no other mouse draws from."""

    def __init__(self, make: Callable[[VecEnv], BaseAlgorithm], senses: Mapping[str, slice], actions: int, learn: bool):
        self._make, self._where, self._learn = make, (senses, actions), learn
        self._random = _random_numbers()
        self._sit_down()

    def _sit_down(self) -> None:
        self.seat = Seat(*self._where)
        self.agent = self._make(self.seat)
        weakref.finalize(self, self.seat.end)

    def begin_session(self) -> None:
        """Go on from what is kept alone, as a mouse that was read from its file does: no rollout in progress, no memory of a trial."""
        if self.seat.thread is not None:
            state = self.state()
            self.seat.end()
            with _kept():
                self._sit_down()
            self.set_state(state)

    def state(self) -> dict[str, np.ndarray]:
        """Copies of all that the algorithm has learned, and of how many steps."""
        learned = {name: value.copy() for name, value in store.arrays_of(self.agent).items()}
        return learned | {STEPS: np.array([self.agent.num_timesteps], np.int64)}

    def set_state(self, state: Mapping[str, np.ndarray]) -> None:
        """Take what `state` returned. KeyError, TypeError, RuntimeError or ValueError where it does not fit."""
        arrays = dict(state)
        steps = arrays.pop(STEPS)
        if steps.shape != (1,) or steps.dtype != np.int64 or not 0 <= steps[0] <= FOR_EVER:
            raise ValueError(f"{STEPS} is one whole number from 0")
        store.restore(self.agent, arrays)
        self.agent.num_timesteps = int(steps[0])

    def seed(self, seed: int) -> None:
        """From here on random numbers follow from this seed."""
        with _kept():
            torch.manual_seed(seed)
            np.random.seed(seed % 2**32)  # noqa: NPY002  stable-baselines3 draws from numpy's global numbers
            self._random = _random_numbers()

    def go_on(self, obs: np.ndarray | None, reward: float, done: bool) -> np.ndarray:
        """Show the algorithm what came of its action (None: a trial begins), let it work, and return its next action (n,)."""
        with _kept():
            _set_random_numbers(self._random)
            if self.seat.thread is None:
                self.seat.thread = threading.Thread(
                    target=_live, args=(self.agent, self.seat, self._learn), daemon=True
                )
                self.seat.thread.start()
                self.seat.pass_turn(ours=False)
            elif obs is not None:
                self.seat.give(obs, reward, done)
            self._random = _random_numbers()
        if self.seat.failed is not None:
            raise RuntimeError("the algorithm stopped on an error") from self.seat.failed
        return self.seat.action[0]


def _live(agent: BaseAlgorithm, seat: Seat, learn: bool) -> None:
    """The thread of a learner. It begins when the laboratory first waits for it."""
    try:
        with seat._turn:
            seat._turn.wait_for(lambda: not seat._ours or seat._over)
        if learn:
            agent.learn(FOR_EVER, reset_num_timesteps=False)
        else:
            _act(agent)
    except Ended:
        pass
    except BaseException as error:  # shown by the laboratory's side
        seat.failed = error
        with seat._turn:
            seat._ours = True
            seat._turn.notify_all()


def _act(agent: BaseAlgorithm) -> None:
    """Act without learning, for ever."""
    worlds = agent.get_env()
    assert worlds is not None
    obs, state, starts = cast(np.ndarray, worlds.reset()), None, np.ones(1, bool)
    while True:
        action, state = agent.predict(obs, state=state, episode_start=starts)
        now, _, starts, _ = worlds.step(action)
        obs = cast(np.ndarray, now)


class PolicyBrain:
    """B mice, each an algorithm of stable-baselines3: see the module."""

    variants = ()
    areas = (
        Area(
            "rpe",
            "reward-prediction error on its way to the policy; m1 says the same",
            effects=("scale",),
            aliases=("m1",),
        ),
    )

    def __init__(
        self, name: str, senses: Mapping[str, slice], actions: int, births: Sequence[int], *, variant: str = "",
        settings: Mapping[str, Any] | None = None, make: Callable[[VecEnv, int], BaseAlgorithm] | None = None,
    ):  # fmt: skip
        """name: of the algorithm, and of the baseline whose settings it has unless `make` (worlds, seed) makes another."""
        if variant:
            raise ValueError(f"there is no variant {variant!r} of the brain {name}")
        self.name, self.p = name, with_settings(PolicyParams(), settings)
        self._made = partial(_make, name, self.p) if make is None else make
        births = [int(b) for b in births]
        with _kept():
            self.mice = [Learner(partial(_call, self._made, b), senses, actions, self.p.learn) for b in births]
        self._blocked = np.zeros(len(births), bool)
        self.begin_trial(births)

    def describe(self) -> Description:
        agent = self.mice[0].agent
        structure: dict[str, Any] = {"algorithm": type(agent).__name__, "policy": repr(agent.policy)}
        structure |= {f"options.{name}": getattr(agent, name) for name in _options(agent)}
        if self.p.start:
            structure["start"] = hashlib.sha256(Path(self.p.start).read_bytes()).hexdigest()
        return Description(self.name, "1", asdict(self.p), structure)

    def supports(self, intervention: Intervention) -> bool:
        """A prediction error passes or not, in whole sessions: see `reachenv.agents.rl.baselines.block_reward_errors`."""
        area, when = find_area(self.areas, intervention.target), intervention.when
        if area is None or not isinstance(intervention.effect, Scale) or when.trials or when.seconds:
            return False
        factor = intervention.effect.factor
        return factor == 1 or (factor == 0 and self.name in baselines.LESIONABLE)

    def begin_session(
        self, session: int, interventions: Sequence[Sequence[Intervention]], *, night: bool | None = None
    ) -> None:
        self._blocked = np.array(
            [any(i.when.holds(session) and i.effect == Scale(0.0) for i in mouse) for mouse in interventions], bool
        )
        for mouse, blocked in zip(self.mice, self._blocked, strict=True):
            mouse.begin_session()
            if self.name in baselines.LESIONABLE:
                baselines.block_reward_errors(mouse.agent, bool(blocked))

    def begin_trial(self, seeds: Sequence[int] | None) -> None:
        for i, mouse in enumerate(self.mice):
            mouse.seed(0 if seeds is None else int(seeds[i]))
        self._last: np.ndarray | None = None

    def step(self, obs: np.ndarray, reward: np.ndarray) -> np.ndarray:
        actions = []
        for i, mouse in enumerate(self.mice):
            if self._last is None:
                mouse.seat.begin(obs[i])
            actions.append(mouse.go_on(None if self._last is None else obs[i], float(reward[i]), False))
        self._last = obs.copy()
        return np.clip(np.stack(actions), -1.0, 1.0)

    def end_trial(self, reward: np.ndarray) -> dict[str, np.ndarray]:
        assert self._last is not None  # a trial has steps
        for i, mouse in enumerate(self.mice):
            mouse.go_on(self._last[i], float(reward[i]), True)
        return {}

    def tap(self, area: str) -> np.ndarray:
        raise ValueError(f"there is no area {area!r} to record: a policy has none")

    def state(self, i: int) -> dict[str, np.ndarray]:
        return self.mice[i].state()

    def set_state(self, i: int, state: Mapping[str, np.ndarray]) -> None:
        try:
            self.mice[i].set_state(state)
        except (KeyError, TypeError, RuntimeError) as error:
            raise ValueError(f"this is not the state of {self.name} ({error})") from None


def _random_numbers() -> tuple[Any, Any]:
    """The states of torch's and numpy's global random numbers."""
    return torch.get_rng_state(), np.random.get_state()  # noqa: NPY002


def _set_random_numbers(states: tuple[Any, Any]) -> None:
    torch.set_rng_state(states[0])
    np.random.set_state(states[1])  # noqa: NPY002


class _kept:
    """The process's own random numbers are as before, on leaving."""

    def __enter__(self) -> None:
        self._before = _random_numbers()

    def __exit__(self, *_: object) -> None:
        _set_random_numbers(self._before)


def _options(agent: BaseAlgorithm) -> list[str]:
    """Names of an algorithm's options that are plain numbers, words or switches, and alike in every mouse."""
    own = {"seed", "num_timesteps", "start_time", "verbose", "tensorboard_log"}
    plain = (n for n, v in vars(agent).items() if isinstance(v, bool | int | float | str) and not n.startswith("_"))
    return sorted(set(plain) - own)


def rest_command(actions: int) -> np.ndarray:
    """The command that holds the paw at rest, (n,)."""
    from reachenv.sim import REST_COMMAND

    return np.asarray(REST_COMMAND, np.float32) if len(REST_COMMAND) == actions else np.zeros(actions, np.float32)


def _call(make: Callable[[VecEnv, int], BaseAlgorithm], seed: int, worlds: VecEnv) -> BaseAlgorithm:
    return make(worlds, seed)


def _make(name: str, params: PolicyParams, worlds: VecEnv, seed: int) -> BaseAlgorithm:
    """A baseline that learns from one world, untrained or read from a file."""
    changes: dict[str, Any] = {}
    if name in baselines.LESIONABLE:
        changes = {"n_steps": params.n_steps, "batch_size": params.batch_size}
    if params.start:
        agent = store.load(params.start, worlds, **changes)
        if store.name_of(agent) != name:
            raise ValueError(f"{params.start} holds a {store.name_of(agent)}, not a {name}")
        agent.set_random_seed(seed % 2**31)
        return agent
    return baselines.make(name, worlds, seed=seed % 2**31, **changes)


make_ppo = partial(PolicyBrain, "ppo")
make_sac = partial(PolicyBrain, "sac")
make_recurrent_ppo = partial(PolicyBrain, "recurrent_ppo")
