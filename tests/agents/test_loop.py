"""The assembled loop: who depends on what, and who does not."""

import copy
import pickle

import numpy as np
import pytest
from brain_world import live, senses, slices

from reachenv.agents.brain.loop import Loop
from reachenv.agents.brain.params import LoopParams, from_json, to_json
from reachenv.agents.interventions import parse
from reachenv.agents.protocol import recordable

MICE = [11, 12, 13, 14, 15, 16, 17]


def make(mice=MICE, **options) -> Loop:
    return Loop(slices(), 5, mice, **options)


def states(loop):
    return [loop.state(i) for i in range(len(loop.mice))]


def same(a, b):
    return a.keys() == b.keys() and all(np.array_equal(a[k], b[k]) for k in a)


@pytest.fixture(scope="module")
def litter():
    loop = make()
    loop.begin_session(1)
    out = live(loop, MICE, trials=3)
    loop.begin_session(2)
    out2 = live(loop, MICE, trials=1)
    return loop, out, out2


@pytest.mark.parametrize("i", [0, 3, 6])
def test_a_mouse_does_not_feel_how_many_share_the_batch(litter, i):
    loop, out, out2 = litter
    alone = make([MICE[i]])
    alone.begin_session(1)
    one = live(alone, [MICE[i]], trials=3)
    alone.begin_session(2)
    two = live(alone, [MICE[i]], trials=1)
    for name in out:
        assert np.array_equal(out[name][:, :, i], one[name][:, :, 0]), name
        assert np.array_equal(out2[name][:, :, i], two[name][:, :, 0]), name
    assert same(loop.state(i), alone.state(0))


def test_the_same_seeds_give_the_same_life(litter):
    loop, out, _ = litter
    again = make()
    again.begin_session(1)
    assert np.array_equal(live(again, MICE, trials=3)["command"], out["command"])


def test_mice_differ_and_trials_differ(litter):
    _, out, _ = litter
    assert not np.array_equal(out["command"][0, :, 0], out["command"][0, :, 1])
    assert not np.array_equal(out["command"][0], out["command"][1])


def test_m1_block_stops_m1_learning_and_nothing_else():
    free, blocked = make(), make()
    free.begin_session(1)
    blocked.begin_session(1, [(parse("m1:1"),)] * 7)
    a, b = live(free, MICE), live(blocked, MICE)
    for name in ("command", "vta", "dopamine_striatum", "m1_l23", "value", "rpe"):
        assert np.array_equal(a[name], b[name]), name
    assert b["dopamine_m1"].max() == 0 and a["dopamine_m1"].max() > 0.5
    for with_, without in zip(states(free), states(blocked), strict=True):
        assert np.array_equal(with_["d1"], without["d1"]) and np.array_equal(with_["critic"], without["critic"])
        assert np.abs(without["lateral_early"]).max() == 0 < np.abs(with_["lateral_early"]).max()
    born, learned = make().memory["senses"].numpy(), free.memory["senses"].numpy()  # onto layer 2-3
    np.testing.assert_allclose(blocked.memory["senses"], born, rtol=1e-5)  # scaling by one is exact to rounding alone
    assert np.abs(learned - born).max() > 1e-4
    np.testing.assert_allclose(np.linalg.norm(learned, axis=-1), np.linalg.norm(born, axis=-1), rtol=1e-5)


def test_striatal_block_stops_striatal_learning_and_nothing_else():
    free, blocked = make(), make()
    free.begin_session(1)
    blocked.begin_session(1, [(parse("striatum:1"),)] * 7)
    a, b = live(free, MICE), live(blocked, MICE)
    for name in ("command", "vta", "dopamine_m1"):
        assert np.array_equal(a[name], b[name]), name
    for with_, without in zip(states(free), states(blocked), strict=True):
        assert np.array_equal(with_["lateral_early"], without["lateral_early"])
        rest = LoopParams().ganglia.striatal_weight
        assert np.abs(without["d1"] - rest).max() < 1e-9 < np.abs(with_["d1"] - rest).max()


def test_half_a_block_lets_half_through():
    half = make([1])
    half.begin_session(1, [(parse("m1:1x0.5"),)])
    out = live(half, [1])
    assert np.allclose(out["dopamine_m1"], 0.5 * out["vta"])


