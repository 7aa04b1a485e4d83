"""A baseline in one zip of safetensors and JSON: weights, the optimiser's state, and the statistics that it is blind without.

No pickle: opening a stranger's file runs nothing. What is not kept: the trial in progress, the state of random
generators, and SAC's replay buffer, which fills again before learning goes on.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from gymnasium import spaces
from stable_baselines3 import SAC
from stable_baselines3.common.base_class import BaseAlgorithm
from stable_baselines3.common.save_util import recursive_getattr
from stable_baselines3.common.vec_env import VecEnv

from reachenv.agents import checkpoint
from reachenv.agents.rl import baselines
from reachenv.agents.rl.bg_loop import MOST_SENSES, BGLoop

STATISTICS = ("mean", "var", "count")
_OF_OPTIMISER = re.compile(r"[\w.]*optimizer/")
_NEVER_NEGATIVE = ("_rms/var", "_rms/count", "/exp_avg_sq", "/step")


def save(agent: BaseAlgorithm, path: str | Path) -> None:
    """Write an agent that `baselines.make` made; .zip is added to a path without a suffix."""
    if isinstance(agent, BGLoop):
        agent.save(path)
        return
    about: dict[str, Any] = {"agent": name_of(agent), "seed": agent.seed, "num_timesteps": agent.num_timesteps}
    norm = baselines.normalised(agent)
    about |= {"n_updates": int(agent._n_updates), "n_obs": _size(norm.observation_space)}
    about |= {"n_actions": _size(norm.action_space)}
    checkpoint.save_zip(path, arrays_of(agent), about)


def arrays_of(agent: BaseAlgorithm) -> dict[str, np.ndarray]:
    """All that an agent has learned, by name: weights, the optimiser's state, statistics of senses and rewards where it has any."""
    arrays: dict[str, Any] = {}
    for part, values in agent.get_parameters().items():
        flat = _flat_optimiser(values["state"]) if "param_groups" in values else values
        arrays |= {f"{part}/{key}": value for key, value in flat.items()}
    if isinstance(agent, SAC) and agent.log_ent_coef is not None:
        arrays["log_ent_coef"] = agent.log_ent_coef
    arrays = {key: torch.as_tensor(value).detach().cpu().numpy() for key, value in arrays.items()}
    norm = agent.get_vec_normalize_env()
    for which in ("obs_rms", "ret_rms") if norm is not None else ():
        arrays |= {f"{which}/{s}": np.asarray(getattr(getattr(norm, which), s), np.float64) for s in STATISTICS}
    return arrays


def load(path: str | Path, worlds: VecEnv, **changes: Any) -> BaseAlgorithm:
    """The agent that `save` wrote, ready to predict or to learn on in `worlds`. CheckpointError says what is wrong with a file."""
    arrays, about = checkpoint.load_zip(path, "a saved agent")
    name = about.get("agent", "bg_loop")
    if name == "bg_loop":
        return BGLoop.load(path, env=worlds)
    with checkpoint.refusing(path, "this program and these worlds"):
        if not isinstance(name, str):
            raise TypeError("agent is no name")
        steps, updates, *sizes = checkpoint.facts(
            about, num_timesteps=(0, 2**62), n_updates=(0, 2**62), n_obs=(1, MOST_SENSES), n_actions=(1, MOST_SENSES)
        )
        seed = None if about["seed"] is None else checkpoint.whole(about["seed"], "seed", 0, 2**32 - 1)
        agent = baselines.make(name, worlds, cast(int, seed), **changes)
        found = [_size(agent.observation_space), _size(agent.action_space)]
        if found != sizes:
            raise ValueError(f"it has {sizes[0]} senses and {sizes[1]} actions, these worlds {tuple(found)}")
        restore(agent, arrays)
        agent.num_timesteps, agent._n_updates = steps, updates
        if hasattr(agent, "learning_starts"):
            agent.learning_starts += agent.num_timesteps  # an empty buffer would teach its first few steps alone
    return agent


def name_of(agent: BaseAlgorithm) -> str:
    """The name under which `baselines.make` knows an agent's algorithm."""
    for name, known in baselines.BASELINES.items():
        if known.algorithm == type(agent).__name__:
            return name
    return "bg_loop"


def restore(agent: BaseAlgorithm, arrays: dict[str, np.ndarray]) -> None:
    """Give an agent what `arrays_of` returned. ValueError where a name, type or shape does not fit, or a number cannot be."""
    _check(agent, arrays)
    parts = agent.get_parameters()
    for part, values in parts.items():
        mine = {
            k.removeprefix(f"{part}/"): torch.from_numpy(v.copy())
            for k, v in arrays.items()
            if k.startswith(f"{part}/")
        }
        if "param_groups" in values:
            values["state"] = _deep_optimiser(mine)
        else:
            parts[part] = mine
    agent.set_parameters(cast(dict[str, torch.Tensor], parts), exact_match=True)  # SB3 names the innermost type alone
    if "log_ent_coef" in arrays and isinstance(agent, SAC) and agent.log_ent_coef is not None:
        with torch.no_grad():
            agent.log_ent_coef.copy_(torch.from_numpy(arrays["log_ent_coef"].copy()))
    norm = agent.get_vec_normalize_env()
    for which in ("obs_rms", "ret_rms") if norm is not None else ():
        for s in STATISTICS:
            value = arrays[f"{which}/{s}"]
            setattr(getattr(norm, which), s, float(value) if value.ndim == 0 else value.copy())


def _check(agent: BaseAlgorithm, arrays: dict[str, np.ndarray]) -> None:
    """That arrays are those of such an agent: names, types, shapes, and values that statistics and memories of gradients can have."""
    expected = {name: value for name, value in arrays_of(agent).items() if not _OF_OPTIMISER.match(name)}
    for part, values in agent.get_parameters().items():
        if "param_groups" not in values:
            continue
        taught = [p for group in recursive_getattr(agent, part).param_groups for p in group["params"]]
        for number, parameter in enumerate(taught):
            if any(name.startswith(f"{part}/{number}/") for name in arrays):  # none of what has had no gradient yet
                like = parameter.detach().cpu().numpy()
                kept = {"step": np.zeros((), np.float32), "exp_avg": like, "exp_avg_sq": like}
                expected |= {f"{part}/{number}/{name}": value for name, value in kept.items()}
    checkpoint.fits(arrays, expected)
    unknown = sorted(arrays.keys() - expected.keys())
    if unknown:
        raise ValueError(f"state {unknown[0][:80]!r}: this agent has none of that name")
    for name, value in arrays.items():
        if name.endswith(_NEVER_NEGATIVE) and (value < 0).any():
            raise ValueError(f"state {name!r}: holds negative values")


def _size(space: spaces.Space) -> int:
    return cast(spaces.Box, space).shape[0]


def _flat_optimiser(state: dict[int, dict[str, Any]]) -> dict[str, Any]:
    return {f"{number}/{key}": value for number, values in state.items() for key, value in values.items()}


def _deep_optimiser(flat: dict[str, Any]) -> dict[int, dict[str, Any]]:
    state: dict[int, dict[str, Any]] = {}
    for name, value in flat.items():
        number, key = name.split("/")
        state.setdefault(int(number), {})[key] = value
    return state
