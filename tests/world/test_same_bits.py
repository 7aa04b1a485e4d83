"""Same seed, same bits: for any number of worlds, any number of threads, single or vector, in any process."""

import hashlib
import subprocess
import sys

import gymnasium
import numpy as np
import pytest

import reachenv
from reachenv.vector_env import PelletReachVectorEnv

QUICK = reachenv.Timing(tone=0.2, turn_lead=0.2, turn_time=0.2, response_window=1.0, total=1.2)
STEPS = 150  # one whole trial and the beginning of the next


def actions(world: int) -> np.ndarray:
    """Reaching movements with noise, the same for a world whatever stands beside it."""
    rng = np.random.default_rng(1000 + world)
    low = np.repeat(rng.uniform(-1, 1, (STEPS // 10, 5)), 10, axis=0)
    return np.clip(low + 0.1 * rng.standard_normal((STEPS, 5)), -1, 1)


def run(n: int, nthread: int, **kwargs):
    env = PelletReachVectorEnv(n, timing=QUICK, nthread=nthread, **kwargs)
    plan = np.stack([actions(i) for i in range(n)], axis=1)
    obs = [env.reset(seed=40)[0]]
    obs += [env.step(plan[k])[0] for k in range(STEPS)]
    return np.array(obs), env.qpos()


@pytest.fixture(scope="module")
def seven():
    return run(7, 1)


@pytest.mark.parametrize(("n", "nthread"), [(7, 2), (64, 1), (64, 2)])
def test_a_world_does_not_depend_on_its_neighbours_or_on_threads(seven, n, nthread):
    obs, qpos = run(n, nthread)
    assert np.array_equal(obs[:, :7], seven[0])
    assert np.array_equal(qpos[:7], seven[1])


def test_a_world_does_not_depend_on_neighbours_that_began_later():
    """World 1 begins anew in the middle of the others' trials, and later than world 2: turns of the plate overlap or not."""
    later = {20: 1, 55: 2, 75: 1}
    env = PelletReachVectorEnv(3, timing=QUICK, autoreset_mode="Disabled")
    plan = np.stack([actions(i) for i in range(3)], axis=1)
    env.reset(seed=40)
    together = []
    for k in range(115):
        if k in later:
            env.reset(options={"reset_mask": np.arange(3) == later[k]})
        together.append(env.step(plan[k])[0])
    for world in range(3):
        alone = PelletReachVectorEnv(1, timing=QUICK, autoreset_mode="Disabled")
        alone.reset(seed=40 + world)
        for k in range(115):
            if later.get(k) == world:
                alone.reset()
            obs = alone.step(actions(world)[k][None])[0]
            assert np.array_equal(obs[0], together[k][world]), (world, k)
        assert np.array_equal(alone.qpos()[0], env.qpos()[world])


@pytest.mark.parametrize("world", [0, 3, 6])
def test_the_single_environment_is_the_same_world(seven, world):
    env = gymnasium.make(reachenv.ENV_ID, timing=QUICK)
    plan = actions(world)
    obs = [env.reset(seed=40 + world)[0]]
    for k in range(STEPS):
        if len(obs) == 121:  # the vector environment resets itself on the step after the end
            obs.append(env.reset()[0])
        else:
            obs.append(env.step(plan[k])[0])
    assert np.array_equal(np.array(obs), seven[0][:, world])


def test_another_process_gets_the_same_bits(seven):
    code = "import sys; sys.path.insert(0, sys.argv[1]); import test_same_bits as t, hashlib; "
    code += "print(hashlib.sha256(t.run(7, 2)[0].tobytes()).hexdigest())"
    out = subprocess.run(
        [sys.executable, "-c", code, str(__import__("pathlib").Path(__file__).parent)], capture_output=True, text=True
    )
    assert out.returncode == 0, out.stderr
    assert out.stdout.split()[-1] == hashlib.sha256(seven[0].tobytes()).hexdigest()


def test_another_seed_gets_other_bits(seven):
    env = PelletReachVectorEnv(7, timing=QUICK)
    assert not np.array_equal(env.reset(seed=41)[0], seven[0][0])


def test_noise_and_delay_belong_to_the_world():
    nerves = reachenv.Nerves(delay_s={"pellet": 0.05}, noise={"muscle_length": 0.1})
    few, many = run(2, 1, nerves=nerves), run(5, 1, nerves=nerves)
    assert np.array_equal(few[0], many[0][:, :2])
    assert not np.array_equal(few[0], run(2, 1)[0])
