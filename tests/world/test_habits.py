"""What people try first with a Gymnasium environment works as they know it from others."""

import copy
import pickle
import warnings

import gymnasium
import numpy as np
import pytest
from gymnasium import wrappers
from gymnasium.vector import AsyncVectorEnv, SyncVectorEnv

import reachenv
from reachenv import gl
from reachenv.drawing import window
from reachenv.sim import REST_COMMAND
from reachenv.vector_env import PelletReachVectorEnv

SHORT = reachenv.Timing(tone=0.3, turn_lead=0.3, turn_time=0.2, response_window=0.3, total=0.6)
STEPS = SHORT.steps


def reach(env, seed, steps=20, **reset):
    """Observations of a seeded walk of actions, after a seeded reset."""
    rng = np.random.default_rng(5)
    out = [env.reset(seed=seed, **reset)[0]]
    return np.array(out + [env.step(rng.uniform(-1, 1, 5))[0] for _ in range(steps)])


# -- making ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["sync", "async", "vector_entry_point"])
def test_every_way_of_vectorising_gives_the_same_worlds(mode):
    envs = gymnasium.make_vec(reachenv.ENV_ID, num_envs=2, vectorization_mode=mode, timing=SHORT)
    kind = {"sync": SyncVectorEnv, "async": AsyncVectorEnv, "vector_entry_point": PelletReachVectorEnv}[mode]
    assert isinstance(envs.unwrapped, kind)
    obs, _ = envs.reset(seed=7)
    walk = np.random.default_rng(0).uniform(-1, 1, (STEPS, 2, 5)).astype(np.float32)
    for action in walk:
        obs, reward, terminated, truncated, info = envs.step(action)
    envs.close()
    alone = gymnasium.make(reachenv.ENV_ID, timing=SHORT)
    alone.reset(seed=8)
    for action in walk[:, 1]:
        *single, last = alone.step(action)
    assert np.array_equal(obs[1], single[0]) and terminated.all() and single[2]
    assert info["outcome_code"][1] == last["outcome_code"] and info["_outcome_code"].all()


def test_a_spec_as_json_makes_the_same_environment():
    nerves = reachenv.Nerves(delay_s={"pellet": 0.05}, noise={"touch": 0.1})
    env = gymnasium.make(reachenv.ENV_ID, timing=SHORT, nerves=nerves, reward="shaped")
    again = gymnasium.make(gymnasium.envs.registration.EnvSpec.from_json(env.spec.to_json()))
    assert again.unwrapped.timing == SHORT
    assert np.array_equal(reach(env, 3), reach(again, 3))


def test_wrappers_stack():
    env = gymnasium.make(reachenv.ENV_ID, timing=SHORT)
    for wrap in (
        wrappers.ClipAction,
        wrappers.NormalizeObservation,
        wrappers.NormalizeReward,
        wrappers.RecordEpisodeStatistics,
    ):
        env = wrap(env)
    env = wrappers.FrameStackObservation(env, 3)
    assert env.reset(seed=0)[0].shape == (3, 55)
    env.action_space.seed(0)
    for _ in range(STEPS):
        *_, info = env.step(env.action_space.sample())
    assert info["episode"]["l"] == STEPS and env.unwrapped.outcome in reachenv.OUTCOMES


def test_vector_wrappers_stack():
    envs = gymnasium.make_vec(reachenv.ENV_ID, num_envs=3, timing=SHORT)
    envs = wrappers.vector.RecordEpisodeStatistics(envs)
    envs = wrappers.vector.NormalizeReward(wrappers.vector.NormalizeObservation(wrappers.vector.ClipAction(envs)))
    envs.reset(seed=0)
    for _ in range(STEPS):
        *_, info = envs.step(3 * envs.action_space.sample())
    assert (info["episode"]["l"] == STEPS).all()


def test_a_time_limit_truncates():
    env = gymnasium.make(reachenv.ENV_ID, max_episode_steps=10)
    env.reset(seed=0)
    ends = [env.step(REST_COMMAND)[2:4] for _ in range(10)]
    assert ends[-1] == (False, True) and not any(truncated for _, truncated in ends[:-1])


