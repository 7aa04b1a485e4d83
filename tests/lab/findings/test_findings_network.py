"""N1–N6: each judgement finds its effect where it was planted, and not where it was removed.

First from planted numbers by mouse and session, many mice and fast; at the end from planted films, through the analyses.
"""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from planted import cohort, held, learns
from planted_network import even, frozen, imaged_mouse, permuted

from reachenv.lab.analysis.network import configuration as configured
from reachenv.lab.analysis.network import kinetics as moving
from reachenv.lab.findings import network as n
from reachenv.lab.findings.catalogue import FINDINGS
from reachenv.lab.findings.verdict import FAILED, REPRODUCED, UNDECIDED

RULES = {f.id: f.rule for f in FINDINGS}
CONTROL, BLOCKED = "control", "m1-block"
WINDOWS = (-0.5, 0.0, 0.5, 1.0, 1.5, 2.0)


def still(session):
    return 0.0


def population(
    paths, mice=12, spread=0.03, seed=0, activity=lambda p: 0.2, correlation=lambda p: 0.03, alter=None, **sizes
):
    """Evidence in which a group's session s is the share paths[group](s) of the way to expert, each mouse with its noise.

    activity, correlation: of that share. alter(group, mouse, tables): spoils a mouse's tables in place.
    """
    evidence = cohort({CONTROL: learns, BLOCKED: held}, mice=mice, **sizes)

    def result(analysis, group, mouse):
        rng = np.random.default_rng([seed, mouse, ["activity", "kinetics", "configuration"].index(analysis)])
        s = np.arange(1, evidence.design.sessions + 1)
        p = np.array([paths[group](k) for k in s]) + spread * rng.standard_normal(len(s))
        noise = 1 + 0.05 * rng.standard_normal()
        tables = {
            "activity": {
                "sessions": pd.DataFrame({"session": s, "dff": noise * activity(p), "correlation": correlation(p)})
            },
            "configuration": {
                "sessions": pd.DataFrame(
                    {
                        "session": s,
                        "distance": np.where(s == 7, 0, 6 - 2 * p),
                        "strength_correlation": 0.4 + 0.5 * p,
                        "map_1": p,
                    }
                )
            },
            "kinetics": {
                "levels": pd.DataFrame(
                    [
                        {"session": k, "window": w, "level": 0.5 if w < 0.5 else v}
                        for k, v in zip(s, p, strict=True)
                        for w in WINDOWS
                    ]
                )
            },
        }[analysis]
        if alter:
            alter(group, mouse, tables)
        return tables

    return replace(evidence, result=result)


def shuffle_sessions(group, mouse, tables):
    """Every mouse's sessions get each other's values."""
    rng = np.random.default_rng([mouse, len(group)])
    for table in tables.values():
        sessions = table["session"].unique()
        table["session"] = table["session"].map(dict(zip(sessions, rng.permutation(sessions), strict=True)))


PLANTED = {CONTROL: even, BLOCKED: frozen}
MOVING = {"N3": n.kinetics, "N4": n.configuration, "N6": n.strengths}
REMOVED = {
    "everything frozen": population({CONTROL: still, BLOCKED: still}),
    "dopamine never blocked": population({CONTROL: even, BLOCKED: even}),
    "groups exchanged": population({CONTROL: frozen, BLOCKED: even}),
    "sessions shuffled": population(PLANTED, alter=shuffle_sessions),
}


def test_thresholds_are_those_of_the_table():
    assert f"±{n.ACTIVITY_MARGIN:.0%}".replace("%", " %") in RULES["N1"]
    assert f"±{n.CORRELATION_MARGIN:.2f}".replace("0.", ".") in RULES["N2"]
    assert f"p < {n.P_TREND:.2f}".replace("0.", ".") in RULES["N3"]
    assert "under half of controls'" in RULES["N4"] and n.STEP_SHARE == 0.5
    assert f"> {n.ORDERED:.1f}".replace("0.", ".") in RULES["N5"] and "most" in RULES["N5"] and n.MOST == 0.5


# N1, N2 ---------------------------------------------------------------------------------------------------------------


def test_n1_and_n2_steady_averages_are_found():
    evidence = population(PLANTED)
    for judge in (n.activity, n.connectivity):
        found = judge(evidence)
        assert found.verdict == REPRODUCED and found.unit == "mice" and len(found.parts) == 2 and found.p < 0.05


@pytest.mark.parametrize("group", [CONTROL, BLOCKED])
def test_n1_and_n2_are_not_found_where_either_group_changes(group):
    paths = {g: (even if g == group else still) for g in PLANTED}
    assert n.activity(population(paths, activity=lambda p: 0.2 + 0.05 * p)).verdict == FAILED
    assert n.connectivity(population(paths, correlation=lambda p: 0.03 + 0.1 * p)).verdict == FAILED


def test_n1_is_not_found_for_want_of_a_difference_when_mice_scatter():
    def scatter(group, mouse, tables):
        tables["sessions"]["dff"] *= np.random.default_rng(mouse).normal(1, 0.4, 7)

    assert n.activity(population(PLANTED, alter=scatter)).verdict == UNDECIDED


