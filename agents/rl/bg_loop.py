"""The loop as a stable-baselines3 algorithm: learn, predict with state, save, load; callbacks and logger as usual.

    model = BGLoop("LoopPolicy", PelletVecEnv(gymnasium.make_vec("reachenv/PelletReach-v0", 4, autoreset_mode=...)))
    model.learn(50_000); model.save("mice.zip")

World i is reached into by mouse i. What PPO calls a rollout is a trial here: synapses change at its end.
"""

import copy
import time
from collections.abc import Iterable, Sequence
from typing import Any, NoReturn, Self, cast

import numpy as np
import torch
from gymnasium import spaces
from stable_baselines3.common.base_class import BaseAlgorithm
from stable_baselines3.common.policies import BasePolicy
from stable_baselines3.common.type_aliases import GymEnv, MaybeCallback
from stable_baselines3.common.utils import safe_mean
from stable_baselines3.common.vec_env import VecEnv

from reachenv.agents import checkpoint
from reachenv.agents.brain.loop import Loop
from reachenv.agents.brain.params import ACTIONS, LoopParams, from_json, to_json
from reachenv.agents.interventions import Intervention, parse

SAVED = "mice saved by BGLoop"
MOST = 2**63 - 1
MOST_SENSES = 4096
"""Of what a saved agent senses or commands."""
State = tuple[Loop, ...]
"""What `predict` returns and takes: mice in mid-trial, which do not learn."""


class LoopPolicy(BasePolicy):
    """What SB3 calls the policy: the mice of a loop. State is a `Loop` that was forked off and does not learn."""

    def __init__(self, observation_space: spaces.Box, action_space: spaces.Box, loop: Loop):
        super().__init__(observation_space, action_space)
        self.loop = loop

    def _predict(self, observation: Any, deterministic: bool = False) -> NoReturn:
        raise NotImplementedError("the loop has a state: use predict")

    def predict(  # type: ignore[override]  # its state is a Loop where SB3's are arrays
        self,
        observation: np.ndarray | dict[str, np.ndarray],
        state: State | None = None,
        episode_start: np.ndarray | None = None,
        deterministic: bool = False,
    ) -> tuple[np.ndarray, State]:
        """See `BGLoop.predict`."""
        observation = np.asarray(observation, dtype=np.float32)
        single = observation.ndim == 1
        observation = np.atleast_2d(observation)
        n, mice = len(observation), len(self.loop.mice)
        fresh = np.ones(n, bool) if state is None else np.zeros(n, bool)
        if episode_start is not None:
            fresh |= np.atleast_1d(episode_start)
        mind = self.loop.fork([i % mice for i in range(n)]) if state is None else state[0].fork()
        if fresh.all():
            # Without a seed of its own a trial's noise is drawn from the global stream that SB3 seeds.
            mind.begin_trial(None if deterministic else torch.randint(2**31, (n,)).tolist())
        elif fresh.any():
            raise ValueError("BGLoop's worlds begin and end their trials together; some began alone")
        action = mind.step(observation, np.zeros(n, np.float32))
        return (action[0] if single else action), (mind,)


