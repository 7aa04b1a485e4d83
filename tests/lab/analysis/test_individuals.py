"""Medians and spreads over mice, in the session in which they are experts."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from reachenv.lab.analysis.individuals import Row, born_different, expert_session, rows
from reachenv.lab.design.design import Origin
from reachenv.lab.design.make import make_design


def made_up(durations, sessions=8):
    """Control mice whose reaches last so long [s] in session 7, and 0.5 s in every other."""
    table = [
        {"group": "control", "mouse": m, "session": s, "trial": t, "success": m <= t, "peak_speed": 40.0, "aim_error": 1.0,
         "reach_duration": duration if s == 7 else 0.5, **{f"endpoint_{a}": 0.0 for a in "xyz"}}
        for m, duration in enumerate(durations, start=1) for s in range(1, sessions + 1) for t in (1, 2)
    ]  # fmt: skip
    design = make_design(groups=("control",), mice=len(durations), sessions=sessions, trials=2)
    return design, pd.DataFrame(table)


def found(durations, measure) -> Row:
    return next(row for row in rows(*made_up(durations)) if row.measure.startswith(measure))


def test_the_seventh_session_counts_mouse_by_mouse():
    row = found((0.1, 0.12, 0.2), "reach duration")
    assert (row.n, row.first) == (3, 500) and row.expert == pytest.approx(120)
    assert (row.low, row.high) == pytest.approx((100, 200)) and row.spread == pytest.approx(
        np.std([100, 120, 200], ddof=1)
    )
    assert row.animal == (90, 300) and row.within() and "27 mice" in row.known
    success = found((0.1, 0.12, 0.2), "success")
    assert (success.expert, success.low, success.high) == (0.5, 0, 1) and success.within() is None


def test_slow_mice_lie_outside_and_equal_mice_have_no_spread():
    assert not found((0.4, 0.5, 0.6), "reach duration").within()
    assert found((0.2, 0.2), "reach duration").spread == 0 and np.isnan(found((0.2,), "reach duration").spread)


def test_mice_that_never_reached_are_left_out():
    row = found((0.1, np.nan, 0.2), "reach duration")
    assert row.n == 2 and row.expert == pytest.approx(150)


def test_days_in_another_run_count():
    design = make_design(groups=("control",), mice=1, sessions=9)
    assert expert_session(design) == 7 and expert_session(replace(design, sessions=4)) == 4
    assert expert_session(replace(design, origin=Origin("acq", "control", 7, 0))) == 1


def test_bodies_are_told_as_they_are():
    assert "2.4%" in born_different()
