"""The Gymnasium contract, the checkers of both libraries, and what bad input says."""

import json
import pickle
import warnings

import gymnasium
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env
from gymnasium.vector import AutoresetMode

import reachenv
from reachenv.demonstrator import Script, commands
from reachenv.sim import REST_COMMAND
from reachenv.vector_env import PelletReachVectorEnv

SHORT = reachenv.Timing(tone=0.3, turn_lead=0.3, turn_time=0.2, response_window=0.3, total=0.6)


@pytest.mark.parametrize("control", ["spinal", "muscle"])
@pytest.mark.parametrize("reward", ["sparse", "shaped"])
def test_gymnasium_check_env_without_a_warning(control, reward):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        env = gymnasium.make(reachenv.ENV_ID, control=control, reward=reward)
        check_env(env.unwrapped, skip_render_check=True)


@pytest.mark.parametrize("control", ["spinal", "muscle"])
def test_stable_baselines3_check_env_without_a_warning(control):
    from stable_baselines3.common.env_checker import check_env as sb3_check_env

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        sb3_check_env(gymnasium.make(reachenv.ENV_ID, control=control).unwrapped)


def test_spec_round_trips_and_env_pickles_by_spec():
    env = gymnasium.make(reachenv.ENV_ID, reward="shaped")
    spec = json.loads(env.spec.to_json())
    assert spec["id"] == reachenv.ENV_ID and spec["kwargs"] == {"reward": "shaped"}
    again = gymnasium.make(pickle.loads(pickle.dumps(env.spec)))
    assert again.unwrapped.observation_space == env.unwrapped.observation_space


def test_make_vec_takes_the_native_environment():
    env = gymnasium.make_vec(reachenv.ENV_ID, num_envs=3)
    assert isinstance(env.unwrapped, PelletReachVectorEnv)
    obs, _ = env.reset(seed=0)
    assert obs.shape == (3, 55) and obs.dtype == np.float32
    assert gymnasium.make_vec(reachenv.ENV_ID, num_envs=2, control="muscle").single_observation_space.shape == (67,)


def test_the_senses_fill_the_observation():
    env = PelletReachVectorEnv(1)
    stops = [s.stop for s in env.sense_slices.values()]
    assert stops == sorted(stops) and stops[-1] == env.single_observation_space.shape[0]


def _trial(env, **reset):
    obs = [env.reset(**reset)[0]]
    for step in range(env.timing.steps):
        time = step * 0.01 - env.timing.tone
        action = (
            commands(Script(), time, np.zeros((env.num_envs, 3)))
            if time >= 0
            else np.tile(REST_COMMAND, (env.num_envs, 1))
        )
        o, reward, terminated, truncated, info = env.step(action)
        obs.append(o)
        assert not truncated.any()
    return np.array(obs), reward, terminated, info


def test_a_whole_trial_tells_its_story():
    env = PelletReachVectorEnv(2)
    obs, _, terminated, info = _trial(env, seed=3)
    assert terminated.all()
    assert env.outcome == ["success", "success"] and info["is_success"].all() and info["_outcome_code"].all()
    assert (info["outcome_code"] == reachenv.OUTCOMES.index("success")).all()
    order = [
        info[f"{e}_time"][0]
        for e in ("table_turn", "tone", "lift", "reach", "grab", "supination", "at_mouth", "chew", "back_to_perch")
    ]
    assert order == sorted(order)
    assert set(reachenv.EVENTS) == {
        name.removesuffix("_time") for name in info if name.endswith("_time") and not name.startswith("_")
    }
    at = env.sense_slices
    tone = obs[:, 0, at["tone"]].ravel()
    assert tone.sum() == 50 and tone[:100].sum() == 0  # .5 s, from 1 s on
    assert obs[:, 0, at["taste"]].max() == 1 and obs[:, 0, at["touch"]].max() > 0.3
    assert obs[-1, 0, at["pellet"]][0] == 0  # eaten: nothing to see


def test_sparse_reward_is_one_for_a_pellet_and_comes_once():
    env = PelletReachVectorEnv(1)
    env.reset(seed=3)
    total = 0.0
    for step in range(400):
        time = step * 0.01 - 1.0
        action = commands(Script(), time, np.zeros((1, 3))) if time >= 0 else REST_COMMAND[None]
        _, reward, *_ = env.step(action)
        assert reward[0] in (0.0, 1.0)
        total += reward[0]
    assert total == 1.0


def test_shaped_reward_is_the_sum_of_its_named_terms():
    env = PelletReachVectorEnv(2, reward="shaped", timing=SHORT)
    env.reset(seed=0)
    rng = np.random.default_rng(0)
    for _ in range(60):
        _, reward, _, _, info = env.step(rng.uniform(-1, 1, (2, 5)))
        terms = {name: term for name, term in info.items() if name.startswith("reward_")}
        assert reward == pytest.approx(sum(terms.values()))
        assert set(terms) == {
            f"reward_{name}" for name in ("eat", "approach", "touch", "grip", "bring", "hold", "wait")
        }


