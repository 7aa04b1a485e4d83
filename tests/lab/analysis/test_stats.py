"""Statistics by animals: golden values by hand, coverage and false alarms by simulation, and a planted effect found."""

import numpy as np
import pytest

from reachenv.lab.analysis.stats import bootstrap_mean, paired_permutation, permutation, ratio_of_means


def test_sign_flip_of_three_pairs_by_hand():
    # sums of |±1 ±2 ±3|: 6 4 2 0 0 2 4 6; two of eight reach 6
    assert paired_permutation([1, 2, 3]) == 0.25


def test_sign_flip_of_many_pairs_samples_patterns():
    assert paired_permutation(np.ones(20)) < 0.001


def test_relabelling_finds_what_is_there_and_only_that():
    rng = np.random.default_rng(1)
    assert permutation(rng.normal(0, 1, 12), rng.normal(3, 1, 12), draws=2000) < 0.01
    alarms = np.mean([permutation(rng.normal(size=8), rng.normal(size=8), draws=200) < 0.05 for _ in range(300)])
    assert 0.01 < alarms < 0.10


def test_sign_flip_has_its_nominal_rate_of_false_alarms():
    rng = np.random.default_rng(2)
    alarms = np.mean([paired_permutation(rng.normal(size=8)) < 0.05 for _ in range(400)])
    assert 0.02 < alarms < 0.09


def test_bootstrap_covers_the_truth_about_as_often_as_it_says():
    rng = np.random.default_rng(3)
    inside = 0
    for k in range(200):
        i = bootstrap_mean(rng.normal(5, 1, 20), draws=1000, seed=k)
        inside += i.low <= 5 <= i.high
    assert 0.86 < inside / 200 <= 0.99


def test_too_few_mice_get_no_interval():
    i = bootstrap_mean([0.2, 0.4])
    assert (i.mean, i.n) == (pytest.approx(0.3), 2) and np.isnan(i.low)


def test_a_mouse_without_a_value_is_left_out():
    assert bootstrap_mean([1, 1, 1, np.nan]).n == 3


def test_the_same_numbers_give_the_same_interval():
    assert bootstrap_mean([1, 2, 3, 4]) == bootstrap_mean([1, 2, 3, 4])


def test_a_ratio_of_means_by_hand_and_without_end_where_the_lower_mean_may_be_none():
    over = np.array([1.0, 2.0, 3.0])
    assert ratio_of_means(over, 2 * over) == (0.5, (0.5, 0.5))  # twins are drawn together: no luck is left
    ratio, (low, high) = ratio_of_means(np.ones(3), np.array([4.0, -1.0, 0.0]))
    assert ratio == 1 and low == 1 / 4 and high == np.inf
