"""The adapter for stable-baselines3: each world as if it were a single environment, films at the right speed, help for `predict`."""

import pickle
import sys
import types

import gymnasium
import numpy as np
import pytest
from gymnasium.vector import AutoresetMode
from stable_baselines3 import PPO
from stable_baselines3.common.vec_env import VecVideoRecorder

import reachenv
from reachenv.agents.rl import baselines, store
from reachenv.agents.rl.sb3_env import PelletVecEnv
from reachenv.agents.rl.strides import StridingVecEnv

SHORT = reachenv.Timing(tone=0.2, turn_lead=0.2, turn_time=0.2, response_window=0.02, total=0.24)


def adapter(kind="vector_entry_point", n=3, **kwargs):
    off = AutoresetMode.DISABLED
    given = {"autoreset_mode": off} if kind == "vector_entry_point" else {"vector_kwargs": {"autoreset_mode": off}}
    return PelletVecEnv(
        gymnasium.make_vec(reachenv.ENV_ID, n, vectorization_mode=kind, timing=SHORT, **given, **kwargs)
    )


@pytest.mark.parametrize("kind", ["vector_entry_point", "sync"])
def test_each_world_can_be_addressed(kind):
    env = adapter(kind)
    env.seed(4)
    usual = env.reset()
    env.env_method("set_body", reachenv.BodyVariation(humerus=1.1), indices=[1])
    env.seed(4)
    changed = env.reset()
    assert [np.array_equal(a, b) for a, b in zip(usual, changed, strict=True)] == [True, False, True]
    poses = env.env_method("qpos", indices=[2, 0])
    assert len(poses) == 2 and not np.array_equal(*poses) and poses[0].ndim == 1
    assert np.array_equal(poses[1], env.env_method("qpos")[0])
    assert env.get_attr("fallen", [1]) == [False] and env.get_attr("np_random_seed", [2, 1]) == [6, 5]
    assert [box.shape for box in env.get_attr("observation_space", 0)] == [(55,)]
    assert env.get_attr("outcome", [0]) == ["no_reach"]
    env.set_attr("note", "mine", indices=[1])
    assert env.get_attr("note", [1]) == ["mine"]
    with pytest.raises(AttributeError):
        env.get_attr("note", [0])
    with pytest.raises(AttributeError):
        env.env_method("no_such_method")
    env.close()


def test_what_worlds_share_is_theirs_together():
    env = adapter()
    assert env.get_attr("timing") == [SHORT] * 3
    assert [len(m) for m in env.env_method("muscle_activation", indices=[0, 1])] == [17, 17]
    with pytest.raises(ValueError, match="all 3 worlds together"):
        env.env_method("set_bodies", [reachenv.BodyVariation()] * 3, indices=[0])
    with pytest.raises(ValueError, match="all 3 worlds together"):
        env.set_attr("render_mode", None, indices=[0])
    env.env_method("set_bodies", [reachenv.BodyVariation(strength=s) for s in (0.9, 1.0, 1.1)])


def test_one_world_begins_anew_alone():
    env = adapter(n=2)
    env.seed(1)
    env.reset()
    env.step(np.zeros((2, 5), np.float32))
    before = env.env_method("qpos")
    env.env_method("reset", seed=9, indices=[1])
    after = env.env_method("qpos")
    assert np.array_equal(before[0], after[0]) and not np.array_equal(before[1], after[1])
    assert env.get_attr("np_random_seed") == [1, 9]


def test_a_film_runs_at_the_speed_of_life(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "moviepy", types.ModuleType("moviepy"))  # asked for when made, used when it writes
    record = {"video_folder": str(tmp_path), "record_video_trigger": lambda step: False}
    env = adapter(render_mode="rgb_array")
    assert VecVideoRecorder(env, **record).frames_per_sec == 100
    strides = StridingVecEnv(adapter(render_mode="rgb_array"), repeat=4, stride=0.3)
    assert VecVideoRecorder(strides, **record).frames_per_sec == 25  # a picture a decision


def test_a_published_agent_says_how_it_is_to_be_shown_the_senses(tmp_path):
    worlds = adapter(n=2)
    agent = baselines.make("ppo", worlds)
    store.save(agent, tmp_path / "agent.zip")
    agent = store.load(tmp_path / "agent.zip", worlds)
    assert isinstance(agent, PPO) and type(agent).__name__ == "PPO"
    assert pickle.loads(pickle.dumps(type(agent))) is type(agent)
    plain = np.zeros((2, 55), np.float32)
    for obs in (plain, plain[0]):
        with pytest.raises(ValueError, match="worlds_to_test") as error:
            agent.predict(obs)
        assert "55" in str(error.value) and "\n" not in str(error.value)
    tested = baselines.worlds_to_test(agent, "ppo", adapter(n=1))
    action, _ = agent.predict(tested.reset(), deterministic=True)
    assert action.shape == (1, 5)
