"""N7, N8: each judgement finds its effect where it was planted, and not where it was removed.

First from planted numbers by mouse and session, many mice and fast; at the end from planted films, through the analyses.
"""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from planted import cohort, held, learns
from planted_outcome import mouse_of, shuffled_mouse

from reachenv.lab.analysis.outcome import glm, indicative
from reachenv.lab.findings import outcome as o
from reachenv.lab.findings.catalogue import FINDINGS
from reachenv.lab.findings.verdict import FAILED, REPRODUCED, UNDECIDED

RULES = {f.id: f.rule for f in FINDINGS}
CONTROL, BLOCKED = "control", "m1-block"


def even(session):
    return min(1.0, (session - 1) / 6)


def frozen(session):
    return 0.0 if session <= 4 else (session - 4) / 3


def still(session):
    return 0.0


BOTH = {CONTROL: even, BLOCKED: frozen}


def population(
    paths, mice=12, seed=0, tone=-0.02, success=0.02, some=0.2, first=0.05, shuffled=0.02, alter=None, **sizes
):
    """Evidence in which what tone and success add, and the fraction of indicative cells, move by so much in all.

    Session s of a group is the share paths[group](s) of the way. alter(group, mouse, tables): spoils tables in place.
    """
    evidence = cohort({CONTROL: learns, BLOCKED: held}, mice=mice, **sizes)

    def result(analysis, group, mouse):
        rng = np.random.default_rng([seed, mouse, analysis == "indicative"])
        rows = []
        for s in range(1, evidence.design.sessions + 1):
            p = paths[group](s) + 0.03 * rng.standard_normal()
            if analysis == "encoding":
                for trials in ("all", "balanced"):
                    row = {"session": s, "trials": trials}
                    rows.append(row | {"event": "tone", "contribution": 0.05 + tone * p, "together": "tone+lift"})
                    rows.append(row | {"event": "success", "contribution": 0.01 + success * p, "together": "success"})
            else:
                for trials in ("all", "balanced"):
                    for level in (0.05, 0.01):
                        seen = first + some * p if level == 0.01 else 0.9
                        row = {"session": s, "trials": trials, "level": level, "windows": 2}
                        rows.append(row | {"fraction": seen, "shuffled": shuffled * (1 if level == 0.01 else 10)})
        tables = {"sessions": pd.DataFrame(rows)}
        if alter:
            alter(group, mouse, tables)
        return tables

    return replace(evidence, result=result)


def shuffle_sessions(group, mouse, tables):
    """Every mouse's sessions get each other's values."""
    numbers = np.arange(1, 8)
    dealt = np.random.default_rng([mouse, len(group)]).permutation(numbers)
    tables["sessions"]["session"] = tables["sessions"]["session"].map(dict(zip(numbers, dealt, strict=True)))


def test_the_rules_are_those_of_the_table():
    assert "tone falls, of outcome rises, session 1 against 7; not under block" in RULES["N7"]
    assert "above the shuffled fraction grows from session 1 to 7" in RULES["N8"] and "a minority" in RULES["N8"]
    assert o.MINORITY == 1 / 2 and list(range(1, 11))[o.COLUMNS] == [1, 4, 7]


def test_n7_is_found():
    found = o.tone_to_outcome(population(BOTH))
    assert found.verdict == REPRODUCED and found.n == 12 and len(found.parts) == 8
    tone, _, _, _, success, _, evenly, _ = found.parts
    assert "equal numbers" in evenly.measure
    assert tone.statistic == pytest.approx(-0.02, abs=0.003) and success.statistic == pytest.approx(0.02, abs=0.003)
    assert tone.interval[1] < 0 < success.interval[0] and "lift" in tone.note and "lift" not in success.note


def growing_with_success(group, mouse, tables):
    """Equal numbers of successes and failures show no growth."""
    table = tables["sessions"]
    column = "contribution" if "contribution" in table else "fraction"
    evenly = (table.trials == "balanced") & (table.event == "success" if "event" in table else True)
    table.loc[evenly, column] = table[column][evenly & (table.session == 1)].min()


@pytest.mark.parametrize(
    "removed",
    [
        population({CONTROL: still, BLOCKED: still}),  # nothing moves
        population({CONTROL: even, BLOCKED: even}),  # never blocked
        population(BOTH, tone=0.02),  # the tone's part rises
        population(BOTH, tone=0.0),
        population(BOTH, success=0.0),
        population(BOTH, success=-0.02),
        population(BOTH, alter=growing_with_success),
        population(BOTH, alter=shuffle_sessions),
    ],
    ids=[
        "nothing",
        "not blocked",
        "tone rises",
        "tone stays",
        "outcome stays",
        "outcome falls",
        "success alone",
        "shuffled",
    ],
)
def test_n7_is_not_found_where_it_is_not(removed):
    assert o.tone_to_outcome(removed).verdict == FAILED