def test_stop_early_ends_a_settled_trial():
    env = PelletReachVectorEnv(1, stop_early=True, autoreset_mode=AutoresetMode.DISABLED)
    env.reset(seed=3)
    for step in range(400):
        time = step * 0.01 - 1.0
        *_, info = out = env.step(commands(Script(), time, np.zeros((1, 3))) if time >= 0 else REST_COMMAND[None])
        if out[2][0]:
            break
    assert env.outcome == ["success"] and info["is_success"][0] and step < 250


def test_a_pellet_has_fallen_when_it_is_off_its_cup_and_below_it():
    """World 0 lets it lie, 1 carries it to the mouth, 2 sweeps it off by a straight reach (see reachenv.demonstrator)."""
    env = PelletReachVectorEnv(3)
    env.reset(seed=3)
    seen = []
    for step in range(399):
        time = step * 0.01 - 1.0
        plan = np.tile(REST_COMMAND, (3, 1))
        if time >= 0:
            plan[1] = commands(Script(), time, np.zeros((1, 3)))[0]
            plan[2] = commands(Script(direct=True), time, np.zeros((1, 3)))[0]
        env.step(plan)
        seen.append(env.fallen)
    assert env.trials.outcome()[1] == "success" and env.trials.gone[2]
    assert np.any(seen, axis=0).tolist() == [False, False, True] and not seen[99].any()
    env.step(plan), env.step(plan)
    assert not env.fallen.any()  # the next trial has begun


def test_ghanayim_timing_has_the_tone_at_4_s_of_12():
    env = PelletReachVectorEnv(1, timing="ghanayim2025")
    assert env.timing.tone == 4.0 and env.timing.steps == 1200


# -- autoreset -----------------------------------------------------------------------------------------------------


def test_next_step_autoreset():
    env = PelletReachVectorEnv(2, timing=SHORT, autoreset_mode=AutoresetMode.NEXT_STEP)
    env.reset(seed=0)
    action = np.tile(REST_COMMAND, (2, 1))
    for k in range(1, 131):
        obs, reward, terminated, _, info = env.step(action)
        assert terminated.all() == (k in (60, 121)) and info["_outcome_code"].all()
    assert env.metadata["autoreset_mode"] == AutoresetMode.NEXT_STEP


def test_same_step_autoreset_keeps_the_last_observation():
    env = PelletReachVectorEnv(2, timing=SHORT, autoreset_mode="SameStep")
    first, _ = env.reset(seed=0)
    for k in range(1, 121):
        obs, _, terminated, _, info = env.step(np.tile(REST_COMMAND, (2, 1)))
        assert terminated.all() == (k % 60 == 0)
        if terminated.all():
            assert reachenv.OUTCOMES[info["final_info"]["outcome_code"][0]] == "no_reach"
            assert not np.array_equal(info["final_obs"], obs)


def test_disabled_autoreset_and_partial_resets():
    env = PelletReachVectorEnv(3, timing=SHORT, autoreset_mode=AutoresetMode.DISABLED)
    action = np.tile(REST_COMMAND, (3, 1))
    env.reset(seed=0)
    for _ in range(60):
        env.step(action)
    with pytest.raises(RuntimeError, match="reset"):
        env.step(action)
    env.reset(seed=1)
    for _ in range(30):
        env.step(action)
    env.reset(seed=[7, 8, 9], options={"reset_mask": np.array([False, True, False])})
    ends = [k for k in range(30) if env.step(action)[2].any()]
    assert ends == [29] and env.sim.time == pytest.approx([0.6, 0.3, 0.6])


# -- bad input -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kwargs", "says"),
    [
        ({"control": "mind"}, "spinal, muscle"),
        ({"timing": "fast"}, "compact, ghanayim2025"),
        ({"reward": "lots"}, "sparse, shaped, graded"),
        ({"num_envs": 0}, "at least 1"),
        ({"render_mode": "hologram"}, "rgb_array"),
    ],
)
def test_wrong_settings_say_what_is_allowed(kwargs, says):
    with pytest.raises(ValueError, match=says):
        PelletReachVectorEnv(**kwargs)


def test_nan_actions_are_refused_and_change_nothing():
    env = PelletReachVectorEnv(3, timing=SHORT)
    env.reset(seed=0)
    action = np.zeros((3, 5))
    action[1, 4] = np.nan
    before = env.qpos()
    with pytest.raises(ValueError, match="Action 4 of world 1 is nan"):
        env.step(action)
    assert np.array_equal(before, env.qpos())
    with pytest.raises(ValueError, match="shape"):
        env.step(np.zeros((3, 4)))


def test_step_before_reset_is_refused():
    with pytest.raises(RuntimeError, match="reset"):
        PelletReachVectorEnv(1).step(REST_COMMAND[None])


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"plate_shif_mm": 1}, "it knows"),
        ({"reset_mask": np.zeros(2)}, "at least one"),
        ({"perturbation": [reachenv.Perturbation()]}, "one for all or one for each"),
    ],
)
def test_wrong_reset_options_say_what_is_allowed(options, says):
    with pytest.raises(ValueError, match=says):
        PelletReachVectorEnv(2).reset(options=options)


def test_wrong_number_of_seeds():
    with pytest.raises(ValueError, match="2 seeds were given for 3 worlds"):
        PelletReachVectorEnv(3).reset(seed=[1, 2])
