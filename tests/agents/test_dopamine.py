"""The critic: one step by hand, and the three classical signs of a prediction error (Schultz 1997)."""

import math

import numpy as np
import pytest
from brain_world import N_OBS, live, slices

from reachenv.agents.brain.dopamine import DopamineParams, features, firing, outside, prediction_error
from reachenv.agents.brain.learning.critic import td_change, wait
from reachenv.agents.brain.loop import Loop
from reachenv.agents.brain.state import number

P = DopamineParams()
NOTHING = np.zeros((2, N_OBS), np.float32)


def _f32(values):
    return np.array(values, np.float32)


def td_step(p, dt, weights, trace, before, now, reward):
    """Prediction error and change of weights of one update."""
    gamma, lam = math.exp(-dt / p.horizon), math.exp(-dt / p.trace)
    delta = prediction_error(number(gamma), (weights * before).sum(-1), (weights * now).sum(-1), reward)
    return delta, *td_change(trace, before, delta, number(gamma * lam), number(p.rate))


def test_td_step_by_hand():
    w, trace = _f32([[1.0, 2.0]]), _f32([[0.5, 0.0]])
    before, now = _f32([[1.0, 0.0]]), _f32([[0.0, 1.0]])
    p = DopamineParams(horizon=1.0, trace=1.0, rate=0.1)
    delta, new_trace, change = td_step(p, 0.1, w, trace, before, now, _f32([3.0]))
    gamma = math.exp(-0.1)
    assert delta.item() == pytest.approx(3 + gamma * 2 - 1)
    assert new_trace.tolist()[0] == pytest.approx([gamma * gamma * 0.5 + 1, 0.0])
    assert change.tolist()[0] == pytest.approx([0.1 * delta.item() * new_trace[0, 0].item(), 0.0])


def test_release_never_falls_below_nothing():
    phasic, out = firing(np.zeros(2, np.float32), _f32([-1.0, 1.0]), number(0.95), number(P.gain), number(P.tonic))
    assert phasic.tolist() == [-P.gain, P.gain]
    assert out.tolist() == pytest.approx([0.0, P.tonic + P.gain])


def test_a_wait_is_what_many_steps_without_reward_come_to():
    p, x = DopamineParams(wait=8.0), _f32([[0.0, 0.2, 0.5]])
    w, trace = _f32([[1.0, 0.4, 0.8]]), x / (1 - math.exp(-0.01 / 2.0) * math.exp(-0.01 / 1.0))
    stepped = w.copy()
    for _ in range(800):
        _, trace, change = td_step(p, 0.01, stepped, trace, x, x, _f32([0.0]))
        stepped += change
    after = wait(p, 0.01, w, x[0])
    assert after == pytest.approx(stepped, rel=0.01)
    assert after[0, 0] == 1.0 and (after @ x[0]).item() == pytest.approx(0.48 * 0.79, rel=0.03)  # V was .48


def test_features_of_silence_hold_no_memory_of_a_tone():
    seen = features(P, np.zeros(2, np.float32), NOTHING, outside(P, slices()))
    assert np.abs(seen[:, : P.windows]).max() == 0
    # Beside one that heard a tone it is the same: nothing that is left out is missed.
    assert np.array_equal(features(P, _f32([0.0, 0.5]), NOTHING, outside(P, slices()))[0], seen[0])


def test_the_critic_sees_the_pellet_the_touch_of_a_whole_hand_and_taste():
    where, sense = slices(), np.zeros((1, N_OBS), np.float32)
    sense[:, where["pellet"]], sense[:, where["touch"]], sense[:, where["taste"]] = (1.0, 9.0, 9.0, 9.0), 0.5, 1.0
    assert (sense @ outside(P, where).T)[0].tolist() == pytest.approx([0.5, 0.25, 1.0])


@pytest.fixture(scope="module")
def trained():
    """Value before and after 60 rewarded trials of one mouse, reward .7 s after the tone."""
    loop = Loop(slices(), 5, [1])
    loop.memory["critic"].zero_()
    first = live(loop, [0], trials=1)
    live(loop, [1], trials=60)
    rewarded = live(loop, [5], trials=1)
    omitted = live(loop, [6], trials=1, reward_at=None)
    return first, rewarded, omitted


def test_unexpected_reward_excites_and_expected_reward_does_less(trained):
    first, rewarded, _ = trained
    naive, expert = first["rpe"][0, 101, 0], rewarded["rpe"][0, 101, 0]
    assert naive == pytest.approx(1.0, abs=0.05)
    assert expert < 0.7 * naive


def test_the_tone_comes_to_excite(trained):
    first, rewarded, _ = trained
    assert abs(first["rpe"][0, 30, 0]) < 0.02
    assert rewarded["rpe"][0, 30, 0] > 0.1


def test_an_omitted_reward_inhibits(trained):
    _, rewarded, omitted = trained
    late = slice(95, 120)
    assert omitted["vta"][0, late, 0].min() < P.tonic
    assert omitted["rpe"][0, late, 0].sum() < -0.1


def test_senses_are_all_there():
    assert N_OBS == 55 and np.isfinite(N_OBS)
