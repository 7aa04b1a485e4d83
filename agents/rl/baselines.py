"""Baselines with settings that suit the task: PPO, SAC (stable-baselines3) and RecurrentPPO (sb3-contrib, extra `rl`).

    worlds = PelletVecEnv(gymnasium.make_vec("reachenv/PelletReach-v0", 32, reward="shaped", autoreset_mode=...))
    agent = make("ppo", worlds).learn(1_000_000)        # or "sac", "recurrent_ppo", "bg_loop"
    agent = load("ppo.zip", worlds)                     # after save(agent, "ppo.zip"): see agents.rl.store

What `make` returns is the library's own algorithm, whose environment is wrapped: actions in strides
(`agents.rl.strides`), observations and rewards normalised by running statistics, which are saved with the agent.
Their settings were found in pilots, one change after another (docs/lab-notebook.md); `why` holds the reason of each setting.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast

import numpy as np
from stable_baselines3.common.base_class import BaseAlgorithm
from stable_baselines3.common.buffers import RolloutBuffer
from stable_baselines3.common.vec_env import VecEnv, VecNormalize

from reachenv.agents.rl.strides import StridingVecEnv

CLIP_REWARD = 1000.0
"""In s.d. of the return: none. A pellet is worth many s.d. at first, and cut to 10 it would pay less than holding on to it."""


@dataclass(frozen=True)
class Baseline:
    """An algorithm and its settings.

    Attributes:
        algorithm, policy: class name in its library, and the name of its policy.
        options: what the class is made with.
        worlds: how many to train in.
        repeat: control steps of 10 ms that one decision lasts.
        stride: most that a decision moves the command, of its range from -1 to 1.
        swing: in training, cost of actions that differ from those of the decision before, in units of the worlds' reward.
        forfeit: in training, a pellet that has fallen off its cup pays nothing, however firmly it is held where it fell.
        why: the reason of each setting that is not the library's default.
    """

    algorithm: str
    policy: str
    options: Mapping[str, Any]
    worlds: int
    repeat: int = 4
    stride: float = 0.3
    swing: float = 0.0
    forfeit: bool = False
    why: Mapping[str, str] = field(default_factory=dict)


class CommandCosts:
    """Of a rollout buffer, PPO's or RecurrentPPO's: in it, commands cost.

    Args:
        beyond: cost of what an action asks beyond its range, mean of squares. It is cut to the range before the worlds see it, so
            that nothing else tells the policy; a policy far beyond explores no more.
        change: cost of how far actions, within their range, differ from those of the decision before, mean of squares. Reaches
            that swing from one end of the range to the other touch a pellet but never close on it.
        Both in units of the normalised reward; no part of the reward that is reported.
    """

    def __init__(self, *args: Any, beyond: float = 0.0, change: float = 0.0, **kwargs: Any):
        self.beyond, self.change = beyond, change
        self._before: np.ndarray | None = None
        super().__init__(*args, **kwargs)

    def add(
        self, obs: Any, action: np.ndarray, reward: np.ndarray, episode_start: np.ndarray, *rest: Any, **more: Any
    ) -> None:
        within = np.clip(action, -1.0, 1.0)
        changed = np.zeros_like(within) if self._before is None else within - self._before
        changed[np.asarray(episode_start, bool)] = 0.0
        self._before = within
        cost = self.beyond * np.square(action - within).mean(-1) + self.change * np.square(changed).mean(-1)
        super().add(  # type: ignore[misc]  # of the buffer that this is mixed into
            obs, action, reward - cost, episode_start, *rest, **more
        )


class Rollout(CommandCosts, RolloutBuffer):
    """PPO's rollout, in which commands cost."""


def give_costs(agent: Any, **costs: float) -> None:
    """Let commands cost in the rollouts of an untrained RecurrentPPO, which takes no class of rollouts as PPO does."""
    usual = type(agent.rollout_buffer)
    agent.rollout_buffer = type("RecurrentRollout", (CommandCosts, usual), {})(
        agent.n_steps,
        agent.observation_space,
        agent.action_space,
        agent.rollout_buffer.hidden_state_shape,
        agent.device,
        gamma=agent.gamma,
        gae_lambda=agent.gae_lambda,
        n_envs=agent.n_envs,
        **costs,
    )


LESIONABLE = ("ppo", "recurrent_ppo")
"""Whose policy is taught by a reward prediction error. SAC's is not: it climbs its critic's estimate, and only the critic knows errors."""


def block_reward_errors(agent: BaseAlgorithm, blocked: bool) -> None:
    """Block the reward prediction error of PPO or RecurrentPPO on its way to the policy, or let it pass again.

    It is to them what an M1 dopamine block is to the loop.

    Without an error the policy would have no gradient. That alone is no rest: Adam would go on for a while by the gradients that it
    remembers, and forget their size, so that its first steps after the block would be too large. So the parameters are held. All or
    nothing: Adam divides a gradient by its own size, so that half an error teaches as much as a whole one. The critic learns on.
    """
    for name, parameter in agent.policy.named_parameters():
        if "value" not in name and "critic" not in name:
            parameter.requires_grad_(not blocked)


