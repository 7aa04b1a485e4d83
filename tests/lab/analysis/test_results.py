"""From files to numbers and pictures: known trials give known tables; figures and report need the files alone."""

import shutil

import numpy as np
import pandas as pd
import pytest

from reachenv.lab.analysis import behaviour
from reachenv.lab.design.make import make_design
from reachenv.lab.errors import UserError
from reachenv.lab.figures import run as figures
from reachenv.lab.records.folder import Run
from reachenv.lab.records.recording import read_recording, trial_table
from reachenv.lab.report import page as report
from reachenv.lab.report import summary


def made_up(success_of, mice=4, sessions=7, trials=10, groups=("control", "m1-block")):
    """Trials in which group g has success_of(g, session) × trials successes, first ones first."""
    rows = []
    for group in groups:
        for mouse in range(1, mice + 1):
            for session in range(1, sessions + 1):
                for trial in range(1, trials + 1):
                    won = trial <= round(success_of(group, session) * trials)
                    rows.append(
                        dict(group=group, mouse=mouse, session=session, trial=trial, success=won, intervention="",
                             outcome="success" if won else "miss", perturbation="", seed=0)
                    )  # fmt: skip
    return trial_table(rows)


def learns_unless_blocked(group, session):
    return 0.3 + 0.1 * (session - 1 if group == "control" else max(0, session - 4))


def test_success_by_session_counts_mice_not_trials():
    trials = made_up(lambda g, s: 0.5, mice=2)
    trials = pd.concat([trials, trials[(trials.mouse == 1) & ~trials.success]])  # one mouse gives many more trials
    table = behaviour.by_session(trials, "success")["control"]
    assert table.shape == (2, 7)
    np.testing.assert_allclose(table.mean(0), (1 / 3 + 1 / 2) / 2)


def test_outcome_shares_add_to_one_and_keep_their_order():
    shares = behaviour.outcome_shares(made_up(learns_unless_blocked))["control"]
    np.testing.assert_allclose(shares.sum(0), 1)
    np.testing.assert_allclose(shares[0], [0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9])


def test_raster_places_every_trial():
    raster = behaviour.outcome_raster(made_up(learns_unless_blocked), "control")
    assert raster.shape == (4, 70)
    assert (raster[0, :3] == 0).all() and (raster[0, 3:10] == behaviour.OUTCOMES.index("miss")).all()


def test_endpoint_spread_is_the_sd_of_a_mouse_not_of_the_group():
    rows = [dict(group="control", mouse=m, session=1, trial=t, endpoint_x=10 * m + t, endpoint_y=0, endpoint_z=0, seed=0,
                 success=True) for m in (1, 2) for t in (1, 2, 3)]  # fmt: skip
    np.testing.assert_allclose(behaviour.endpoint_spread(trial_table(rows))["control"], (1 / 3) ** 0.5)


def test_phasic_dopamine_is_the_largest_signed_change():
    trace = np.full(400, 1.0)
    trace[110:120] = 3.0
    trace[130:135] = 0.5
    assert behaviour.phasic(trace, 1.0, 0.01) == pytest.approx(2.0)
    trace[110:120] = 1.0
    assert behaviour.phasic(trace, 1.0, 0.01) == pytest.approx(-0.5)
    assert np.isnan(behaviour.phasic(trace, np.nan, 0.01))


def test_the_contrast_finds_a_block_and_not_where_there_is_none():
    design = make_design(mice=8)
    block = design.groups[1]
    found = summary.contrast(design, made_up(learns_unless_blocked, mice=8), block)
    assert (found.first, found.last, found.paired) == (1, 4, True)
    assert found.control.mean == pytest.approx(0.3) and found.treated.mean == pytest.approx(0.0)
    assert found.p == pytest.approx(2 / 2**8)
    same = summary.contrast(design, made_up(lambda g, s: 0.3 + 0.05 * s, mice=8), block)
    assert same.p == 1 and same.difference.mean == 0


def test_sentences_never_leave_n_out():
    design = make_design(mice=4)
    said = summary.sentences(design, made_up(learns_unless_blocked))
    assert all("4 mice" in sentence for sentence in said) and len(said) == 3


def test_a_small_run_says_that_it_is_small():
    assert "demonstration" in summary.caveat(make_design(mice=6))
    assert "conclude nothing" in summary.caveat(make_design(mice=1))
    assert "enough" in summary.caveat(make_design(mice=12))


def test_figures_and_report_come_from_the_files_alone(here, tmp_path):
    run, _ = here()
    moved = Run(tmp_path / "elsewhere")
    shutil.copytree(run.path, moved.path)
    shutil.rmtree(run.path)
    drawn = figures.draw_all(moved)
    assert [p.stem for p in drawn] == ["learning_curves", "outcomes", "kinematics", "dopamine"]
    again = {p: p.read_bytes() for p in drawn}
    figures.draw_all(moved)
    assert again == {p: p.read_bytes() for p in drawn}


def finished(run):
    run.update(command="python train.py", git=None, versions={"python": "3"}, machine={"system": "s", "cores": 2},
               started="2026-11-21T14:32:00", resumed=[])  # fmt: skip
    return run


def test_the_report_is_one_file_that_holds_everything(here):
    run, _ = here()
    figures.draw_all(finished(run))
    page = report.write(run).read_text()
    assert page.count("data:image/png;base64,") == 4
    assert "http://" not in page and "https://" not in page and 'src="figures' not in page
    for said in (
        "brain <b>bg_loop</b>",
        "python train.py",
        "M1 dopamine blocked in sessions 2–3",
        "conclude nothing",
        "reachenv report",
    ):
        assert said in page
    assert "not complete" not in page


def test_the_report_of_a_run_that_goes_on_says_so(here):
    run, design = here()
    run.session_files(design.subjects()[0], 3).trials.unlink()
    figures.draw_all(finished(run))
    assert "not complete" in report.write(run).read_text()


def test_without_recordings_there_is_no_dopamine_figure(here):
    run, _ = here(recording=False)
    assert [p.stem for p in figures.draw_all(run)] == ["learning_curves", "outcomes", "kinematics"]


def test_nothing_to_draw_is_said(new_run):
    run, _ = new_run()
    with pytest.raises(UserError, match="no finished session"):
        figures.draw_all(run)
    with pytest.raises(UserError, match="no finished session"):
        report.write(run)


def test_damaged_files_are_named(here):
    run, design = here()
    files = run.session_files(design.subjects()[0], 1)
    files.recording.write_bytes(b"PK rubbish")
    with pytest.raises(UserError, match="session-01.npz"):
        read_recording(run, design.subjects()[0], 1)
    files.trials.write_bytes(b"rubbish")
    with pytest.raises(UserError, match="session-01.parquet"):
        figures.draw_all(run)


def test_one_mouse_and_many_groups_can_be_drawn(here):
    run, _ = here(mice=1, interventions=("m1:2", "striatum:2-3@0.5", "both:1-2"), name="many")
    assert len(figures.draw_all(run)) == 4