class BGLoop(BaseAlgorithm):
    """Mice with a cortex-basal ganglia-thalamus loop, one for each world.

    Args:
        policy: "LoopPolicy", there is no other.
        env: `PelletVecEnv`, or an SB3 VecEnv or gymnasium environment of PelletReach.
        mice: seed of each mouse; default seed * 1000 + its number.
        params: the brain's numbers. interventions: or their texts, like "m1:2-4" (`agents.interventions`), of all mice.
        trials_per_session: a night passes after so many trials.
        verbose, tensorboard_log, stats_window_size, seed: as in every SB3 algorithm.
    """

    policy_aliases = {"LoopPolicy": LoopPolicy}

    def __init__(
        self,
        policy: str | type[BasePolicy],
        env: GymEnv | str | None,
        mice: Sequence[int] | None = None,
        params: LoopParams = LoopParams(),  # noqa: B008 frozen
        interventions: Iterable[Intervention | str] = (),
        trials_per_session: int = 55,
        stats_window_size: int = 100,
        tensorboard_log: str | None = None,
        verbose: int = 0,
        seed: int | None = 0,
        device: str = "cpu",
        _init_setup_model: bool = True,
    ):
        super().__init__(
            policy, env, learning_rate=0.0, stats_window_size=stats_window_size, tensorboard_log=tensorboard_log,
            verbose=verbose, seed=seed, device=device, support_multi_env=True, supported_action_spaces=(spaces.Box,),
        )  # fmt: skip
        if trials_per_session < 1:
            raise ValueError(f"trials_per_session is {trials_per_session}; it must be at least 1")
        self.params, self.trials_per_session = params, trials_per_session
        self.interventions = tuple(parse(i) if isinstance(i, str) else i for i in interventions)
        self.mice = tuple(int(m) for m in mice or ())
        self.trials_done = 0
        self._sense_slices: dict[str, slice] = {}
        self._last_reward = np.zeros(0, np.float32)
        if _init_setup_model and env is not None:
            self._setup_model()

    def _setup_model(self) -> None:
        self.set_random_seed(self.seed)
        if not self.mice:
            self.mice = tuple(1000 * (self.seed or 0) + i for i in range(self.n_envs))
        if not self._sense_slices:
            self._sense_slices = dict(self._worlds().get_attr("sense_slices", indices=[0])[0])
        senses, commands = self._spaces()
        self.loop = Loop(self._sense_slices, commands.shape[0], self.mice, self.params)
        self.loop.begin_session(1, [self.interventions] * len(self.mice))
        self.policy = LoopPolicy(senses, commands, self.loop)

    def _worlds(self) -> VecEnv:
        if self.env is None:
            raise ValueError("these mice have no worlds yet; give them some with set_env")
        return self.env

    def _spaces(self) -> tuple[spaces.Box, spaces.Box]:
        """Of observations and of actions."""
        return cast(spaces.Box, self.observation_space), cast(spaces.Box, self.action_space)

    def learn(
        self, total_timesteps: int, callback: MaybeCallback = None, log_interval: int = 1, tb_log_name: str = "BGLoop",
        reset_num_timesteps: bool = True, progress_bar: bool = False,
    ) -> Self:  # fmt: skip
        """Reach until `total_timesteps` steps of all worlds are over and the trial is; see BaseAlgorithm.learn."""
        if len(self.mice) != self.n_envs:
            raise ValueError(
                f"there are {len(self.mice)} mice and {self.n_envs} worlds; each mouse needs one of its own"
            )
        total, callback = self._setup_learn(total_timesteps, callback, reset_num_timesteps, tb_log_name, progress_bar)
        callback.on_training_start(locals(), globals())
        worlds, started = self._worlds(), bool(np.asarray(self._last_episode_starts).all())
        while not started or self.num_timesteps < total:
            if started:
                self._begin_trial()
                reward = np.zeros(self.n_envs, np.float32)
                callback.on_rollout_start()
            else:
                reward = self._last_reward
            started = False
            actions = self.loop.step(np.asarray(self._last_obs), reward)
            obs, self._last_reward, dones, infos = worlds.step(actions)
            self._last_obs = cast(np.ndarray, obs)
            self.num_timesteps += self.n_envs
            self._last_episode_starts = dones
            self._update_info_buffer(infos, dones)
            callback.update_locals(locals())
            if dones.any() and not dones.all():
                raise ValueError("BGLoop's worlds begin and end their trials together; some ended alone")
            going = callback.on_step()
            if dones.all():
                self._end_trial(log_interval)
                callback.on_rollout_end()
                started = True
            if not going:
                break
            self._update_current_progress_remaining(self.num_timesteps, total)
        callback.on_training_end()
        return self

    def _begin_trial(self) -> None:
        sequence = np.random.SeedSequence([self.seed or 0, self.trials_done])
        self.loop.begin_trial(sequence.generate_state(len(self.mice)).tolist())

    def _end_trial(self, log_interval: int) -> None:
        learned = self.loop.end_trial(self._last_reward)
        self.trials_done += 1
        session, trial = divmod(self.trials_done, self.trials_per_session)
        if trial == 0:
            self.loop.begin_session(session + 1, [self.interventions] * len(self.mice))
        if log_interval and self.trials_done % log_interval == 0:
            for name, value in learned.items():
                self.logger.record(f"loop/{name}", float(np.mean(value)))
            self.logger.record("time/session", session + 1)
            self.dump_logs()

    def dump_logs(self) -> None:
        """Write what was recorded to the logger, with the means over the last trials."""
        if self.ep_info_buffer:
            self.logger.record("rollout/ep_rew_mean", safe_mean([e["r"] for e in self.ep_info_buffer]))
            self.logger.record("rollout/ep_len_mean", safe_mean([e["l"] for e in self.ep_info_buffer]))
        if self.ep_success_buffer:
            self.logger.record("rollout/success_rate", safe_mean(self.ep_success_buffer))
        elapsed = max((time.time_ns() - self.start_time) / 1e9, 1e-9)
        self.logger.record("time/fps", int((self.num_timesteps - self._num_timesteps_at_start) / elapsed))
        self.logger.record("time/total_timesteps", self.num_timesteps, exclude="tensorboard")
        self.logger.dump(self.num_timesteps)

    def predict(  # type: ignore[override]  # its state is a Loop where SB3's are arrays
        self,
        observation: np.ndarray | dict[str, np.ndarray],
        state: State | None = None,
        episode_start: np.ndarray | None = None,
        deterministic: bool = False,
    ) -> tuple[np.ndarray, State]:
        """What the mice would do, without learning: (action, state).

        state: None, or what the call before returned; it is not changed, so one state can be continued twice.
        World i of n is reached into by mouse i modulo the number of mice. deterministic: no noise, no exploration.
        """
        return cast(LoopPolicy, self.policy).predict(observation, state, episode_start, deterministic)

    def get_parameters(self) -> dict[str, dict]:
        """{"mice": {"m0/d1": array, …}}: all that the mice were born with and have learned."""
        states = [self.loop.state(i, whole=True) for i in range(len(self.mice))]
        return {"mice": {f"m{i}/{name}": v for i, state in enumerate(states) for name, v in state.items()}}

    def set_parameters(
        self, load_path_or_dict: Any, exact_match: bool = True, device: torch.device | str = "auto"
    ) -> None:
        """Give the mice what `get_parameters` returned, or what a saved file holds."""
        if isinstance(load_path_or_dict, dict):
            arrays = load_path_or_dict["mice"]
        else:
            arrays, _ = checkpoint.load_zip(load_path_or_dict, SAVED)
        mice = _by_mouse(arrays)
        if len(mice) < len(self.mice):
            raise ValueError(f"arrays of {len(mice)} mice; there are {len(self.mice)}")
        for i, state in enumerate(mice[: len(self.mice)]):
            self.loop.set_state(i, state)

    def save(self, path: Any, exclude: Iterable[str] | None = None, include: Iterable[str] | None = None) -> None:
        """Write one zip of safetensors and JSON, between trials: what a trial in progress did is not kept.

        ValueError for mice with learning rules of their own, which are code and no numbers.
        """
        if self.loop.other_rules:
            raise ValueError(
                f"the rules of {', '.join(self.loop.other_rules)} are not the shipped ones; a file holds numbers alone"
            )
        senses, commands = self._spaces()
        about = {
            "params": to_json(self.params), "mice": self.mice, "interventions": [str(i) for i in self.interventions],
            "trials_per_session": self.trials_per_session, "trials_done": self.trials_done, "seed": self.seed,
            "num_timesteps": self.num_timesteps, "n_obs": senses.shape[0],
            "n_actions": commands.shape[0], "session": self.loop.session,
            "senses": {k: [s.start, s.stop] for k, s in self._sense_slices.items()},
        }  # fmt: skip
        checkpoint.save_zip(path, self.get_parameters()["mice"], about)

    @classmethod
    def load(
        cls,
        path: Any,
        env: GymEnv | None = None,
        device: torch.device | str = "auto",
        custom_objects: dict[str, Any] | None = None,
        print_system_info: bool = False,
        force_reset: bool = True,
        **kwargs: Any,
    ) -> Self:
        """Read what `save` wrote, or take a `Loop`, such as `reachenv.lab.load_brain` returns, with what it has learned.

        CheckpointError says what is wrong with a file that is not one.
        """
        if isinstance(path, Loop):
            return cls._of(path, env, force_reset, **kwargs)
        arrays, about = checkpoint.load_zip(path, SAVED)
        with checkpoint.refusing(path):
            options, senses, (n_obs, n_actions, done, steps, session) = _about(about, arrays)
            model = cls("LoopPolicy", None, _init_setup_model=False, **(options | kwargs))
            model.observation_space = spaces.Box(-5.0, 5.0, (n_obs,), np.float32)
            model.action_space = spaces.Box(-1.0, 1.0, (n_actions,), np.float32)
            model.n_envs, model._sense_slices = len(model.mice), senses
            model._setup_model()
            model.set_parameters({"mice": arrays})
            model.trials_done, model.num_timesteps = done, steps
            model.loop.resume_session(session, [model.interventions] * len(model.mice))
            model.loop.trial = model.trials_done % model.trials_per_session
            _live(model.loop, n_obs)
        if env is not None:
            model.set_env(env, force_reset)
        return model

    @classmethod
    def _of(cls, loop: Loop, env: GymEnv | None, force_reset: bool, **kwargs: Any) -> Self:
        """The same for mice that are in memory: they go on themselves, no copies."""
        model = cls("LoopPolicy", None, _init_setup_model=False, mice=loop.mice, params=loop.params, **kwargs)
        senses = max(s.stop for s in loop.slices.values())
        model.observation_space = spaces.Box(-5.0, 5.0, (senses,), np.float32)
        model.action_space = spaces.Box(-1.0, 1.0, (len(ACTIONS),), np.float32)
        model.n_envs, model._sense_slices = len(loop.mice), dict(loop.slices)
        model.set_random_seed(model.seed)
        model.loop, model.policy = loop, LoopPolicy(*model._spaces(), loop)
        model.loop.resume_session(loop.session, [model.interventions] * len(loop.mice))
        model.trials_done = (loop.session - 1) * model.trials_per_session
        if env is not None:
            model.set_env(env, force_reset)
        return model


