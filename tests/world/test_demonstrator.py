"""The task can be done, and what makes it fail is aim."""

import numpy as np
import pytest

from reachenv.demonstrator import Script, aim_errors, demonstrate
from reachenv.vector_env import PelletReachVectorEnv


@pytest.mark.parametrize("reach_s", [0.12, 0.20])
def test_exact_aim_succeeds(reach_s):
    info = demonstrate(Script(reach_s=reach_s), np.zeros((20, 3)), list(range(20)))
    assert info["is_success"].mean() >= 0.95
    assert np.isfinite(info["at_mouth_time"][info["is_success"]]).all()


def test_the_fast_reach_is_as_fast_as_the_animals():
    info = demonstrate(Script(reach_s=0.12), np.zeros((4, 3)), [0, 1, 2, 3])
    assert 0.09 <= np.median(info["reach_duration"]) <= 0.165
    assert 30 <= np.median(info["peak_speed"]) <= 67


def test_success_falls_with_aim_error():
    success = [
        demonstrate(Script(), aim_errors(sd, 40, seed=2), list(range(40)))["is_success"].mean()
        for sd in (0.5, 1.5, 4.0)
    ]
    assert success[0] > success[1] > success[2]
    assert success[0] > 0.8 and success[2] < 0.2


def test_a_straight_path_sweeps_the_pellet_off():
    info = demonstrate(Script(direct=True), np.zeros((4, 3)), [0, 1, 2, 3])
    assert not info["is_success"].any()


def test_without_friction_the_pellet_is_not_brought():
    """Planted fault: the grasp holds by friction alone."""
    env = PelletReachVectorEnv(4)
    actions = []
    from reachenv.demonstrator import commands
    from reachenv.sim import REST_COMMAND

    for step in range(env.timing.steps):
        time = step * 0.01 - env.timing.tone
        actions.append(commands(Script(), time, np.zeros((4, 3))) if time >= 0 else np.tile(REST_COMMAND, (4, 1)))
    for name in ("geom_friction",):
        values, _ = env.sim.variation._field(name)
        values[:, :, 0] = 0.02
    env.reset(seed=0)
    for action in actions:
        *_, info = env.step(action)
    assert not info["is_success"].any()


def test_random_actions_do_not_succeed():
    env = PelletReachVectorEnv(32)
    env.reset(seed=0)
    rng = np.random.default_rng(0)
    for _ in range(env.timing.steps):
        *_, info = env.step(rng.uniform(-1, 1, (32, 5)))
    assert not info["is_success"].any()
