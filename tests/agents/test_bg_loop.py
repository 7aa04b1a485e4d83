"""The loop as a stable-baselines3 algorithm, in a world of one that has no physics."""

import json
import zipfile

import gymnasium
import numpy as np
import pytest
from brain_world import N_OBS, senses, slices
from gymnasium import spaces
from gymnasium.vector import AutoresetMode, SyncVectorEnv
from stable_baselines3 import PPO
from stable_baselines3.common.callbacks import BaseCallback, EvalCallback
from stable_baselines3.common.evaluation import evaluate_policy
from stable_baselines3.common.vec_env import VecMonitor

from reachenv.agents.checkpoint import CheckpointError
from reachenv.agents.rl.bg_loop import BGLoop
from reachenv.agents.rl.sb3_env import PelletVecEnv

STEPS = 90


class Tiny(gymnasium.Env):
    """Fixed trials of 90 steps; a reward 20 steps before the end if the command is far enough from rest."""

    observation_space = spaces.Box(-5, 5, (N_OBS,), np.float32)
    action_space = spaces.Box(-1, 1, (5,), np.float32)
    sense_slices = slices()

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.step_count = 0
        return senses(0, 1)[0], {}

    def step(self, action):
        self.step_count += 1
        reward = float(self.step_count == STEPS - 20 and action[2] > 0)
        done = self.step_count == STEPS
        return senses(self.step_count, 1, action)[0], reward, done, False, {"is_success": True} if done else {}


class TinyVector(SyncVectorEnv):
    sense_slices = slices()


def worlds(n=2, mode=AutoresetMode.DISABLED):
    return TinyVector([Tiny] * n, autoreset_mode=mode)


def sb3(n=2):
    return VecMonitor(PelletVecEnv(worlds(n)))


@pytest.fixture(scope="module")
def model():
    model = BGLoop("LoopPolicy", sb3(), trials_per_session=2, interventions=["m1:2"], seed=3)
    return model.learn(3 * 2 * STEPS)


def test_adapter_shows_last_and_first_observation():
    env = PelletVecEnv(worlds())
    env.seed(1)
    first = env.reset()
    for _ in range(STEPS):
        obs, reward, done, infos = env.step(np.zeros((2, 5), np.float32))
    assert done.all() and np.array_equal(obs, first)
    for info in infos:
        assert info["TimeLimit.truncated"] is False and info["is_success"]
        assert not np.array_equal(info["terminal_observation"], first[0])
        assert not any(key.startswith("_") for key in info)


def test_adapter_gives_each_world_its_own_entries():
    env = PelletVecEnv(worlds())
    info = {
        "outcome": np.array(["success", None], object), "_outcome": np.array([True, False]), "free": np.array([3, 4]),
        "terms": {"eat": np.array([1.0, 2.0]), "touch": np.array([5.0, 6.0])}, "_terms": np.array([False, True]),
    }  # fmt: skip
    assert env._each(info) == [{"outcome": "success", "free": 3}, {"free": 4, "terms": {"eat": 2.0, "touch": 6.0}}]


def test_adapter_refuses_another_autoreset():
    with pytest.raises(ValueError, match="DISABLED"):
        PelletVecEnv(worlds(mode=AutoresetMode.NEXT_STEP))


def test_baselines_use_the_same_adapter():
    PPO("MlpPolicy", sb3(), n_steps=32, batch_size=32, n_epochs=1, device="cpu").learn(64)


def test_learning_counts_steps_trials_sessions(model):
    assert (model.num_timesteps, model.trials_done, model.loop.session) == (3 * 2 * STEPS, 3, 2)
    assert len(model.ep_info_buffer) == 6


def test_learning_ends_with_its_trial():
    model = BGLoop("LoopPolicy", sb3()).learn(1)
    assert model.num_timesteps == 2 * STEPS


def test_a_callback_can_stop_and_learning_goes_on():
    class Stop(BaseCallback):
        def _on_step(self):
            return self.n_calls < 50

    stopped = BGLoop("LoopPolicy", sb3()).learn(2 * 2 * STEPS, callback=Stop())
    assert stopped.num_timesteps == 100 and stopped.trials_done == 0
    stopped.learn(2 * 2 * STEPS - 100, reset_num_timesteps=False)
    straight = BGLoop("LoopPolicy", sb3()).learn(2 * 2 * STEPS)
    for name, value in straight.get_parameters()["mice"].items():
        assert np.array_equal(value, stopped.get_parameters()["mice"][name]), name


