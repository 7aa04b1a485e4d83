"""The driver: results whole, the same for any number of workers, not computed twice; damage named and the rest done."""

import shutil
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest

from reachenv.lab.analysis.registry import ANALYSES, chosen
from reachenv.lab.analysis.results import Analysis, read_result
from reachenv.lab.analysis.workers import analyse
from reachenv.lab.commands.main import call
from reachenv.lab.errors import UserError
from reachenv.lab.records.recording import read_recording


@dataclass(frozen=True)
class Film:
    dff: np.ndarray
    rates: np.ndarray
    time_s: np.ndarray


def load(run, subject, session):
    rates = read_recording(run, subject, session, ["m1_l23"])["m1_l23"].astype(np.float32)
    return Film(2 * rates, rates, np.arange(rates.shape[1]) / 30 - 1)


def means(mouse):
    rows = [{"session": s, "mean": float(film.dff.mean())} for s, film in mouse.sessions.items()]
    return {"means": pd.DataFrame(rows), "trials": np.array(len(mouse.trials)), "expert": np.array(mouse.expert)}


def stumbles(mouse):
    raise ZeroDivisionError(f"planted in {mouse.subject}")


MEANS = (Analysis("means", "", means),)


def results(run):
    root = run.path / "analysis"
    return {str(p.relative_to(root)): p.read_bytes() for p in sorted(root.rglob("*")) if p.is_file()}


@pytest.fixture(scope="module")
def _finished(tmp_path_factory):
    import stub
    from small_runs import finish_here, make_run

    run, design = make_run(tmp_path_factory.mktemp("analyse") / "run")
    finish_here(run, design, stub.STUB)
    return run


@pytest.fixture
def finished(_finished, tmp_path):
    from reachenv.lab.records.folder import Run

    shutil.copytree(_finished.path, tmp_path / "run")
    return Run(tmp_path / "run")


def test_every_mouse_is_analysed_and_read_again(finished):
    said = []
    done = analyse(finished, MEANS, workers=2, load=load, say=said.append)
    assert [str(d.subject) for d in done] == [str(s) for s in finished.design().subjects()]
    for subject in finished.design().subjects():
        found = read_result(finished, "means", subject)
        truth = [2 * read_recording(finished, subject, s, ["m1_l23"])["m1_l23"].mean(dtype="f8") for s in (1, 2, 3)]
        assert np.allclose(found["means"]["mean"], truth, rtol=1e-3) and found["trials"] == 12 and found["expert"] == 3
    assert "4 mice" in said[0] and "4 of 4 mice." in said[-1] and "left" in said[1]


def test_the_number_of_workers_changes_no_bit(finished):
    analyse(finished, MEANS, workers=1, load=load, say=lambda text: None)
    one = results(finished)
    shutil.rmtree(finished.path / "analysis")
    analyse(finished, MEANS, workers=3, load=load, say=lambda text: None)
    assert results(finished) == one and len(one) == 8


def test_what_is_there_is_not_computed_again_unless_asked_or_changed(finished):
    quiet = dict(workers=1, load=load, say=lambda text: None)
    first, *_ = finished.design().subjects()
    assert all(d.computed == ("means",) for d in analyse(finished, MEANS, **quiet))
    assert all(d.computed == () for d in analyse(finished, MEANS, **quiet))
    (finished.path / "analysis" / "means" / f"{first.group.name}-m01.means.parquet").unlink()
    assert [d.computed for d in analyse(finished, MEANS, **quiet)].count(("means",)) == 1
    files = [finished.session_files(first, s).recording for s in (1, 2)]
    shutil.copyfile(files[0], files[1])
    assert [str(d.subject) for d in analyse(finished, MEANS, **quiet) if d.computed] == [str(first)]
    assert all(d.computed for d in analyse(finished, MEANS, fresh=True, **quiet))


def test_a_damaged_recording_is_named_and_the_rest_goes_on(finished):
    first, *others = finished.design().subjects()
    path = finished.session_files(first, 2).recording
    path.write_bytes(path.read_bytes()[:-100])
    said = []
    done = analyse(finished, MEANS, workers=1, load=load, say=said.append)
    assert str(path) in "\n".join(said) and len(done[0].damaged) == 1
    assert list(read_result(finished, "means", first)["means"].session) == [1, 3]
    assert all(list(read_result(finished, "means", s)["means"].session) == [1, 2, 3] for s in others)


def test_an_analysis_that_fails_is_named_and_the_others_go_on(finished):
    both = (Analysis("stumbles", "", stumbles), *MEANS)
    said = []
    done = analyse(finished, both, workers=1, load=load, say=said.append)
    assert all(d.failed[0][0] == "stumbles" and d.computed == ("means",) for d in done)
    assert "planted in control/m01" in "\n".join(said)
    assert read_result(finished, "stumbles", done[0].subject) is None


def test_a_damaged_result_is_named_when_read_and_computed_again(finished):
    quiet = dict(workers=1, load=load, say=lambda text: None)
    first, *_ = finished.design().subjects()
    analyse(finished, MEANS, **quiet)
    path = finished.path / "analysis" / "means" / f"{first.group.name}-m01.npz"
    path.write_bytes(path.read_bytes()[:50])
    with pytest.raises(UserError, match="damaged"):
        read_result(finished, "means", first)
    assert analyse(finished, MEANS, **quiet)[0].computed == ("means",)


def test_what_cannot_be_analysed_says_why(new_run):
    with pytest.raises(UserError, match="no finished session"):
        analyse(new_run("a")[0], MEANS)
    with pytest.raises(UserError, match="--no-recording"):
        analyse(new_run("b", recording=False)[0], MEANS)
    with pytest.raises(UserError, match="the analysis 'x' is not known"):
        chosen(["x"])
    assert chosen(None) == ANALYSES


def test_the_command_goes_from_recordings_to_a_report_even_for_trials_shorter_than_a_window(finished, capsys):
    finished.update(versions={}, machine={"system": "", "cores": 1}, started="", resumed=[], git=None, command="")
    call(["analyse", str(finished.path), "--only", "activity", "kinetics", "configuration"])
    said = capsys.readouterr().out
    assert "4 of 4 mice." in said and "report.html" in said
    assert 'alt="network averages"' in (finished.path / "report.html").read_text()
    assert not (finished.path / "analysis" / "errors.log").exists()
    assert "analysed" not in finished.config()  # not all of the analyses
    with pytest.raises(UserError, match="--workers: must lie between 1 and 256, 0 given"):
        call(["analyse", str(finished.path), "--workers", "0"])