def test_n8_is_found():
    found = o.indicative_neurons(population(BOTH))
    assert found.verdict == REPRODUCED and found.n == 12
    grows, stays, evenly, _, few = found.parts
    assert grows.statistic == pytest.approx(0.2, abs=0.03) and few.statistic == pytest.approx(0.25, abs=0.03)
    assert stays.statistic < 0.5 and stays.unit == "pairs of twins" and "equal numbers" in evenly.measure


def growing_by_chance(group, mouse, tables):
    """All of the growth is in shuffled labels too."""
    tables["sessions"]["shuffled"] = tables["sessions"]["fraction"] - 0.01


@pytest.mark.parametrize(
    "removed",
    [
        population({CONTROL: still, BLOCKED: still}),
        population({CONTROL: even, BLOCKED: even}),
        population(BOTH, some=-0.04),
        population(BOTH, some=0.6),  # most cells, not a minority
        population(BOTH, alter=growing_by_chance),
        population(BOTH, alter=growing_with_success),
        population(BOTH, alter=shuffle_sessions),
    ],
    ids=["nothing moves", "not blocked", "fewer", "most cells", "chance alone", "success alone", "shuffled"],
)
def test_n8_is_not_found_where_it_is_not(removed):
    assert o.indicative_neurons(removed).verdict == FAILED


@pytest.mark.parametrize("judge", [o.tone_to_outcome, o.indicative_neurons])
def test_too_little_is_not_judged(judge):
    assert judge(population(BOTH, mice=7)).verdict == UNDECIDED
    assert judge(population(BOTH, trials=10)).verdict == UNDECIDED
    assert "7 sessions" in judge(population(BOTH, sessions=6)).note
    assert "reachenv analyse" in judge(replace(population(BOTH), result=lambda *of: None)).note
    empty = pd.DataFrame(
        columns=["session", "event", "trials", "level", "windows", "fraction", "shuffled", "contribution"]
    )
    assert judge(replace(population(BOTH), result=lambda *of: {"sessions": empty})).verdict == UNDECIDED


def test_a_mouse_without_a_number_leaves_with_its_twin():
    def spoil(group, mouse, tables):
        if (group, mouse) == (BLOCKED, 3):
            table = tables["sessions"]
            table.loc[table.session == 4, [c for c in ("contribution", "fraction") if c in table]] = np.nan

    for judge in (o.tone_to_outcome, o.indicative_neurons):
        assert judge(population(BOTH, alter=spoil)).parts[0].n == 11


def films(paths, spoil=lambda mouse: mouse, pairs=8) -> dict:
    """Results of the analyses on planted films of sessions 1, 4 and 7 of every mouse, kept under their real numbers."""
    found = {}
    for group, path in paths.items():
        for number in range(1, pairs + 1):
            made = [dict(trials=30, units=10, cells=3, outcome=3 * path(s), tone=3 - 2 * path(s)) for s in (1, 4, 7)]
            mouse = spoil(mouse_of(*made, group=group, mouse=number))
            for name, analysis in (("encoding", glm), ("indicative", indicative)):
                table = analysis.analyse(mouse)["sessions"]
                found[name, group, number] = {"sessions": table.assign(session=table.session * 3 - 2)}
    return found


@pytest.mark.parametrize(
    ("paths", "spoil", "verdicts"),
    [
        (BOTH, lambda mouse: mouse, (REPRODUCED, REPRODUCED)),
        (BOTH, shuffled_mouse, (FAILED, FAILED)),
        ({CONTROL: even, BLOCKED: even}, lambda mouse: mouse, (FAILED, FAILED)),
    ],
    ids=["planted", "outcomes shuffled", "not blocked"],
)
def test_from_films_to_verdicts(paths, spoil, verdicts):
    found = films(paths, spoil)
    evidence = replace(cohort({CONTROL: learns, BLOCKED: held}, mice=8), result=lambda *of: found[of])
    assert (o.tone_to_outcome(evidence).verdict, o.indicative_neurons(evidence).verdict) == verdicts


def test_more_success_alone_makes_more_cells_indicative_and_does_not_pass():
    """The trap that equal numbers are there for: the same code for the outcome in every session, and a mouse that learns."""
    found = {}
    for number in range(1, 9):
        for group, path in BOTH.items():
            made = [dict(units=24, cells=12, outcome=1.0, rate=0.15 + 0.35 * path(s)) for s in (1, 4, 7)]
            table = indicative.analyse(mouse_of(*made, group=group, mouse=number))["sessions"]
            found["indicative", group, number] = {"sessions": table.assign(session=table.session * 3 - 2)}
    evidence = replace(cohort({CONTROL: learns, BLOCKED: held}, mice=8), result=lambda *of: found[of])
    judged = o.indicative_neurons(evidence)
    grows, _, evenly, *_ = judged.parts
    assert grows.verdict == REPRODUCED and evenly.verdict == FAILED == judged.verdict
