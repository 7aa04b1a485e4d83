"""What `reset`, `step` and `make` are given: what is allowed works, anything else is refused in one sentence that says so."""

import datetime
import json

import gymnasium
import numpy as np
import pytest
from gymnasium import wrappers
from gymnasium.vector import AutoresetMode

import reachenv
from reachenv.vector_env import PelletReachVectorEnv

SHORT = reachenv.Timing(tone=0.2, turn_lead=0.2, turn_time=0.2, response_window=0.02, total=0.24)
STEPS = SHORT.steps


@pytest.fixture(scope="module")
def worlds():
    env = PelletReachVectorEnv(2, timing=SHORT)
    env.reset(seed=0)
    return env


@pytest.fixture(scope="module")
def single():
    env = reachenv.PelletReachEnv(timing=SHORT)
    env.reset(seed=0)
    return env


def says(error):
    text = str(error.value)
    assert text.endswith(".") and "\n" not in text and len(text) < 300
    return text


@pytest.mark.parametrize(
    ("options", "allowed"),
    [
        ({"plate_shift_mm": 2.0}, "three numbers"),
        ({"plate_shift_mm": "abc"}, "three numbers"),
        ({"plate_shift_mm": (1.0, None, 0.0)}, "three numbers"),
        ({"plate_shift_mm": {"x": 1}}, "three numbers"),
        ({"plate_shift_mm": np.zeros((3, 3))}, "three numbers"),
        ({"command_rotation_deg": "30"}, "a number between -90"),
        ({"command_rotation_deg": (1, 2)}, "a number between -90"),
        ({"force_field": 1j}, "a number between -0.3"),
        ({"pellet_scale": None}, "a number between 0.6"),
        ({"pellet_friction": True}, "a number between 0.2"),
        ({"perturbation": {"pellet_scale": 1.2}}, "reachenv.Perturbation"),
        ({"perturbation": "none"}, "reachenv.Perturbation"),
        ({"perturbation": 3}, "reachenv.Perturbation"),
        ({3: 4}, "it knows"),
        ({"reset_mask": "ab"}, "one bool for each"),
        ({"reset_mask": [[True], [False, True]]}, "one bool for each"),
        ({"reset_mask": True}, "one bool for each"),
        ({"reset_mask": [2, 0]}, "one bool for each"),
        (["plate_shift_mm"], "a mapping"),
        ("fast", "a mapping"),
        (3, "a mapping"),
    ],
)
def test_wrong_options_say_what_is_allowed(worlds, single, options, allowed):
    for env in (worlds, single):
        with pytest.raises(ValueError, match=allowed) as error:
            env.reset(options=options)
        says(error)


@pytest.mark.parametrize(
    "seed", [[1.5, 2], "12", b"12", {0: 1, 1: 2}, 1.5, -1, [1, -2], True, 2j, {1, 2}, np.ones((2, 2))]
)
def test_wrong_seeds_are_refused(worlds, single, seed):
    with pytest.raises(ValueError, match="seed") as error:
        worlds.reset(seed=seed)
    says(error)
    with pytest.raises(ValueError, match="seed"):
        single.reset(seed=seed)


def test_seeds_of_every_allowed_kind_are_the_same_seeds(worlds):
    first, _ = worlds.reset(seed=7)
    for seed in ([7, 8], (7, 8), np.array([7, 8]), np.int64(7), range(7, 9)):
        assert np.array_equal(worlds.reset(seed=seed)[0], first)


def test_the_seed_that_reset_was_given_can_be_asked_for(worlds, single):
    worlds.reset(seed=7)
    assert worlds.np_random_seed == 7
    worlds.reset()
    assert worlds.np_random_seed == 7  # they go on with its numbers
    worlds.reset(seed=[5, None])
    assert worlds.np_random_seed == (5, 8)
    single.reset(seed=3)
    assert single.np_random_seed == 3 and worlds.world(1).np_random_seed == 8
    before = single.np_random.bit_generator.state
    single.reset()
    assert single.np_random.bit_generator.state != before  # these are the numbers that trials draw from
    assert isinstance(reachenv.PelletReachEnv(timing=SHORT).np_random_seed, int)


BAD_ACTIONS = {
    "text": np.full((2, 5), "0.5"),
    "complex": np.zeros((2, 5), complex),
    "date": np.full((2, 5), np.datetime64("2026-01-01")),
    "duration": np.full((2, 5), np.timedelta64(1, "s")),
    "object": np.full((2, 5), None),
    "dates": [[datetime.date(2026, 1, 1)] * 5] * 2,
    "ragged": [[0.0] * 5, [0.0] * 4],
    "mapping": {"x": 1.0},
    "records": np.zeros((2, 5), [("x", float)]),
}


@pytest.mark.parametrize("kind", BAD_ACTIONS)
def test_actions_that_are_no_numbers_are_refused(worlds, single, kind):
    worlds.reset(seed=0)
    before = worlds.qpos()
    with pytest.raises(ValueError, match="numbers") as error:
        worlds.step(BAD_ACTIONS[kind])
    says(error)
    assert np.array_equal(worlds.qpos(), before)
    bad = BAD_ACTIONS[kind]
    with pytest.raises(ValueError, match="numbers"):
        single.step(bad if kind in ("mapping", "ragged") else bad[0])