def _by_mouse(arrays: dict[str, np.ndarray]) -> list[dict[str, np.ndarray]]:
    """{"m0/d1": array, …} as one dictionary for each mouse, of m0, m1, … as far as they go."""
    mice: dict[str, dict[str, np.ndarray]] = {}
    for name, value in arrays.items():
        mouse, _, rest = name.partition("/")
        mice.setdefault(mouse, {})[rest] = value
    return [mice[f"m{i}"] for i in range(len(mice)) if f"m{i}" in mice]


def _live(loop: Loop, n_obs: int) -> None:
    """Live the first moments of a trial in a copy: ValueError where such mice command no numbers, or whatever stops them."""
    n, mind = len(loop.mice), copy.deepcopy(loop)
    with np.errstate(all="ignore"):
        mind.begin_trial([0] * n)
        for _ in range(3):
            command = mind.step(np.zeros((n, n_obs), np.float32), np.zeros(n, np.float32))
        mind.end_trial(np.ones(n, np.float32))
        learned = [value for i in range(n) for value in mind.state(i).values()]
        mind.begin_trial([0] * n)
        later = mind.step(np.ones((n, n_obs), np.float32), np.zeros(n, np.float32))
    if not all(np.isfinite(values).all() for values in (command, later, *learned)):
        raise ValueError("with these parameters, mice command what is no number")