def test_usual_callbacks_work(tmp_path):
    model = BGLoop("LoopPolicy", sb3(), tensorboard_log=str(tmp_path))
    model.learn(2 * 2 * STEPS, callback=EvalCallback(sb3(), n_eval_episodes=2, eval_freq=STEPS, verbose=0))
    assert list(tmp_path.rglob("events.out.tfevents.*"))


def test_prediction_has_a_state_and_leaves_the_mice_alone(model):
    before = model.get_parameters()["mice"]
    obs = senses(0, 2)
    a, state = model.predict(obs, deterministic=True)
    later = senses(40, 2)
    b1, _ = model.predict(later, state, np.zeros(2, bool))
    b2, after = model.predict(later, state, np.zeros(2, bool))
    assert a.shape == (2, 5) and np.array_equal(b1, b2)
    c, _ = model.predict(later, after, np.zeros(2, bool))
    assert not np.array_equal(b1, c)  # activity went on
    assert all(np.array_equal(v, model.get_parameters()["mice"][k]) for k, v in before.items())


def test_prediction_takes_one_observation_and_more_worlds_than_mice(model):
    one, _ = model.predict(senses(0, 1)[0], deterministic=True)
    three, _ = model.predict(senses(0, 3), deterministic=True)
    assert one.shape == (5,) and np.array_equal(one, three[0]) and np.array_equal(three[0], three[2])


def test_evaluation_works(model):
    mean, _ = evaluate_policy(model, sb3(), n_eval_episodes=2)
    assert np.isfinite(mean)


def test_saved_and_loaded_mice_go_on_bit_by_bit(model, tmp_path):
    path = tmp_path / "mice"
    model.save(path)
    with zipfile.ZipFile(tmp_path / "mice.zip") as file:
        assert sorted(file.namelist()) == ["brain.json", "brain.safetensors"]
        json.loads(file.read("brain.json"))
    loaded = BGLoop.load(path, env=sb3())
    assert (loaded.loop.session, loaded.trials_done, loaded.interventions) == (2, 3, model.interventions)
    twin = BGLoop.load(path, env=sb3())
    loaded.learn(2 * STEPS, reset_num_timesteps=False)
    twin.learn(2 * STEPS, reset_num_timesteps=False)
    for name, value in loaded.get_parameters()["mice"].items():
        assert np.array_equal(value, twin.get_parameters()["mice"][name])
    assert loaded.num_timesteps == model.num_timesteps + 2 * STEPS


def test_a_file_that_is_not_ours_is_refused(tmp_path):
    path = tmp_path / "x.zip"
    path.write_bytes(b"not a zip")
    with pytest.raises(CheckpointError, match="not a zip file"):
        BGLoop.load(path)
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("data", "x")
    with pytest.raises(CheckpointError, match=r"expected brain\.safetensors and brain\.json"):
        BGLoop.load(path)
    with pytest.raises(CheckpointError, match="No such file"):
        BGLoop.load(tmp_path / "nobody.zip")


def test_wrong_numbers_are_refused():
    with pytest.raises(ValueError, match="trials_per_session is 0"):
        BGLoop("LoopPolicy", sb3(), trials_per_session=0)
    with pytest.raises(ValueError, match="3 mice and 2 worlds"):
        BGLoop("LoopPolicy", sb3(), mice=[1, 2, 3]).learn(10)


def test_interventions_of_the_loop_are_kept_with_the_trial_that_they_come_in(tmp_path):
    first = BGLoop("LoopPolicy", sb3(), trials_per_session=3, interventions=["gpi:1/2-3", "m1:2"], seed=3)
    first.learn(2 * 2 * STEPS).save(tmp_path / "mice")
    second = BGLoop.load(tmp_path / "mice", env=sb3())
    assert second.interventions == first.interventions and second.loop.trial == first.loop.trial == 2
    assert first.loop.taps()["gpi"].max() < 1e-6


def test_mice_saved_with_blocks_in_their_head_are_read(model, tmp_path):
    model.save(tmp_path / "new")
    with zipfile.ZipFile(tmp_path / "new.zip") as new, zipfile.ZipFile(tmp_path / "old.zip", "w") as old:
        head = json.loads(new.read("brain.json"))
        about = next(part for part in (head, *head.values()) if isinstance(part, dict) and "interventions" in part)
        assert about.pop("interventions") == ["m1:2"]
        about["blocks"] = ["m1:2@1"]
        del head["seal"]  # heads had none
        old.writestr("brain.json", json.dumps(head))
        old.writestr("brain.safetensors", new.read("brain.safetensors"))
    assert BGLoop.load(tmp_path / "old").interventions == model.interventions
