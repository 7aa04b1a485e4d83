"""The table of all findings says what the published runs say, and a test sees where it does not."""

import json

import pytest

from reachenv.lab.errors import UserError
from reachenv.lab.findings import FINDINGS
from reachenv.lab.records.provenance import shipped_brain
from reachenv.lab.report import scoreboard


@pytest.fixture
def results(tmp_path):
    """A folder of three published runs: two of today's parameters that differ on B1, one of earlier ones."""
    digest = shipped_brain()["digest"]
    for name, brain, verdicts in (
        ("first", digest, {"B1": "reproduced", "B2": "reproduced", "L6": "reproduced"}),
        ("loop/second", digest, {"B1": "not reproduced", "L1": "not enough data", "L6": "reproduced"}),
        ("before", "0", {"B3": "reproduced"}),
    ):
        (tmp_path / name).mkdir(parents=True)
        rows = [{"id": id, "verdict": verdict} for id, verdict in verdicts.items()]
        (tmp_path / name / "findings.json").write_text(json.dumps({"findings": rows}))
        (tmp_path / name / "config.json").write_text(json.dumps({"brain": shipped_brain() | {"digest": brain}}))
    (tmp_path / "README.md").write_text("Head\n<!-- begin scoreboard -->\n<!-- end scoreboard -->\nTail\n")
    (tmp_path / "root.md").write_text("<!-- begin verdicts -->\n<!-- end verdicts -->\n")
    return tmp_path


def test_the_published_table_is_that_of_the_published_runs(capsys):
    assert scoreboard.write(check=True) == 0, "reachenv scoreboard writes it anew"


def test_every_run_that_judged_a_finding_stands_in_its_row(results):
    rows = {
        line.split(" | ")[0].strip("| "): line for line in scoreboard.table(scoreboard.read_pages(results)).splitlines()
    }
    assert rows["B1"].endswith("| [first](first/README.md) | [loop/second](loop/second/README.md) |")
    assert rows["B3"].endswith("| [before](before/README.md)* |  |")
    assert rows["L1"].endswith("| not judged yet |  |")
    assert rows["L6"].endswith("| a probe of the model, cited by all runs: [first](first/README.md) |  |")
    assert set(rows) > {finding.id for finding in FINDINGS}


def test_runs_of_earlier_parameters_count_for_nothing(results):
    said = scoreboard.table(scoreboard.read_pages(results)).splitlines()[-1]
    assert said.startswith(f"By runs of today's parameters: 2 of {len(FINDINGS)}")
    assert "somewhere: B1 (learning: success nearly doubles over seven sessions);" in said
    assert "B3" in said.split("not judged:")[1]


def test_a_page_that_has_drifted_is_told_and_written_anew(results, capsys):
    root = results / "root.md"
    assert scoreboard.write(True, results, root) == 1
    assert "README.md and root.md drifted: reachenv scoreboard" in capsys.readouterr().out
    assert scoreboard.write(False, results, root) == 0 == scoreboard.write(True, results, root)
    assert "not reproduced somewhere: B1 (learning" in root.read_text()
    page = (results / "README.md").read_text()
    assert page.startswith("Head\n") and page.endswith("Tail\n") and "| B1 |" in page


def test_what_cannot_be_read_is_named(results):
    (results / "first" / "config.json").unlink()
    with pytest.raises(UserError, match="first is no published run"):
        scoreboard.read_pages(results)