def _about(
    about: dict[str, Any], arrays: dict[str, np.ndarray]
) -> tuple[dict[str, Any], dict[str, slice], tuple[int, ...]]:
    """What a file says of its mice, every entry checked: options of `BGLoop`, senses, and n_obs, n_actions, trials, steps, session."""
    numbers = checkpoint.facts(
        about, n_obs=(1, MOST_SENSES), n_actions=(1, MOST_SENSES), trials_done=(0, MOST), num_timesteps=(0, MOST),
        session=(0, MOST),
    )  # fmt: skip
    mice, interventions = about["mice"], about["blocks"] if "blocks" in about else about["interventions"]  # until 0.1
    if not isinstance(mice, list) or len(mice) != len(_by_mouse(arrays)):
        raise ValueError(f"mice is no list of {len(_by_mouse(arrays))} seeds, as many as there are arrays of")
    if not isinstance(interventions, list) or not all(isinstance(i, str) and len(i) < 1000 for i in interventions):
        raise ValueError("interventions is no list of texts")
    senses = {
        str(name): slice(
            checkpoint.whole(ends[0], f"sense {name!r}", 0, numbers[0]),
            checkpoint.whole(ends[1], f"sense {name!r}", ends[0], numbers[0]),
        )
        for name, ends in about["senses"].items()
    }
    params = from_json(about["params"])
    seed = about["seed"]
    options: dict[str, Any] = {
        "mice": [checkpoint.whole(m, "the seed of a mouse", 0, MOST) for m in mice], "params": params,
        "interventions": interventions, "seed": None if seed is None else checkpoint.whole(seed, "seed", 0, 2**32 - 1),
        "trials_per_session": checkpoint.whole(about["trials_per_session"], "trials_per_session", 1, MOST),
    }  # fmt: skip
    # Before mice of these sizes are grown: the file holds arrays as large as the largest of theirs.
    cells, events = params.cortex.units, params.events.cells
    for i, state in enumerate(_by_mouse(arrays)):
        found = state["birth.l23"].shape, state["birth.event_rate"].shape
        if found != ((cells, cells + max(s.stop for s in senses.values())), (events,)):
            raise ValueError(f"mouse {i} is not of {cells} cells and {events} event cells, as its parameters are")
    return options, senses, numbers
