"""How far off a novice may be: the estimate of it from success at a few distances."""

import numpy as np
import pytest
from scipy.stats import norm

from reachenv.lab.probes.novice import OFF_MM, edge


def test_a_sharp_edge_is_where_success_ends():
    assert edge(OFF_MM, OFF_MM < 2.0) == pytest.approx(2.0)


@pytest.mark.parametrize(("mean", "spread"), [(1.5, 0.4), (2.0, 0.6), (2.5, 0.8)])
def test_a_quarter_lies_beyond_the_edge_of_a_soft_slope(mean, spread):
    found = edge(OFF_MM, norm.sf(OFF_MM, mean, spread))
    assert norm.sf(found, mean, spread) == pytest.approx(0.25, abs=0.02)


def test_nothing_is_forgiven_where_nothing_succeeds():
    assert edge(OFF_MM, np.zeros(len(OFF_MM))) == 0.0
