"""What is shown while a run goes on, and how mice are shared out."""

import subprocess
import sys

import numpy as np
import pytest
from rich.console import Console

from reachenv.lab.design.make import make_design
from reachenv.lab.records.recording import trial_table
from reachenv.lab.runner.local import SessionDone, TrialDone, _shares
from reachenv.lab.runner.progress import Tally, watching


def trial(session=1, number=1, won=(True, False)):
    return TrialDone(session, number, (("control", 1, won[0]), ("m1-block", 1, won[1])))


def test_counts_success_and_time_left():
    now = [0.0]
    tally = Tally(make_design(mice=1, sessions=2, trials=10), trial_table([]), clock=lambda: now[0])
    assert np.isnan(tally.seconds_left()) and np.isnan(tally.success("control"))
    for number in range(1, 6):
        tally.take(trial(number=number, won=(number > 1, False)))
    now[0] = 10.0
    assert tally.seconds_left() == pytest.approx(30.0)  # 10 of 40 trials in 10 s
    assert tally.success("control") == 0.8 and tally.success("m1-block") == 0.0
    assert "10/40 trials" in tally.line() and "session 1/2 success 0.80" in tally.line()


def test_a_resumed_run_counts_what_was_there_but_not_its_time():
    done = trial_table(
        [dict(group=g, mouse=1, session=1, trial=t, success=True, intervention="", perturbation="", seed=0, outcome="success")
         for g in ("control", "m1-block") for t in range(1, 11)]
    )  # fmt: skip
    now = [0.0]
    tally = Tally(make_design(mice=1, sessions=2, trials=10), done, clock=lambda: now[0])
    assert tally.done == {"control": 10, "m1-block": 10} and tally.success("control") == 1.0
    tally.take(trial(session=2))
    now[0] = 1.0
    assert tally.seconds_left() == pytest.approx(9.0)


def test_a_log_gets_plain_lines(capsys):
    tally = Tally(make_design(mice=1, sessions=2, trials=10), trial_table([]))
    with watching(tally, Console(force_terminal=False)) as show:
        show(trial())
        show(SessionDone(1, ()))
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 2 and "2/40 trials" in lines[1] and "\x1b" not in lines[1]


def test_a_terminal_gets_bars():
    console = Console(force_terminal=True, width=120, record=True)
    with watching(Tally(make_design(mice=1), trial_table([])), console) as show:
        show(trial())
    text = console.export_text()
    assert "control" in text and "session 1/7" in text and "success 1.00" in text and "left" in text


@pytest.mark.parametrize("workers", [1, 2, 5, 99])
def test_every_mouse_goes_to_one_worker_and_groups_mix(workers):
    subjects = list(make_design(mice=6).subjects())
    shares = _shares(subjects, workers)
    assert [s for share in shares for s in share] == subjects
    assert max(map(len, shares)) - min(map(len, shares)) <= 1 and len(shares) == min(workers, 12)
    if workers == 2:
        assert all(len({s.group.name for s in share}) == 2 for share in shares)


def test_analysis_reads_files_and_never_a_simulator():
    rooms = (
        "analysis.behaviour",
        "analysis.stats",
        "report.summary",
        "figures.run",
        "report.page",
        "records.recording",
    )
    modules = ", ".join(f"reachenv.lab.{room}" for room in rooms)
    forbidden = "{'mujoco', 'reachenv.sim', 'torch'}"
    code = f"import sys, {modules}; found = {forbidden} & set(sys.modules); assert not found, found"
    subprocess.run([sys.executable, "-c", code], check=True)