@pytest.mark.parametrize("kind", [np.float16, np.float64, np.int8, bool, list])
def test_numbers_of_any_kind_are_actions(worlds, kind):
    worlds.reset(seed=0)
    zeros = np.zeros((2, 5)).tolist() if kind is list else np.zeros((2, 5), kind)
    assert np.isfinite(worlds.step(zeros)[0]).all()


def test_bodies_of_another_type_are_refused(worlds):
    with pytest.raises(ValueError, match="BodyVariation") as error:
        worlds.set_bodies([1.05, 1.0])
    says(error)


# -- specs and metadata ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("timing", "steps"), [("compact", 400), ("ghanayim2025", 1200), (SHORT, STEPS)])
def test_the_spec_knows_how_long_a_trial_is(timing, steps):
    assert gymnasium.make(reachenv.ENV_ID, timing=timing).spec.max_episode_steps == steps
    assert gymnasium.make_vec(reachenv.ENV_ID, num_envs=2, timing=timing).spec.max_episode_steps == steps


def test_time_can_be_made_a_sense():
    env = wrappers.TimeAwareObservation(gymnasium.make(reachenv.ENV_ID, timing=SHORT))
    env.reset(seed=0)
    ends = [env.step(np.zeros(5, np.float32))[2:4] for _ in range(STEPS)]
    assert ends[-1] == (True, False) and not any(map(any, ends[:-1]))  # no limit of gymnasium's cuts it short


@pytest.mark.parametrize("kind", ["vector_entry_point", "sync"])
@pytest.mark.parametrize("mode", [AutoresetMode.NEXT_STEP, AutoresetMode.SAME_STEP])
def test_a_limit_of_steps_truncates_however_worlds_are_vectorised(kind, mode):
    given = {"vector_kwargs": {"autoreset_mode": mode}} if kind == "sync" else {"autoreset_mode": mode}
    envs = gymnasium.make_vec(
        reachenv.ENV_ID, num_envs=2, vectorization_mode=kind, timing=SHORT, max_episode_steps=5, **given
    )
    envs.reset(seed=0)
    late = mode == AutoresetMode.NEXT_STEP
    for step in range(1, 12):
        _, _, terminated, truncated, info = envs.step(np.zeros((2, 5), np.float32))
        assert not terminated.any() and truncated.all() == (step in ((5, 11) if late else (5, 10))), step
        assert ("final_info" in info) == (truncated.all() and not late)


@pytest.mark.parametrize("steps", [0, -2, 2.5, "5"])
def test_other_limits_are_refused(steps):
    with pytest.raises(ValueError, match="max_episode_steps") as error:
        PelletReachVectorEnv(1, max_episode_steps=steps)
    says(error)


@pytest.mark.parametrize("mode", [*AutoresetMode, "SameStep"])
def test_a_vector_spec_becomes_json_and_makes_the_same_worlds(mode):
    envs = gymnasium.make_vec(reachenv.ENV_ID, num_envs=2, timing=SHORT, autoreset_mode=mode)
    text = envs.spec.to_json()
    assert json.loads(text)["id"] == reachenv.ENV_ID
    again = gymnasium.make_vec(gymnasium.envs.registration.EnvSpec.from_json(text))
    assert again.unwrapped.autoreset_mode == AutoresetMode(mode) and again.unwrapped.timing == SHORT
    assert np.array_equal(again.reset(seed=3)[0], envs.reset(seed=3)[0])


def test_threads_are_taken_by_worlds_that_gymnasium_vectorises():
    envs = gymnasium.make_vec(reachenv.ENV_ID, num_envs=2, nthread=2, vectorization_mode="sync", timing=SHORT)
    native = gymnasium.make_vec(reachenv.ENV_ID, num_envs=2, nthread=2, timing=SHORT)
    assert np.array_equal(envs.reset(seed=0)[0], native.reset(seed=0)[0])


def test_an_autoreset_mode_in_the_wrong_place_says_where_it_belongs():
    with pytest.raises(ValueError, match="vector_kwargs") as error:
        gymnasium.make_vec(
            reachenv.ENV_ID, num_envs=2, vectorization_mode="sync", autoreset_mode=AutoresetMode.DISABLED
        )
    says(error)
    with pytest.raises(ValueError, match="make_vec"):
        gymnasium.make(reachenv.ENV_ID, num_envs=2)


def test_each_environment_has_metadata_of_its_own():
    a, b = (reachenv.PelletReachEnv(timing=SHORT) for _ in range(2))
    a.metadata["render_fps"] = 1
    a.metadata["render_modes"].append("x")
    assert b.metadata == reachenv.PelletReachEnv.metadata == {"render_modes": ["human", "rgb_array"], "render_fps": 100}
    one, other = (PelletReachVectorEnv(1, timing=SHORT) for _ in range(2))
    one.metadata["render_modes"].append("x")
    assert other.metadata["render_modes"] == ["human", "rgb_array"]
