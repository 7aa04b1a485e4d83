"""The plate carries the pellet by contact."""

import numpy as np
import pytest

from reachenv import Timing, rig
from reachenv.sim import REST_COMMAND
from reachenv.vector_env import PelletReachVectorEnv


@pytest.mark.parametrize("turn_time", [0.2, 0.4, 0.6, 0.8, 1.0])
def test_every_pellet_is_delivered(turn_time):
    n = 20
    env = PelletReachVectorEnv(n, timing=Timing(tone=turn_time + 0.3, turn_lead=turn_time + 0.2, turn_time=turn_time))
    env.reset(seed=100)
    for _ in range(round((turn_time + 0.4) * 100)):
        env.step(np.tile(REST_COMMAND, (n, 1)))
    assert np.linalg.norm(env.sim.pellet() - rig.PELLET_MM, axis=1).max() < 0.3


def test_the_pellet_starts_one_cup_away_and_rides():
    env = PelletReachVectorEnv(1)
    env.reset(seed=0)
    start = env.sim.pellet()[0]
    assert np.linalg.norm(start - rig.PELLET_MM) == pytest.approx(
        2 * rig.CUP_CIRCLE_MM * np.sin(rig.CUP_ANGLE / 2), abs=0.3
    )


def test_a_shaken_plate_loses_its_pellet():
    """Planted fault: friction is what carries it, so a plate that jerks must fail."""
    env = PelletReachVectorEnv(1)
    env.reset(seed=0)
    env.sim._qvel[:, env.sim.index.plate_dof] = 200.0
    for _ in range(60):
        env.step(REST_COMMAND[None])
    assert np.linalg.norm(env.sim.pellet()[0] - rig.PELLET_MM) > 2.0


def test_turn_profile_is_monotone_from_0_to_1():
    y = rig.turn_profile(np.linspace(-0.5, 1.5, 101))
    assert y[0] == 0 and y[-1] == 1 and (np.diff(y) >= 0).all()
    assert rig.turn_profile(np.array(0.5)) == pytest.approx(0.5)