# N3, N4, N6 -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("row", MOVING)
def test_the_way_to_expert_and_its_arrest_are_found(row):
    found = MOVING[row](population(PLANTED))
    assert found.verdict == REPRODUCED and found.n == 12, found


@pytest.mark.parametrize("row", MOVING)
@pytest.mark.parametrize("what", REMOVED)
def test_they_are_not_found_where_they_are_not(row, what):
    assert MOVING[row](REMOVED[what]).verdict == FAILED


@pytest.mark.parametrize("row", MOVING)
def test_half_an_arrest_is_not_enough(row):
    assert MOVING[row](population({CONTROL: even, BLOCKED: lambda s: 0.7 * even(s)})).verdict == FAILED


def test_n3_looks_at_windows_after_the_tone_alone():
    def spoil(group, mouse, tables):
        for table in tables.values():
            if "window" in table:
                table.loc[table.window < 0.4, "level"] = np.random.default_rng(mouse).random((table.window < 0.4).sum())

    assert n.kinetics(population(PLANTED, alter=spoil)).statistic == n.kinetics(population(PLANTED)).statistic


def test_n4_a_step_back_breaks_the_fall():
    def back(session):
        return even(session) - (0.4 if session == 5 else 0)

    found = n.configuration(population({CONTROL: back, BLOCKED: frozen}))
    assert found.verdict == FAILED and any("session 4 to 5" in p.measure and p.verdict == FAILED for p in found.parts)


# N5 -------------------------------------------------------------------------------------------------------------------


def test_n5_an_ordered_map_is_found_and_a_shuffled_one_not():
    found = n.ordering(population(PLANTED))
    assert found.verdict == REPRODUCED and found.statistic == 1.0 and found.p < 1e-6
    assert n.ordering(population(PLANTED, alter=shuffle_sessions)).verdict == FAILED
    assert n.ordering(population({CONTROL: still, BLOCKED: still})).verdict == FAILED


def test_n5_a_coordinate_that_falls_is_as_good_as_one_that_rises():
    def turn(group, mouse, tables):
        if "map_1" in tables["sessions"]:
            tables["sessions"]["map_1"] *= -1

    assert n.ordering(population(PLANTED, alter=turn)).verdict == REPRODUCED


def test_chance_of_an_order_is_that_of_all_orders():
    from itertools import permutations

    exact = np.mean(np.abs(n._rank_correlation(np.array(list(permutations(range(7)))))) > n.ORDERED)
    assert n._chance_of_order(7) == pytest.approx(exact, abs=0.005)


# Too little -----------------------------------------------------------------------------------------------------------

ROWS = [n.activity, n.connectivity, *MOVING.values(), n.ordering]


@pytest.mark.parametrize("judge", ROWS)
def test_few_mice_few_trials_few_sessions_and_no_analysis_say_so(judge):
    assert judge(population(PLANTED, mice=7)).verdict == UNDECIDED
    assert judge(population(PLANTED, trials=10)).verdict == UNDECIDED
    short = judge(population(PLANTED, sessions=6))
    assert short.verdict == UNDECIDED and "7 sessions" in short.note
    bare = judge(replace(population(PLANTED), result=lambda *which: None))
    assert bare.verdict == UNDECIDED and "reachenv analyse" in bare.note


def test_a_mouse_whose_session_is_missing_is_left_out():
    def lose(group, mouse, tables):
        if mouse == 3 and group == BLOCKED:
            for name, table in tables.items():
                tables[name] = table[table.session != 7]

    assert n.configuration(population(PLANTED, alter=lose)).n == 11


# From films -----------------------------------------------------------------------------------------------------------


def filmed(paths, monkeypatch, mice=8, deal=False):
    """Evidence out of planted films: every mouse goes through the analyses, with a map of few trials, for speed."""
    monkeypatch.setattr(configured, "TRIALS", 7)
    evidence = cohort({CONTROL: learns, BLOCKED: held}, mice=mice)
    found = {}
    for group, path in paths.items():
        for mouse in range(1, mice + 1):
            film = imaged_mouse(
                lambda s, path=path: 0.3 + 0.7 * path(s), trials=8, units=32, seconds=2.0, noise=0.7, seed=mouse
            )
            film = permuted(film, None, trial_by_trial=True, seed=mouse) if deal else film
            found["kinetics", group, mouse] = moving.analyse(film)
            found["configuration", group, mouse] = configured.analyse(film)
    return replace(evidence, result=lambda *which: found.get(which))


def test_from_films_planted_ways_are_found(monkeypatch):
    evidence = filmed(PLANTED, monkeypatch)
    assert [judge(evidence).verdict for judge in (*MOVING.values(), n.ordering)] == [REPRODUCED] * 4


def test_from_films_whose_trials_were_dealt_out_over_sessions_nothing_is_found(monkeypatch):
    evidence = filmed(PLANTED, monkeypatch, deal=True)
    assert [judge(evidence).verdict for judge in (*MOVING.values(), n.ordering)] == [FAILED] * 4
