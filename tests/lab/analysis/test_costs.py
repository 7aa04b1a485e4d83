"""What ablations cost: a planted cost is found, none is where there is none, and the report shows both tables."""

import numpy as np
import pytest
from planted import cohort, learns

from reachenv.lab import findings
from reachenv.lab.analysis.ablation_costs import costs, table
from reachenv.lab.figures import run as figures
from reachenv.lab.report import page as report

FLAT = {"control": learns, "no-m1-plasticity": lambda s: 0.30, "open-loop": learns}


def told(curves, **sizes):
    evidence = cohort(curves, "ablation", **{"mice": 8, **sizes})
    return {row.group: row for row in costs(evidence.design, evidence.trials)}


def test_a_mechanism_that_learning_needs_costs_all_of_the_gain():
    rows = told(FLAT)
    assert list(rows) == list(FLAT)
    assert rows["no-m1-plasticity"].kept == pytest.approx(0, abs=0.1) and rows["no-m1-plasticity"].p < 0.01
    assert rows["no-m1-plasticity"].against.high < 0


def test_one_that_is_not_needed_costs_nothing():
    row = told(FLAT)["open-loop"]
    assert row.kept == pytest.approx(1) and row.p == 1 and row.against.mean == 0


def test_control_is_shown_and_compared_with_nothing():
    row = told(FLAT)["control"]
    assert row.against is None and row.p is None and row.about == "nothing is missing"


def test_where_control_does_not_learn_no_share_is_given():
    assert told({name: lambda s: 0.3 for name in FLAT})["open-loop"].kept is None


def test_the_published_table_has_a_row_a_group():
    evidence = cohort(FLAT, "ablation", mice=8)
    header, _, *rows = table(costs(evidence.design, evidence.trials)).splitlines()
    assert "share kept" in header and len(rows) == 3
    assert "nothing is missing (`control`) | 8 |" in rows[0] and rows[0].endswith("| – | – | – |")
    assert "(`open-loop`)" in rows[2] and "+0.00 [+0.00, +0.00] | 1 | 100 %" in rows[2]


def test_no_ablation_no_table():
    evidence = cohort({"control": learns}, mice=2)
    assert costs(evidence.design, evidence.trials) == []


def test_the_report_shows_costs_and_verdicts(here):
    run, _ = here(design="ablation", groups=("control", "open-loop"))
    run.update(
        command="python train.py",
        git=None,
        versions={},
        machine={"system": "s", "cores": 2},
        started="2026-11-21T14:32:00",
        resumed=[],
    )
    figures.draw_all(run)
    assert "Published findings" not in report.write(run).read_text()  # nothing was judged yet
    findings.write(run)
    page = report.write(run).read_text()
    assert "What each mechanism is worth" in page and "thalamus no longer reaches" in page
    assert "Published findings" in page and "24 findings that this run cannot judge" in page
    assert np.all([f"<td>{f.id}</td>" in page for f in findings.FINDINGS])