_WHY = {
    "repeat": "40 ms: a reach of 250 ms is six decisions and a trial's credit has 35 to travel over, not 140",
    "stride": "2 to 3 mm a decision: a scripted reach of 300 ms fits (a test), and noise does not fling the paw",
    "gamma": ".96 a decision, .99 a control step: beyond 1 s nothing counts, and no shaped reward outweighs a pellet",
    "worlds": "they step as one batch; more than this and a rollout holds less than one trial of each",
}
_PPO = {
    "use_sde": "noise that depends on what is sensed bends a whole reach; noise anew each decision mostly cancels out",
    "sde_sample_freq": "8 decisions, .3 s: one reach, one direction of noise",
    "n_steps": "a trial or more a world: 2,048 decisions, so that 3 million steps hold 360 rollouts",
    "batch_size": "four batches a pass",
    "gae_lambda": "what a decision leads to shows within half a second: less of the luck of the rest of the trial",
    "learning_rate": "as fast as target_kl lets it",
    "rollout_buffer_kwargs": "a cost of swinging commands and of actions beyond the range: see `CommandCosts`",
    "target_kl": "ends a rollout's passes where the policy has moved far enough; without it, it moved .1 and forgot",
}

BASELINES: dict[str, Baseline] = {
    "ppo": Baseline(
        "PPO",
        "MlpPolicy",
        {
            "n_steps": 64, "batch_size": 512, "n_epochs": 10, "gamma": 0.96, "gae_lambda": 0.9, "learning_rate": 1e-3,
            "target_kl": 0.03, "use_sde": True, "sde_sample_freq": 8, "ent_coef": 0.0,
            "policy_kwargs": {"net_arch": [256, 64], "log_std_init": -1.5},
            "rollout_buffer_kwargs": {"beyond": 0.1, "change": 0.1},
        },
        worlds=32,
        why=_WHY | _PPO | {
            "policy_kwargs": "noise of .2 a unit of the last layer: with 64 units an s.d. of .9 at first; with 256 it flung the paw",
        },
    ),
    "recurrent_ppo": Baseline(
        "RecurrentPPO",
        "MlpLstmPolicy",
        {
            "n_steps": 64, "batch_size": 512, "n_epochs": 6, "gamma": 0.96, "gae_lambda": 0.9, "learning_rate": 1e-3,
            "target_kl": 0.03, "use_sde": True, "sde_sample_freq": 8, "ent_coef": 0.0,
            "policy_kwargs": {
                "net_arch": [64], "lstm_hidden_size": 128, "log_std_init": -1.5, "enable_critic_lstm": False, "shared_lstm": False,
            },
            "rollout_buffer_kwargs": {"beyond": 0.1, "change": 0.1},
        },
        worlds=32,
        why=_WHY | _PPO | {
            "policy_kwargs": "one layer of 64 after the memory; a critic without memory, which costs half; noise a third of PPO's, since a "
            "memory begins with small values: with as much as PPO's it flung the paw",
            "n_epochs": "6: an epoch through time costs several of PPO's",
        },
    ),
    "sac": Baseline(
        "SAC",
        "MlpPolicy",
        {
            "learning_rate": 3e-4, "buffer_size": 300_000, "batch_size": 256, "learning_starts": 4_000, "train_freq": 8,
            "gradient_steps": 32, "gamma": 0.96, "tau": 0.005, "use_sde": True, "ent_coef": "auto_0.1",
            "policy_kwargs": {"net_arch": {"pi": [256, 64], "qf": [256, 256]}, "log_std_init": -1.5, "clip_mean": 0.0},
        },
        worlds=16,
        swing=0.02,
        forfeit=True,
        why=_WHY | {
            "buffer_size": "300,000 decisions, over 8,500 trials, in 150 MB",
            "use_sde": "noise that bends a whole reach, as PPO's",
            "train_freq": "8 decisions, .3 s: how long one direction of noise lasts",
            "gradient_steps": "one for four decisions: fewer than the default, or two cores do nothing else",
            "learning_starts": "the first hundred trials by chance",
            "ent_coef": "begins at .1: from 1 it takes a fifth of a million steps to fall to where rewards count",
            "policy_kwargs": "the actor as PPO's: noise of 64 units; critics of two layers of 256; no bound on the mean, beyond which "
            "it would have no gradient: with it, the paw carried the pellet past the mouth for good",
            "swing": "without it, it reached to and fro at 12 Hz, 2 mm off the pellet",
            "forfeit": "without it, it knocked the pellet off its cup and was paid for pressing it against the plate",
        },
    ),
}  # fmt: skip


