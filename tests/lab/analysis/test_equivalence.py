"""Equivalence by two one-sided tests: goldens, nominal rates by simulation, and the reasons behind the fewest animals."""

import numpy as np
import pytest
from scipy import stats

from reachenv.lab.analysis.equivalence import equivalent_pairs
from reachenv.lab.analysis.stats import bootstrap_mean, paired_permutation
from reachenv.schema import FEWEST_MICE


def test_pairs_agree_with_two_t_tests():
    d = np.random.default_rng(0).normal(0.01, 0.05, 12)
    e = equivalent_pairs(d, 0.05)
    low = stats.ttest_1samp(d, -0.05, alternative="greater").pvalue
    high = stats.ttest_1samp(d, 0.05, alternative="less").pvalue
    assert e.p == pytest.approx(max(low, high)) and e.n == 12
    assert (e.low, e.high) == pytest.approx(stats.ttest_1samp(d, 0).confidence_interval(0.90))


def test_the_interval_lies_within_the_margin_exactly_where_p_is_small():
    rng = np.random.default_rng(2)
    for _ in range(200):
        e = equivalent_pairs(rng.normal(rng.uniform(-0.06, 0.06), 0.04, 10), 0.05)
        assert (e.p < 0.05) == (e.low > -0.05 and e.high < 0.05)


def test_a_difference_as_large_as_the_margin_is_rarely_called_equal():
    rng = np.random.default_rng(3)
    said = np.mean([equivalent_pairs(rng.normal(0.05, 0.04, 12), 0.05).p < 0.05 for _ in range(600)])
    assert 0.02 < said < 0.08


def test_the_mice_it_asks_for_suffice():
    rng = np.random.default_rng(4)
    pilot = equivalent_pairs(rng.normal(0, 0.1, 200), 0.05)
    n = pilot.mice_needed()
    said = np.mean([equivalent_pairs(rng.normal(0, 0.1, n), 0.05).p < 0.05 for _ in range(400)])
    assert 0.70 < said < 0.92


def test_wide_intervals_are_known_as_such():
    assert equivalent_pairs([-0.2, 0.2, -0.1, 0.15], 0.05).too_wide()
    assert not equivalent_pairs([0.3, 0.5, 0.4, 0.2, 0.6], 0.05).too_wide()  # far off, whatever the width
    assert not equivalent_pairs([0.04, 0.05, 0.045, 0.05], 0.05).too_wide()


def test_identical_twins_leave_no_doubt():
    assert equivalent_pairs(np.zeros(8), 0.05).p == 0 and equivalent_pairs(np.ones(8), 0.05).p == 1


def test_why_eight_mice():
    smallest = {n: paired_permutation(np.ones(n)) for n in (FEWEST_MICE - 1, FEWEST_MICE)}  # all pairs to one side
    assert smallest == {n: 2 / 2**n for n in smallest}
    assert smallest[FEWEST_MICE] < 0.01 <= smallest[FEWEST_MICE - 1]
    rng = np.random.default_rng(5)
    hits = {}
    for n in (FEWEST_MICE - 2, FEWEST_MICE):
        found = [bootstrap_mean(rng.normal(0, 1, n), draws=400) for _ in range(1500)]
        hits[n] = np.mean([i.low <= 0 <= i.high for i in found])
    assert hits[FEWEST_MICE - 2] < 0.88 < hits[FEWEST_MICE]
