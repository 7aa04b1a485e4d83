"""D1 and D2: a planted prediction error is found, a spoilt one is not; a block that leaks or reaches the VTA is seen."""

import numpy as np
import pytest
from planted import TONIC, cohort, held, learns, with_tapes

from reachenv.lab.findings import dopamine as d
from reachenv.lab.findings.verdict import FAILED, REPRODUCED, UNDECIDED

CONTROL = cohort({"control": learns}, mice=8)
PAIR = cohort({"control": learns, "m1-block": held}, mice=8)


def parts(judged):
    return {part.measure.split(",")[0]: part.verdict for part in judged.parts}


def test_d1_a_prediction_error_is_found():
    found = d.prediction_error(with_tapes(CONTROL))
    assert found.verdict == REPRODUCED and len(found.parts) == 4 and found.n == 8


@pytest.mark.parametrize(
    ("spoilt", "part"),
    [
        ({"reward": 0}, "dopamine at reward"),
        ({"tone": 0}, "dopamine at the tone"),
        ({"dip": 0}, "dopamine where reward fails"),
        ({"dip": -1}, "dopamine where reward fails"),  # release where there should be a dip
    ],
)
def test_d1_is_not_found_where_a_part_of_it_is_missing(spoilt, part):
    found = d.prediction_error(with_tapes(CONTROL, **spoilt))
    assert found.verdict == FAILED and parts(found)[part] == FAILED
    assert found.measure.startswith((part, "growth"))


def test_d1_needs_the_tone_to_be_learned():
    frozen = cohort({"control": lambda s: 0.4}, mice=8)
    assert parts(d.prediction_error(with_tapes(frozen)))["growth of that response since session 1"] == FAILED


def test_d1_is_not_found_in_dopamine_shuffled_in_time():
    def shuffle(group, session, traces):
        rng = np.random.default_rng(session)
        traces["dopamine_striatum"] = rng.permuted(traces["dopamine_striatum"], axis=1)

    assert d.prediction_error(with_tapes(CONTROL, shuffle)).verdict == FAILED


def test_d1_and_d2_need_recordings_and_groups():
    assert "recordings" in d.prediction_error(CONTROL).note and "recordings" in d.local_block(PAIR).note
    assert d.local_block(with_tapes(CONTROL)).verdict == UNDECIDED
    few = with_tapes(cohort({"control": learns, "m1-block": held}, mice=3))
    assert d.prediction_error(few).verdict == d.local_block(few).verdict == UNDECIDED


def test_d2_a_local_block_is_found():
    found = d.local_block(with_tapes(PAIR))
    assert found.verdict == REPRODUCED, found
    assert [part.verdict for part in found.parts] == [REPRODUCED] * 4
    assert all(abs(part.statistic) < 0.1 for part in found.parts[1:])


def never_blocked(group, session, traces):
    traces["dopamine_m1"] = traces["vta"].copy()


def half_blocked(group, session, traces):
    if not traces["dopamine_m1"].any():
        traces["dopamine_m1"] = 0.5 * traces["vta"]


def reaches_striatum(group, session, traces):
    if group == "m1-block":
        traces["dopamine_striatum"] = 0.9 * traces["vta"]


def reaches_vta(group, session, traces):
    """Phasic firing falls by a third in blocked mice, from their second trial on: the exact identities hold."""
    if group == "m1-block":
        traces["vta"][1:] = TONIC + (traces["vta"][1:] - TONIC) * 2 / 3
        traces["dopamine_striatum"] = traces["vta"].copy()


def moves_first_trial(group, session, traces):
    if group == "m1-block" and session == 2:
        traces["vta"][0, 3] += 1e-6
        traces["dopamine_striatum"] = traces["vta"].copy()


@pytest.mark.parametrize("spoil", [never_blocked, half_blocked, reaches_striatum, reaches_vta, moves_first_trial])
def test_d2_is_not_found_where_the_block_is_not_local(spoil):
    assert d.local_block(with_tapes(PAIR, spoil)).verdict == FAILED


def test_a_response_is_a_mean_after_against_a_mean_before():
    trace = np.zeros((2, 100))
    trace[0, 50:60] = 1.0  # 0.1 of the 0.5 s that follow
    trace[0, 20:50] = 0.05
    got = d.response(trace, np.array([0.5, np.nan]), np.array([0.5, 0.5]), 0.01)
    assert got[0] == pytest.approx(0.2 - 0.05) and np.isnan(got[1])
