"""The loop beside the baselines, from made-up curves whose answer is known."""

import json
from dataclasses import asdict, replace

import numpy as np
import pandas as pd
import pytest
import stub
from small_runs import finish_here, make_run

from reachenv.lab.baselines import comparison
from reachenv.lab.baselines.task import FORMAT, Task, open_baseline
from reachenv.lab.commands.main import call
from reachenv.lab.errors import UserError
from reachenv.lab.records import provenance
from reachenv.lab.records.folder import create_run
from reachenv.lab.records.recording import write_trials

MACHINE = {"system": "Linux-6.1-secret-host", "processor": "x86_64", "cores": 2}


def baseline(path, task, success, status="finished"):
    """A run on one core with these shares of success at its tests, 100 trials and 50 s of learning apart."""
    config = {
        "format": FORMAT,
        "status": status,
        "task": asdict(task),
        "machine": MACHINE,
        "training_timing": {"total": 1.4},
    }
    run = create_run(path, config | {"command": f"python train.py --workers 1 --output {path}"})
    rows = [
        {"steps": 10_000 * i, "trials_learned": 100 * i, "seconds_learning": 50.0 * i, "trial": k + 1, "success": k < 50 * share}
        for i, share in enumerate(success)
        for k in range(50)
    ]  # fmt: skip
    pd.DataFrame(rows).to_parquet(run.path / "evaluation.parquet")
    (run.path / "checkpoints").mkdir()
    (run.path / "checkpoints" / "step-0000030000.zip").write_bytes(b"agent")
    return open_baseline(path)


@pytest.fixture
def mice(tmp_path):
    """Finished mice on two cores that succeed in .5 of session 1 and in all of session 2; a block left .1 of their gain."""
    run, design = make_run(tmp_path / "mice", mice=2, sessions=2, trials=2)
    finish_here(run, design, stub.STUB)
    for subject in design.subjects():
        for session in (1, 2):
            path = run.session_files(subject, session).trials
            table = pd.read_parquet(path)
            table["success"] = [True, session == 2]
            write_trials(path, table)
    took = {"started": "2026-01-01T10:00:00", "finished": "2026-01-01T10:00:16", "resumed": []}
    run.update(status="finished", command="python train.py", machine=MACHINE, **took)
    (run.path / "findings.json").write_text(json.dumps({"findings": [B2]}))
    return run


B2 = {"id": "B2", "text": "", "source": "", "rule": "", "verdict": "failed", "measure": "", "statistic": 0.1, "interval": None,
      "p": None, "n": 0, "unit": "", "note": "", "parts": []}  # fmt: skip


@pytest.fixture
def runs(tmp_path):
    ppo = Task("ppo")
    return [
        baseline(tmp_path / "a", ppo, (0, 0.2, 0.7, 0.8)),
        baseline(tmp_path / "b", replace(ppo, seed=1), (0, 0.2, 0.4, 0.6)),
        baseline(tmp_path / "c", replace(ppo, lesion="rpe:2-3"), (0, 0.2, 0.26, 0.26)),
    ]


def test_the_table_tells_success_trials_speed_and_what_a_block_left(runs, mice):
    loop, ppo = comparison.table(comparison.rows(runs, mice)).splitlines()[2:]
    n = len(mice.design().subjects()) * 2 * 2  # trials of all mice, in 16 s on two cores
    assert loop == (
        f"| BG loop (`bg_loop`) | 2 mice | 1.00 | 2 | 4 | 2 | {n * 400 / 32:,.0f} | 0.10 of the gain left (M1 dopamine, sessions 2–4) |"
    )
    # mean of the last three tests .567 and .4; .5 after 200 and 300 trials; .7 after 200 and never; 30,000 steps in 150 s, one core;
    # sessions 2-3 took seed 0 from .2 to .8, under the block from .2 to .26
    assert ppo == (
        "| PPO (`ppo`), spinal, shaped reward | 2 seeds | 0.48 (0.40–0.57) | 250 (200–300) | 200 (1 of 2 not reached) | 1 | 200 "
        "| 0.10 of the gain left (prediction error, sessions 2–3 of 20) |"
    )