def test_without_learning_a_block_changes_no_bit():
    commands = []
    for interventions in ((), (parse("both:1"),)):
        loop = make()
        loop.learn = False
        loop.begin_session(1, [interventions] * 7)
        before = states(loop)
        commands.append(live(loop, MICE, trials=2)["command"])
        assert all(same(a, b) for a, b in zip(before, states(loop), strict=True))
    assert np.array_equal(*commands)


def test_saved_and_restored_mice_go_on_bit_by_bit(litter):
    loop, *_ = litter
    other = make()
    for i in range(7):
        other.set_state(i, loop.state(i))
    loop.begin_session(3)
    other.begin_session(3)
    assert np.array_equal(live(loop, [1] * 7)["command"], live(other, [1] * 7)["command"])


def test_a_state_that_does_not_fit_is_refused():
    loop = make([1])
    bad = loop.state(0) | {"d1": np.zeros(3, np.float32)}
    with pytest.raises(ValueError, match=r"'d1': found float32 of shape \(3,\), expected"):
        loop.set_state(0, bad)


def test_watching_changes_nothing():
    watched, alone = make([1]), make([1])
    for loop in (watched, alone):
        loop.begin_trial([5])
    for step in range(60):
        a = watched.step(senses(step, 1), np.zeros(1, np.float32))
        taps = watched.taps()
        for value in taps.values():
            value[...] = np.nan
        assert np.array_equal(a, alone.step(senses(step, 1), np.zeros(1, np.float32)))
    assert list(taps) == recordable(watched.areas)


def test_a_fork_leaves_its_parent_alone():
    loop, twin = make(), make()
    for one in (loop, twin):
        one.begin_trial(MICE)
    for step in range(60):
        obs, reward = senses(step, 7), np.zeros(7, np.float32)
        if step == 40:
            child = loop.fork([2, 2])
            before = child.step(obs[:2], reward[:2])
            assert before.shape == (2, 5) and np.array_equal(before[0], before[1])
        assert np.array_equal(loop.step(obs, reward), twin.step(obs, reward))
    loop.end_trial(reward)
    twin.end_trial(reward)
    assert all(same(a, b) for a, b in zip(states(loop), states(twin), strict=True))


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda loop: pickle.loads(pickle.dumps(loop))])
def test_a_copy_of_a_whole_brain_goes_on_as_the_brain_itself(copied):
    loop = make()
    loop.begin_session(1)
    live(loop, MICE)
    twin = copied(loop)
    lives = [live(one, MICE) for one in (loop, twin)]
    assert all(np.array_equal(lives[0][name], lives[1][name]) for name in lives[0])
    assert all(same(a, b) for a, b in zip(states(loop), states(twin), strict=True))
    loop.learn = False
    loop.begin_trial(MICE)
    for step in range(130):
        if step == 45:  # within a trial
            twin = copied(loop)
        command = loop.step(senses(step, 7), np.zeros(7, np.float32))
        assert step < 45 or np.array_equal(command, twin.step(senses(step, 7), np.zeros(7, np.float32)))


def test_the_act_outlasts_the_tone_and_ends_where_it_began():
    loop = make([1])
    loop.birth["l23"][:, :, 128:] = 0  # deaf to the body: what goes on comes from the recurrence
    out = live(loop, [1], steps=300, reward_at=None)["m1_l23"][0, :, 0]
    rest = out[25]
    alike = [np.corrcoef(rest, frame)[0, 1] for frame in out]
    assert min(alike[40:150]) < 0.3  # away from rest, long after the tone's first 100 ms
    assert alike[110] < 0.5  # .3 s after the tone is over
    assert alike[299] > 0.9


def test_no_tone_no_reach():
    loop = make([1])
    loop.begin_trial([3])
    silent = [loop.step(senses(0, 1), np.zeros(1, np.float32))[0].copy() for _ in range(200)]
    assert np.ptp(np.array(silent)[20:], axis=0).max() < 0.2


def test_wrong_worlds_are_refused():
    with pytest.raises(ValueError, match="commands 5 numbers"):
        Loop(slices(), 17, [1])
    with pytest.raises(ValueError, match=r"needs the senses \['taste'\]"):
        Loop({k: v for k, v in slices().items() if k != "taste"}, 5, [1])
    with pytest.raises(ValueError, match="3 trial seeds were given"):
        make([1]).begin_trial([1, 2, 3])


def test_parameters_survive_json():
    assert from_json(to_json(LoopParams())) == LoopParams()
    with pytest.raises(ValueError, match="no field 'colour'"):
        from_json({"colour": 1})
