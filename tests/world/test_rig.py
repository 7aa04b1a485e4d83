"""The plate carries the pellet by contact."""

import numpy as np
import pytest

from reachenv import Timing, rig, spinal
from reachenv.demonstrator import Script, aim_errors, demonstrate
from reachenv.sim import REST_COMMAND
from reachenv.vector_env import PelletReachVectorEnv


@pytest.mark.parametrize("holding", [False, True])
@pytest.mark.parametrize("turn_time", [0.2, 0.4, 0.6, 0.8, 1.0])
def test_every_pellet_is_delivered(turn_time, holding):
    n = 20
    env = PelletReachVectorEnv(n, timing=Timing(tone=turn_time + 0.3, turn_lead=turn_time + 0.2, turn_time=turn_time))
    env.sim.holding = holding
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


def test_a_held_pellet_is_where_contact_would_carry_it():
    both = []
    for holding in (False, True):
        env = PelletReachVectorEnv(4)
        env.sim.holding = holding
        env.reset(seed=0)
        places, held = [], []
        for _ in range(100):
            env.step(np.tile(REST_COMMAND, (4, 1)))
            places.append(env.sim.pellet())
            held.append(env.sim._held.copy())
        both.append(np.array(places))
        assert np.mean(held[10:]) == holding
    apart = np.linalg.norm(both[1] - both[0], axis=2)
    assert apart.max() < 0.2 and apart[-1].max() < 0.05  # friction lets it lag a little while the plate turns fastest


def test_a_held_pellet_is_let_go_when_the_paw_comes_and_when_something_moves_it():
    env = PelletReachVectorEnv(2)
    env.reset(seed=0)
    for _ in range(98):
        env.step(np.tile(REST_COMMAND, (2, 1)))
    assert env.sim._held.all()
    push = env.sim._force[1, env.sim.index.pellet_body]
    push[0] = 2000.0  # µN: ten times its weight
    nearby = rig.PELLET_MM + np.array([-8.0, 0.0, 1.0])
    action = np.tile(REST_COMMAND, (2, 1))
    action[0, :3] = spinal.paw_action(nearby)
    for step in range(20):
        env.step(action)
        push[0] = 2000.0 * (step < 1)
    assert not env.sim._held.any() and not env.sim._hold_up.any()
    lies, flew = env.sim.pellet()
    assert np.linalg.norm(lies - rig.PELLET_MM) < 0.05 and np.linalg.norm(flew - rig.PELLET_MM) > 5.0


@pytest.mark.long
def test_holding_changes_no_success():
    """Scripted reaches with and without it, the same seeds: in all but a few of a hundred trials the same happens."""
    n = 256
    aim = aim_errors(1.0, n, seed=1)
    outcomes = []
    for holding in (False, True):
        env = PelletReachVectorEnv(n, autoreset_mode="Disabled")
        env.sim.holding = holding
        outcomes.append(demonstrate(Script(), aim, list(range(n)), env=env)["outcome"])
    success = [np.mean(o == "success") for o in outcomes]
    assert np.mean(outcomes[0] == outcomes[1]) > 0.93 and abs(success[0] - success[1]) < 0.04


def test_turn_profile_is_monotone_from_0_to_1():
    y = rig.turn_profile(np.linspace(-0.5, 1.5, 101))
    assert y[0] == 0 and y[-1] == 1 and (np.diff(y) >= 0).all()
    assert rig.turn_profile(np.array(0.5)) == pytest.approx(0.5)
