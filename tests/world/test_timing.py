"""The times of a trial: finite, in order, and compared as decimal numbers are meant."""

import dataclasses
import math

import numpy as np
import pytest

from reachenv.trial import Timing

SHORTEST = {"tone": 0.1, "turn_lead": 0.1, "turn_time": 0.2, "response_window": 0.2, "total": 0.3}


@pytest.mark.parametrize("field", [f.name for f in dataclasses.fields(Timing)])
@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, np.nan, None, "1", True, 1j])
def test_every_time_is_a_finite_number(field, value):
    with pytest.raises(ValueError, match=f"{field} is .*finite number"):
        Timing(**{field: value})


def test_sums_of_decimals_that_fit_are_accepted():
    assert 0.1 + 0.2 > 0.3 and Timing(**SHORTEST).steps == 30
    assert Timing(tone=0.3, turn_lead=0.1 + 0.2, total=3.0).turn_start == pytest.approx(0)
    with pytest.raises(ValueError, match="make total longer"):
        Timing(**{**SHORTEST, "total": 0.29})
    with pytest.raises(ValueError, match="turn_lead"):
        Timing(turn_lead=1.001)


def test_numbers_of_numpy_are_numbers():
    assert Timing(total=np.float32(5)).steps == 500 and Timing(tone=1, total=4).steps == 400