def algorithm(name: str) -> type[BaseAlgorithm]:
    """The class of a baseline; ImportError says what to install, ValueError what there is."""
    if name not in BASELINES:
        raise ValueError(f"the baseline {name!r} is not known; there is {', '.join(BASELINES)}")
    wanted = BASELINES[name].algorithm
    if name == "recurrent_ppo":
        try:
            library = importlib.import_module("sb3_contrib")
        except ImportError:
            raise ImportError("recurrent_ppo needs the package sb3-contrib; pip install 'reachenv[rl]'.") from None
    else:
        library = importlib.import_module("stable_baselines3")
    return getattr(library, wanted)


class TakesStrides:
    """Of an algorithm whose worlds `wrap` made: says what to do where it is shown senses as the environment gives them."""

    observation_space: Any

    def predict(self, observation: Any, *rest: Any, **more: Any) -> Any:
        """See the algorithm's own."""
        size = self.observation_space.shape[0]
        shape = () if isinstance(observation, Mapping) else np.shape(observation)
        if shape[-1:] == (size - 1,):
            raise ValueError(
                f"These observations have the {size - 1} senses of the environment; this agent knows {size}, normalised, and commands in "
                "strides: let it predict on what reachenv.agents.rl.baselines.worlds_to_test(agent, name, worlds) returns from "
                "reset() and step()."
            )
        return super().predict(observation, *rest, **more)  # type: ignore[misc]  # of the algorithm that this is mixed into


def __getattr__(name: str) -> Any:
    """`StridingPPO` and so on: a baseline's algorithm with `TakesStrides`, made when it is first asked for, also by pickle."""
    for known, baseline in BASELINES.items():
        if name == f"Striding{baseline.algorithm}":
            made = type(
                baseline.algorithm, (TakesStrides, algorithm(known)), {"__module__": __name__, "__qualname__": name}
            )
            return globals().setdefault(name, made)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def wrap(name: str, worlds: VecEnv, training: bool = True) -> VecNormalize:
    """The worlds as a baseline meets them: strides, then normalised observations and, in training, rewards."""
    chosen = BASELINES[name]
    return VecNormalize(
        StridingVecEnv(
            worlds, chosen.repeat, chosen.stride, chosen.swing if training else 0.0, training and chosen.forfeit
        ),
        training=training,
        norm_reward=training,
        clip_reward=CLIP_REWARD,
        gamma=chosen.options["gamma"],
    )


def make(name: str, worlds: VecEnv, seed: int = 0, **changes: Any) -> BaseAlgorithm:
    """An untrained agent for `worlds`: a baseline, or "bg_loop". changes: options other than the baseline's own."""
    if name == "bg_loop":
        from reachenv.agents.rl.bg_loop import BGLoop

        return BGLoop("LoopPolicy", worlds, seed=seed, **changes)
    algorithm(name)  # says what there is, or what to install
    chosen = BASELINES[name]
    kind = globals().get(f"Striding{chosen.algorithm}") or __getattr__(f"Striding{chosen.algorithm}")
    options = {"device": "cpu", **chosen.options, **changes}
    if name == "ppo":
        options["rollout_buffer_class"] = Rollout
    costs = options.pop("rollout_buffer_kwargs", {}) if name == "recurrent_ppo" else {}
    agent = kind(chosen.policy, wrap(name, worlds), seed=seed, **options)
    if costs:
        give_costs(agent, **costs)
    return agent


def worlds_to_test(agent: BaseAlgorithm, name: str, worlds: VecEnv) -> VecEnv:
    """Other worlds as the agent meets its own, for evaluation: its statistics, which no longer change; rewards as they are."""
    if name == "bg_loop":
        return worlds
    wrapped = wrap(name, worlds, training=False)
    own = normalised(agent)
    wrapped.obs_rms, wrapped.ret_rms = own.obs_rms, own.ret_rms
    return wrapped


def normalised(agent: BaseAlgorithm) -> VecNormalize:
    """The statistics by which a baseline of `make` sees its worlds."""
    own = agent.get_vec_normalize_env()
    if own is None:
        raise ValueError("this agent has no worlds whose observations are normalised: it is none of `make`")
    return own


def steps_taken(agent: BaseAlgorithm, name: str) -> int:
    """Control steps of 10 ms that an agent has learned from, over all worlds."""
    return agent.num_timesteps * (1 if name == "bg_loop" else BASELINES[name].repeat)


def trials(agent: BaseAlgorithm, worlds: VecEnv, seed: int | None = None) -> list[dict[str, Any]]:
    """One trial in every world, without learning and without noise; returns what each world told at its end."""
    worlds.seed(seed)
    obs, state = worlds.reset(), None
    starts = np.ones(worlds.num_envs, bool)
    told: dict[int, dict[str, Any]] = {}
    while len(told) < worlds.num_envs:
        action, state = agent.predict(cast(np.ndarray, obs), state=state, episode_start=starts, deterministic=True)
        obs, _, starts, infos = worlds.step(action)
        for i in np.flatnonzero(starts):
            told.setdefault(int(i), infos[i])
    return [told[i] for i in range(worlds.num_envs)]
