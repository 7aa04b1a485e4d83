"""One shape of info at every step, and the tools of others that depend on it."""

import gymnasium
import numpy as np
import pytest
from gymnasium.utils.env_checker import data_equivalence
from gymnasium.utils.env_match import check_environments_match
from gymnasium.vector import AutoresetMode

import reachenv

SHORT = reachenv.Timing(tone=0.2, turn_lead=0.2, turn_time=0.2, response_window=0.02, total=0.24)
STEPS = SHORT.steps


def types(info):
    return {name: (type(v), np.asarray(v).dtype, np.shape(v)) for name, v in info.items()}


@pytest.mark.parametrize("reward", ["sparse", "shaped", "graded"])
def test_info_has_one_shape_at_reset_and_at_every_step(reward):
    env = gymnasium.make(reachenv.ENV_ID, timing=SHORT, reward=reward)
    _, first = env.reset(seed=0)
    env.action_space.seed(0)
    for _ in range(STEPS):
        _, paid, terminated, _, info = env.step(env.action_space.sample())
        assert types(info) == types(first)
        assert not any(np.isnan(np.asarray(v, float)).any() for v in info.values())
    assert terminated and reachenv.OUTCOMES[info["outcome_code"]] == env.unwrapped.outcome
    terms = [v for name, v in info.items() if name.startswith("reward_")]
    assert (sum(terms) == pytest.approx(paid)) if reward != "sparse" else not terms


def test_what_has_happened_so_far_is_there_at_once():
    from reachenv.demonstrator import Script, commands
    from reachenv.sim import REST_COMMAND

    env = reachenv.PelletReachEnv()
    env.reset(seed=3)
    seen = []
    for step in range(400):
        time = step * 0.01 - 1.0
        *_, info = env.step(commands(Script(), time, np.zeros((1, 3)))[0] if time >= 0 else REST_COMMAND)
        seen.append((info["lift_time"], info["grab_time"], info["chew_time"], bool(info["is_success"])))
    now = np.arange(1, 401) * 0.01
    for k in range(3):
        times = np.array([s[k] for s in seen])
        assert np.isinf(times).any() and np.isfinite(times[-1])
        assert (np.isfinite(times) == (now >= times[-1] - 1e-9)).all()  # from the step in which it happens
    assert seen[-1][3] and env.outcome == "success"


@pytest.mark.parametrize("mode", AutoresetMode)
@pytest.mark.parametrize("reward", ["sparse", "shaped"])
def test_native_info_is_that_of_gymnasiums_own_vectoriser(mode, reward):
    given = {"num_envs": 2, "timing": SHORT, "reward": reward}
    ours = gymnasium.make_vec(reachenv.ENV_ID, autoreset_mode=mode, **given)
    theirs = gymnasium.make_vec(
        reachenv.ENV_ID, vectorization_mode="sync", vector_kwargs={"autoreset_mode": mode}, **given
    )
    assert data_equivalence(ours.reset(seed=4)[1], theirs.reset(seed=4)[1])
    rng = np.random.default_rng(0)
    for step in range(STEPS if mode == AutoresetMode.DISABLED else 2 * STEPS + 2):
        action = rng.uniform(-1, 1, (2, 5)).astype(np.float32)
        mine, other = (envs.step(action) for envs in (ours, theirs))
        for a, b in zip(mine[:4], other[:4], strict=True):
            assert np.array_equal(a, b)
        mine[4].pop("final_obs", None), other[4].pop("final_obs", None)  # theirs is an array of objects
        assert data_equivalence(mine[4], other[4]), step
    alone = {"reset_mask": np.array([False, True])}
    assert data_equivalence(ours.reset(options=dict(alone))[1].keys(), theirs.reset(options=dict(alone))[1].keys())


@pytest.mark.parametrize("reward", ["sparse", "shaped"])
def test_gymnasium_finds_two_environments_equal_with_their_info(reward):
    a, b = (gymnasium.make(reachenv.ENV_ID, timing=SHORT, reward=reward) for _ in range(2))
    check_environments_match(a, b, num_steps=2 * STEPS, seed=1, info_comparison="equivalence")


@pytest.mark.parametrize("reward", ["sparse", "shaped"])
def test_minari_records_info(reward, tmp_path, monkeypatch):
    pytest.importorskip("jax", reason="minari[create] is not installed")
    minari = pytest.importorskip("minari")
    monkeypatch.setenv("MINARI_DATASETS_PATH", str(tmp_path))
    env = minari.DataCollector(gymnasium.make(reachenv.ENV_ID, timing=SHORT, reward=reward), record_infos=True)
    for seed in range(2):
        env.reset(seed=seed)
        for _ in range(STEPS):
            env.step(env.action_space.sample())
    kept = env.create_dataset("reach/test-v0", algorithm_name="chance", description="", author="")
    episode = kept[0]
    assert episode.infos["grab_time"].shape == (STEPS + 1,) and episode.infos["endpoint"].shape == (STEPS + 1, 3)


@pytest.mark.parametrize("reward", ["sparse", "shaped"])
def test_torchrl_registers_info(reward):
    envs = pytest.importorskip("torchrl.envs", reason="torchrl is not installed")
    env = envs.GymWrapper(gymnasium.make(reachenv.ENV_ID, timing=SHORT, reward=reward)).auto_register_info_dict()
    seen = env.rollout(STEPS)["next"]
    assert seen["grab_time"].shape == (STEPS,) and seen["is_success"].dtype.is_floating_point is False
