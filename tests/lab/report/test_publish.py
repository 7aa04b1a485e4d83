"""What is published of a run: small, without the machine, never over what is there."""

import json

import numpy as np
import pytest
from PIL import Image
from small_runs import make_run

from reachenv.lab.errors import UserError
from reachenv.lab.findings import FINDINGS
from reachenv.lab.report import publish as p

ROW = {"text": "text", "source": "source", "rule": "rule", "verdict": "reproduced", "measure": "success | share", "statistic": 2.0,
       "interval": [1.5, None], "p": 0.01, "n": 12, "unit": "mice", "note": "a\nb", "parts": []}  # fmt: skip


@pytest.fixture
def finished(tmp_path):
    """A finished run with made-up verdicts and figures of noise, which no palette makes small."""
    run, _ = make_run(tmp_path / "home" / "run", mice=2, sessions=2, trials=2)
    machine = {"system": "Linux-6.1-secret-host", "processor": "x86_64", "cores": 2}
    run.update(status="finished", command="python train.py --output /home/someone/run --lesion gpi:2/1-2", machine=machine,
               started="2026-01-01T10:00:00", finished="2026-01-01T11:30:00", git="abc", versions={"numpy": "2"}, resumed=[],
               origin={"path": "/home/someone/other"})  # fmt: skip
    rows = [ROW | {"id": finding.id} for finding in FINDINGS]
    told = {"command": run.config()["command"], "findings": rows}
    (run.path / "findings.json").write_text(json.dumps(told))
    (run.path / "trials.parquet").write_bytes(b"trials")
    (run.path / "figures").mkdir()
    for name in ("learning_curves", "outcomes"):
        noise = np.random.default_rng(0).integers(0, 255, (400, 1800, 3), np.uint8)
        Image.fromarray(noise).save(run.path / "figures" / f"{name}.png")
    return run


def test_the_page_tells_command_seed_time_verdicts_and_figures(finished, tmp_path):
    p.publish(finished, tmp_path / "docs")
    page = (tmp_path / "docs" / "README.md").read_text()
    assert "python train.py --output run --lesion gpi:2/1-2" in page and "took 90 min" in page and "Seed" in page
    assert "| B1 | text | reproduced | success \\| share: 2 [1.5, ∞]; P = 0.01 | 12 mice | a<br>b |" in page
    assert "(figures/learning_curves.png)\n\n*Success by session, or by trial" in page and "kinematics" not in page
    assert page.count("\n| ") == len(FINDINGS) + 2
    assert (tmp_path / "docs" / "trials.parquet").read_bytes() == b"trials"


def test_what_was_not_asked_of_a_run_is_one_line(finished, tmp_path):
    told = json.loads((finished.path / "findings.json").read_text())
    few, unasked = told["findings"][:2]
    few |= {"verdict": "not enough data", "n": 2}
    unasked |= {"verdict": "not enough data", "n": 0}
    (finished.path / "findings.json").write_text(json.dumps(told))
    p.publish(finished, tmp_path / "out")
    page = (tmp_path / "out" / "README.md").read_text()
    assert f"| {few['id']} |" in page and f"| {unasked['id']} |" not in page
    assert f"Not asked of this run: {unasked['id']};" in page


def test_the_imaged_population_can_be_published_apart(finished, tmp_path):
    Image.new("RGB", (40, 40)).save(finished.path / "figures" / "network_averages.png")
    p.publish(finished, tmp_path / "network", part="network")
    p.publish(finished, tmp_path / "rest", part="behaviour")
    network, rest = ((tmp_path / name / "README.md").read_text() for name in ("network", "rest"))
    assert (
        "| N1 |" in network
        and "| B1 |" not in network
        and "network_averages.png" in network
        and "learning_curves" not in network
    )
    assert (
        "| N1 |" not in rest and "| B1 |" in rest and "network_averages" not in rest and "learning_curves.png" in rest
    )
    assert not (tmp_path / "network" / "trials.parquet").exists() and (tmp_path / "rest" / "trials.parquet").exists()
    with pytest.raises(UserError, match="'brain' is not known; there is all, behaviour, network"):
        p.publish(finished, tmp_path / "third", part="brain")


def test_nothing_of_the_machine_is_published(finished, tmp_path):
    p.publish(finished, tmp_path / "docs")
    for name in ("README.md", "config.json", "findings.json"):
        text = (tmp_path / "docs" / name).read_text()
        assert "/home" not in text and "someone" not in text and "secret" not in text and str(tmp_path) not in text


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("--from /a/b/runs/acq --mice 3", "--from acq --mice 3"),
        ("--output=~/runs/x", "--output=x"),
        ("gpi:8/21-40 m1:2-4/1.0-1.5s", "gpi:8/21-40 m1:2-4/1.0-1.5s"),
        ("runs/acq", "runs/acq"),
        ("tests/agents/test_loop.py::test_x", "tests/agents/test_loop.py::test_x"),
        (
            "doi 10.1038/s41467-024-55317-4, see https://a.org/b/c",
            "doi 10.1038/s41467-024-55317-4, see https://a.org/b/c",
        ),
        ("session 7 / session 1", "session 7 / session 1"),
    ],
)
def test_paths_of_a_machine_become_names_and_nothing_else_changes(text, left):
    assert p.without_machine([text]) == [left]


def test_figures_shrink_until_they_fit(finished):
    paths = sorted((finished.path / "figures").glob("*.png"))
    large, less = p.small(paths), p.small(paths, most=600_000)
    assert sum(map(len, less)) <= 600_000 < sum(map(len, large)) <= p.MOST_FIGURES
    with pytest.raises(UserError, match="2 figures take"):
        p.small(paths, most=1000)


def test_it_never_overwrites_unasked(finished, tmp_path):
    folder = tmp_path / "docs"
    p.publish(finished, folder)
    (folder / "figures" / "old.png").write_bytes(b"")
    (folder / "notes.md").write_text("mine")
    before = (folder / "README.md").read_bytes()
    with pytest.raises(UserError, match="--overwrite"):
        p.publish(finished, folder)
    p.publish(finished, folder, overwrite=True)
    assert (folder / "README.md").read_bytes() == before and not (folder / "figures" / "old.png").exists()
    assert (folder / "notes.md").read_text() == "mine"


def test_only_a_finished_and_judged_run_is_published(finished, tmp_path):
    (finished.path / "findings.json").unlink()
    with pytest.raises(UserError, match="reachenv findings"):
        p.publish(finished, tmp_path / "docs")
    finished.update(status="running")
    with pytest.raises(UserError, match="not finished"):
        p.publish(finished, tmp_path / "docs")
    assert not (tmp_path / "docs").exists()


def test_large_trials_stay_behind(finished, tmp_path):
    (finished.path / "trials.parquet").write_bytes(bytes(p.MOST_TRIALS + 1))
    p.publish(finished, tmp_path / "docs")
    assert not (tmp_path / "docs" / "trials.parquet").exists()
    assert "trials.parquet" not in (tmp_path / "docs" / "README.md").read_text()
