"""The table as a whole: every finding has a row, files alone suffice, the command line, findings.json and the report."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from planted import cohort, held, learns, with_tapes
from small_runs import make_run

from reachenv.lab import findings
from reachenv.lab.commands.main import call
from reachenv.lab.commands.outputs import lines
from reachenv.lab.errors import UserError
from reachenv.lab.findings.verdict import FAILED, REPRODUCED, UNDECIDED, Judged, all_of
from reachenv.lab.records.folder import Run
from reachenv.lab.records.recording import write_recording, write_trials

IDS = [f"B{i}" for i in range(1, 6)] + [f"N{i}" for i in range(1, 9)]
IDS += [f"L{i}" for i in range(1, 8)] + [f"D{i}" for i in range(1, 5)]


def as_run(path, evidence):
    """A finished run folder that holds made-up evidence."""
    sizes = {k: getattr(evidence.design, k) for k in ("mice", "sessions", "trials")}
    run, design = make_run(path, recording=evidence.tape is not None, **sizes)
    for s in design.subjects():
        for session in range(1, design.sessions + 1):
            t = evidence.trials
            table = t[(t.group == s.group.name) & (t.mouse == s.mouse) & (t.session == session)]
            files = run.session_files(s, session)
            files.trials.parent.mkdir(parents=True, exist_ok=True)
            if evidence.tape:
                names = ["vta", "dopamine_m1", "dopamine_striatum", "dt"]
                write_recording(files.recording, evidence.tape(s.group.name, s.mouse, session, names))
            write_trials(files.trials, table)
    run.update(status="finished", command="python train.py")
    return run


@pytest.fixture(scope="module")
def planted(tmp_path_factory):
    evidence = with_tapes(cohort({"control": learns, "m1-block": held}, mice=8, trials=20))
    return as_run(tmp_path_factory.mktemp("planted") / "run", evidence)


def test_every_row_of_the_table_is_there_with_a_verdict(planted):
    rows = findings.write(planted)
    assert [f.id for f, _ in rows] == IDS
    assert {judged.verdict for _, judged in rows} <= {REPRODUCED, FAILED, UNDECIDED}


def test_what_was_planted_is_found_and_the_rest_says_what_it_needs(planted):
    verdicts = {f.id: judged for f, judged in findings.write(planted)}
    for found in ("B1", "B2", "D1", "D2"):
        assert verdicts[found].verdict == REPRODUCED, found
    for other in set(IDS) - {"B1", "B2", "D1", "D2"}:
        assert verdicts[other].verdict == UNDECIDED and "needs" in verdicts[other].note, other


def test_files_alone_suffice_and_give_the_same_verdicts_again(planted, tmp_path):
    findings.write(planted)
    first = (planted.path / "findings.json").read_bytes()
    moved = Run(tmp_path / "elsewhere")
    shutil.copytree(planted.path, moved.path)
    (moved.path / "findings.json").unlink()
    findings.write(moved)
    assert (moved.path / "findings.json").read_bytes() == first


def test_findings_json_holds_the_contract_and_nothing_that_is_no_json(planted):
    findings.write(planted)
    told = json.loads((planted.path / "findings.json").read_text(), parse_constant=pytest.fail)
    assert told["design"]["name"] == "acquisition" and told["command"] == "python train.py" and told["complete"]
    for row in told["findings"]:
        assert {"id", "statistic", "interval", "n", "verdict", "p", "unit", "source", "rule", "note"} <= set(row)
    block = next(row for row in told["findings"] if row["id"] == "B2")
    assert block["n"] == 8 and len(block["interval"]) == 2 and block["p"] < 0.01


def test_the_table_fits_its_width_and_names_every_row(planted):
    text = lines(findings.write(planted), 90)
    assert max(map(len, text)) <= 90
    assert [line.split()[0] for line in text if line[0] != " "] == IDS


def test_the_report_gets_words_for_every_row(planted, tmp_path):
    findings.write(planted)
    rows = findings.table_for_report(planted)
    assert [row["id"] for row in rows] == IDS and all(row["said"] for row in rows)
    assert findings.table_for_report(make_run(tmp_path / "fresh")[0]) == []


def test_a_small_run_is_not_judged_but_listed(here):
    run, _ = here()  # two mice, three sessions
    assert all(judged.verdict == UNDECIDED for _, judged in findings.write(run))


def test_a_run_that_only_began_is_listed_too(new_run):
    run, _ = new_run()
    assert all(judged.verdict == UNDECIDED for _, judged in findings.write(run))


def test_one_weak_part_decides():
    good, weak, bad = Judged(REPRODUCED, "a", 1.0), Judged(UNDECIDED, "b"), Judged(FAILED, "c", 3.0)
    assert all_of([good, weak]).verdict == UNDECIDED
    assert all_of([good, bad, weak]).measure == "c" and len(all_of([good, bad, weak]).parts) == 3


def test_the_command_line(planted, capsys):
    call(["findings", str(planted.path)])
    out = capsys.readouterr().out
    assert "B2  reproduced" in out and "findings.json" in out


def test_bad_input_is_one_sentence(tmp_path):
    with pytest.raises(UserError, match="required: RUN"):
        call(["findings"])
    told = subprocess.run(
        [sys.executable, "-m", "reachenv", "findings", str(tmp_path)], capture_output=True, text=True,
        cwd=Path(__file__).parents[3],
    )  # fmt: skip
    assert told.returncode == 2 and "config.json" in told.stderr and "Traceback" not in told.stderr
