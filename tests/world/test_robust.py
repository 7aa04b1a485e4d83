"""Whatever the action, physics stays finite, nothing passes through anything unnoticed, and every trial ends."""

import mujoco
import numpy as np
import pytest

from reachenv import Timing
from reachenv.demonstrator import Script, commands
from reachenv.sim import REST_COMMAND
from reachenv.vector_env import PelletReachVectorEnv

CONTROLS = ("spinal", "muscle")
QUICK = Timing(tone=0.3, turn_lead=0.3, turn_time=0.2, response_window=1.2, total=1.5)


def policy(kind: str, rng: np.random.Generator, step: int, shape) -> np.ndarray:
    if kind == "random":
        return rng.uniform(-1, 1, shape)
    if kind == "constant":
        return np.full(shape, 0.3)
    if kind == "extreme":
        return np.sign(rng.standard_normal(shape)) * 1e6  # far outside, and clipped
    flip = np.ones(shape)  # bang-bang, each channel at its own rate
    flip[..., (step // 3 + np.arange(shape[1])) % 2 == 0] = -1
    return flip


def hammer(control: str, kind: str, steps: int, n: int, timing="compact") -> dict:
    env = PelletReachVectorEnv(n, control=control, timing=timing)
    obs, _ = env.reset(seed=0)
    rng = np.random.default_rng(1)
    ended = 0
    for step in range(steps):
        obs, reward, terminated, _, _ = env.step(policy(kind, rng, step, (n, env.sim.action_size)))
        ended += int(terminated.sum())
        assert np.isfinite(obs).all() and np.isfinite(reward).all()
        assert np.isfinite(env.sim._qpos).all() and np.isfinite(env.sim._qvel).all()
    assert not env.sim.batch.warning[:, :, 1].any(), "MuJoCo warned"
    return {"ended": ended}


@pytest.mark.parametrize("control", CONTROLS)
@pytest.mark.parametrize("kind", ["random", "constant", "extreme", "bang-bang"])
def test_no_action_breaks_the_world(control, kind):
    assert hammer(control, kind, 320, 8, QUICK)["ended"] == 16


@pytest.mark.long
@pytest.mark.parametrize("control", CONTROLS)
@pytest.mark.parametrize("kind", ["random", "constant", "extreme", "bang-bang"])
def test_200_000_steps(control, kind):
    """Eight policies of 25,000 world steps each in either control: 200,000 in all."""
    hammer(control, kind, 25_000 // 16, 16)


def deepest(env) -> float:
    """Deepest penetration [mm] of any contact in any world now."""
    worst = 0.0
    for i in range(env.num_envs):
        data = env.sim.batch.get_data(i)
        mujoco.mj_forward(env.sim.batch.get_model(i), data)
        worst = max([worst, *(-c.dist for c in data.contact)])
    return worst


@pytest.mark.parametrize("control", CONTROLS)
def test_nothing_tunnels_under_slamming_muscles(control):
    env = PelletReachVectorEnv(8, control=control, timing=QUICK)
    env.reset(seed=0)
    rng = np.random.default_rng(0)
    worst = 0.0
    for step in range(140):
        if step % 5 == 0:
            action = np.sign(rng.standard_normal((8, env.sim.action_size)))
        env.step(action)
        worst = max(worst, deepest(env))
    # The paw slams at over 1 m/s, 1 mm in a physics step; the thinnest obstacle, the cup, is 2.5 mm across.
    assert worst < 1.0


def test_a_reach_presses_into_nothing():
    env = PelletReachVectorEnv(2)
    env.reset(seed=0)
    worst = 0.0
    for step in range(200):
        env.step(
            commands(Script(reach_s=0.12), step * 0.01 - 1.0, np.zeros((2, 3)))
            if step >= 100
            else np.tile(REST_COMMAND, (2, 1))
        )
        worst = max(worst, deepest(env))
    assert worst < 0.2  # half the radius of a finger


def test_the_hand_on_plate_and_head_is_noticed():
    env = PelletReachVectorEnv(2, timing=QUICK)
    env.reset(seed=0)
    down_on_plate, into_head = [0.6, 0.3, -1.0, 1.0, 0.0], [-0.55, 0.4, 1.0, 1.0, 0.0]
    for _ in range(100):
        env.step(np.array([[0.6, 0.3, 0.5, 1.0, 0.0], into_head]))
    for _ in range(50):
        *_, info = env.step(np.array([down_on_plate, into_head]))
    assert list(info["plate_contact"]) == [True, False] and list(info["head_contact"]) == [False, True]
    assert env.sim.measure().grip[0, 2] > -14.0  # stopped by the plate, which lies at -13.6 mm


def test_a_lost_pellet_falls_and_the_trial_goes_on():
    env = PelletReachVectorEnv(1, timing=QUICK)
    env.reset(seed=0)
    env.sim._qvel[:, env.sim.index.pellet_dofs.start] = 500.0
    for _ in range(150):
        _, _, terminated, _, info = env.step(np.zeros((1, 5)))
    assert terminated[0] and not info["is_success"][0]
    assert env.sim.pellet()[0, 2] > -32.0


@pytest.mark.long
@pytest.mark.parametrize("control", CONTROLS)
def test_random_actions_succeed_in_under_one_percent(control):
    """512 trials of white and 512 of slow random actions."""
    wins = trials = 0
    for hold in (1, 20):
        env = PelletReachVectorEnv(128, control=control)
        env.reset(seed=0)
        rng = np.random.default_rng(hold)
        for step in range(4 * 401):
            if step % hold == 0:
                action = rng.uniform(-1, 1, (128, env.sim.action_size))
            *_, terminated, _, info = env.step(action)
            if terminated.any():
                wins, trials = wins + int(info["is_success"].sum()), trials + int(terminated.sum())
    assert trials >= 1000 and wins / trials < 0.01