# -- copies ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "copied", [copy.deepcopy, lambda env: pickle.loads(pickle.dumps(env))], ids=["deepcopy", "pickle"]
)
def test_a_copy_has_the_settings_the_mouse_and_the_luck_to_come(copied):
    env = gymnasium.make(reachenv.ENV_ID, timing=SHORT, reward="shaped")
    env.unwrapped.set_body(reachenv.BodyVariation(humerus=1.05))
    env.reset(seed=3)
    twin = copied(env)
    assert twin.spec == env.spec and twin.unwrapped.timing == SHORT
    assert np.array_equal(reach(twin, None), reach(env, None))  # both go on with the random numbers of seed 3
    other = gymnasium.make(reachenv.ENV_ID, timing=SHORT, reward="shaped")
    assert not np.array_equal(reach(twin, 4), reach(other, 4))  # another mouse


def test_vector_environments_copy_too():
    envs = gymnasium.make_vec(reachenv.ENV_ID, num_envs=2, timing=SHORT)
    envs.reset(seed=1)
    twin, action = pickle.loads(pickle.dumps(envs)), np.tile(REST_COMMAND, (2, 1))
    assert np.array_equal(twin.step(action)[0], envs.step(action)[0])  # the trial goes on
    assert np.array_equal(twin.reset()[0], envs.reset()[0])


# -- seeds and options -----------------------------------------------------------------------------------------------


def test_a_seed_repeats_a_trial_and_no_seed_goes_on():
    env = gymnasium.make(reachenv.ENV_ID)
    first, again, next_one = reach(env, 11), reach(env, 11), reach(env, None)
    assert np.array_equal(first, again) and not np.array_equal(first, next_one)


def test_options_of_reset_hold_for_one_trial():
    env = gymnasium.make(reachenv.ENV_ID)
    pellet = env.unwrapped.sense_slices["pellet"]
    usual = reach(env, 2, 1)[0][pellet]
    shifted = reach(env, 2, 1, options={"plate_shift_mm": (2.0, 0.0, 0.0)})[0][pellet]
    assert shifted - usual == pytest.approx([0, 0.2, 0, 0], abs=1e-6)  # sensed in cm
    assert np.array_equal(reach(env, 2, 1)[0][pellet], usual)
    with pytest.raises(ValueError, match="plate_shift_mm"):
        env.reset(options={"plate_shift": 1})


def test_spaces_are_seeded_by_hand_as_everywhere():
    a, b = (gymnasium.make(reachenv.ENV_ID).action_space for _ in range(2))
    a.seed(1), b.seed(1)
    assert np.array_equal(a.sample(), b.sample())


# -- pictures --------------------------------------------------------------------------------------------------------


def test_human_without_a_screen_says_so_when_it_is_made(monkeypatch):
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    monkeypatch.setattr(window.sys, "platform", "linux")
    with pytest.raises(gl.NoGLError, match=r'no screen here .* use render_mode="rgb_array"'):
        window.check_screen(environ={}, platform="linux")
    window.check_screen(environ={"DISPLAY": ":0"}, platform="linux")
    window.check_screen(environ={}, platform="darwin")


def test_human_follows_every_step_and_render_returns_nothing(monkeypatch):
    shown, closed = [], []

    class Watched:
        def __init__(self, fps):
            assert fps == 100

        def show(self, qpos):
            shown.append(qpos)

        def close(self):
            closed.append(True)

    monkeypatch.setattr("reachenv.vector_env.Window", Watched)
    monkeypatch.setattr("reachenv.vector_env.check_screen", lambda: None)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        env = gymnasium.make(reachenv.ENV_ID, render_mode="human")
    env.reset(seed=0)
    for _ in range(5):
        env.step(REST_COMMAND)
    assert len(shown) == 6 and np.array_equal(shown[-1], env.unwrapped.qpos())
    assert env.render() is None
    env.close(), env.close()
    assert closed == [True]


def test_a_list_of_pictures_and_a_video_wrapper_are_accepted():
    env = gymnasium.make(reachenv.ENV_ID, render_mode="rgb_array_list", timing=SHORT)
    assert env.render_mode == "rgb_array_list"


def test_a_reset_of_some_worlds_leaves_what_nerves_bring_in_the_others():
    nerves = reachenv.Nerves(noise={"muscle_length": 0.1})
    worlds = gymnasium.make_vec(
        "reachenv/PelletReach-v0", num_envs=2, nerves=nerves, autoreset_mode=gymnasium.vector.AutoresetMode.DISABLED
    )
    worlds.reset(seed=3)
    before, *_ = worlds.step(np.zeros((2, 5)))
    after, _ = worlds.reset(options={"reset_mask": np.array([True, False])})
    assert np.array_equal(after[1], before[1]) and not np.array_equal(after[0], before[0])
    worlds.close()