def test_without_a_gain_a_block_has_nothing_to_take(tmp_path, mice):
    flat = baseline(tmp_path / "f", Task("ppo"), (0.2, 0.2, 0.2))
    blocked = baseline(tmp_path / "g", Task("ppo", lesion="rpe:1"), (0.2, 0.2, 0.2))
    other = baseline(tmp_path / "h", Task("ppo", seed=5, lesion="rpe:1"), (0.2, 0.2, 0.2))
    said = comparison.rows([flat, blocked, other], mice)[1].blocked
    assert "nothing was gained without it either" in said and "seed 5 was not run without a lesion" in said
    assert comparison.NEVER in comparison.table(comparison.rows([flat], mice))


def test_a_block_of_what_was_not_blocked_is_not_measured_and_of_what_knows_no_error_does_not_apply(tmp_path, mice):
    whole = [baseline(tmp_path / kind, Task(kind), (0.2, 0.2, 0.2)) for kind in ("ppo", "recurrent_ppo", "sac")]
    said = [row.blocked for row in comparison.rows(whole, mice)[1:]]
    assert said == ["not measured", "not measured", comparison.NO_ERROR]


def test_the_folder_holds_table_curves_tests_and_agents_and_no_path(runs, mice, tmp_path, capsys):
    out = tmp_path / "docs"
    runs[1][0].update(resumed=["2026-01-01T10:00:00"])
    words = [*(str(run.path) for run, _ in runs), "--mice", str(mice.path), "--out", str(out)]
    call(["compare", *words])
    assert "| PPO (`ppo`)" in capsys.readouterr().out
    page = (out / "README.md").read_text()
    assert "| PPO (`ppo`)" in page and "python train.py --workers 1 --output a\n" in page and str(tmp_path) not in page
    assert "by construction, and no finding" in page and "learning alone" in page and "4 mice, their recordings" in page
    assert "Interrupted, and gone on from a checkpoint, which does not end bit-identical: b." in page
    assert (out / "a.zip").read_bytes() == b"agent" and (out / "curves.png").stat().st_size > 5000
    assert len(pd.read_parquet(out / "b.parquet")) == 200 and not (out / "a.mp4").exists()
    with pytest.raises(UserError, match="not overwritten"):
        call(["compare", *words])
    call(["compare", *words, "--overwrite"])


def test_what_cannot_be_compared_is_one_sentence(mice, tmp_path):
    baseline(tmp_path / "u", Task("ppo"), (0, 0), status="running")
    for path, says in (
        (mice.path, "no run of a baseline"),
        (tmp_path / "u", "not finished; first: reachenv baseline --resume"),
    ):
        with pytest.raises(UserError, match=says):
            call(["compare", str(path), "--mice", str(mice.path), "--out", str(tmp_path / "x")])
    assert not (tmp_path / "x").exists()


def test_the_curve_of_mice_is_that_of_control(mice):
    curve, _ = comparison.read_mice(mice)
    assert np.array_equal(curve.trials, [2, 4]) and curve.success == pytest.approx([0.5, 1.0])


def test_speed_is_told_for_one_core_and_only_where_it_is_known(runs, mice):
    whole, other, _ = runs
    whole[0].update(workers=4, machine=MACHINE | {"cores": 8})  # goes before what the command says
    mice.update(resumed=["2026-01-01T10:00:08"])
    loop, ppo = comparison.rows(runs, mice)
    assert ppo.cores.tolist() == [4, 1] and ppo.pace.tolist() == [50, 200]
    assert "| 2.5 (1–4) | 125 (50–200) |" in comparison.table([ppo])
    assert "| 2 | not measured |" in comparison.table([loop])  # how long it lay still is not known


@pytest.mark.parametrize(
    ("command", "workers", "cores"),
    [("", None, 2), ("--workers 1", None, 1), ("--workers=3", None, 3), ("--workers 1", 2, 2), ("--ray --workers 8", None, 8)],
)  # fmt: skip
def test_cores_are_those_that_a_run_was_given(command, workers, cores):
    config = {"command": f"python train.py {command}", "machine": MACHINE}
    assert provenance.cores(config | ({"workers": workers} if workers else {})) == cores


def test_a_cluster_without_a_number_has_cores_that_nobody_counted():
    assert np.isnan(provenance.cores({"command": "python train.py --ray", "machine": MACHINE, "workers": 0}))
