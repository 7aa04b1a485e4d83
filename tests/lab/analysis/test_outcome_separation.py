"""d′ and the decoder find an outcome that was planted, and do not find one in shuffled labels."""

import numpy as np
import pytest
from planted_outcome import mouse_of, shuffled_mouse

from reachenv.lab.analysis.outcome import decoder, separation
from reachenv.lab.analysis.outcome.separation import OutcomeSeparation, dprime, project

pytest.importorskip("sklearn")


def test_dprime_of_two_clouds_is_the_distance_in_standard_deviations():
    rng = np.random.default_rng(0)
    success = np.arange(4000) < 1500
    scores = rng.normal(size=(4000, 1, 2)) * [1.0, 2.0]  # independent, s.d. 1 and 2
    scores[success, 0] += [3.0, 8.0]  # 3 and 4 s.d. apart: 5 in all
    assert dprime(scores, success) == pytest.approx(5, abs=0.15)
    mixed = scores @ np.array([[2.0, 1.0], [0.5, -3.0]])  # any other axes: the same distance
    assert dprime(mixed, success) == pytest.approx(dprime(scores, success))


def test_components_are_those_of_most_variance_and_keep_it():
    rng = np.random.default_rng(0)
    dff = rng.normal(size=(20, 30, 2)) * [3.0, 1.0] @ rng.normal(size=(2, 12)) + 5
    scores, explained = project(dff, 2)
    assert explained == pytest.approx(1) and scores.shape == (20, 30, 2)
    flat = dff.reshape(-1, 12) - dff.reshape(-1, 12).mean(0)
    assert (scores**2).sum() == pytest.approx((flat**2).sum())


def test_separation_is_found_after_the_outcome_and_not_before():
    found = separation.analyse(mouse_of({"outcome": 2.0}))
    table, time = found["sessions"].iloc[0], found["time_s"]
    after, before = (time > 1.2) & (time < 2.0), time < 0
    curve, shuffled = found["dprime"][0], found["shuffled"][0]
    assert shuffled.shape == (10, len(time))
    assert curve[after].mean() > 2 * shuffled[:, after].max(1).mean()
    assert curve[before].mean() == pytest.approx(shuffled[:, before].mean(), rel=0.3)
    assert table.dprime > table.dprime_shuffled


@pytest.mark.parametrize(
    "removed", [mouse_of({"outcome": 0.0}), shuffled_mouse(mouse_of({"outcome": 2.0}))], ids=["none", "shuffled"]
)
def test_separation_without_an_outcome_is_that_of_shuffled_labels(removed):
    table = separation.analyse(removed)["sessions"].iloc[0]
    assert table.dprime == pytest.approx(table.dprime_shuffled, rel=0.3)


def test_few_successes_give_no_number():
    found = separation.analyse(mouse_of({"rate": 3 / 55}, {}))
    assert np.isnan(found["sessions"].dprime[0]) and np.isnan(found["dprime"][0]).all()
    assert np.isfinite(found["sessions"].dprime[1]) and list(found["sessions"].successes) == [3, 25]
    assert np.isnan(decoder.analyse(mouse_of({"rate": 3 / 55}))["sessions"].accuracy).all()


def test_the_decoder_finds_an_outcome_after_it_and_not_before():
    table = decoder.analyse(mouse_of({"outcome": 2.0}))["sessions"].set_index("window")
    assert table.accuracy[1.0] > 0.95 and table.chance[1.0] == pytest.approx(30 / 55)
    assert table.accuracy[-1.0] < table.chance[-1.0] + 0.15


@pytest.mark.parametrize("seed", [0, 1])
def test_the_decoder_finds_none_in_shuffled_labels(seed):
    mice = [shuffled_mouse(mouse_of({"outcome": 2.0}, seed=seed, mouse=m), seed) for m in (1, 2, 3)]
    accuracy = np.mean([decoder.analyse(m)["sessions"].accuracy for m in mice])
    assert 0.4 < accuracy < 0.58  # near one half, below the commoner label's share of .545 for it has learned noise


def test_the_same_session_gives_the_same_numbers():
    one, two = (
        OutcomeSeparation().fit(np.random.default_rng(0).normal(size=(20, 9, 6)), np.arange(20) < 8) for _ in "ab"
    )
    assert np.array_equal(one.shuffled_, two.shuffled_)
