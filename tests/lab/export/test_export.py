"""Every format gives the planted numbers back, nothing is overwritten, and what is damaged is named and left out."""

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
import scipy.io
import xarray
from planted_run import OUTCOMES, paw, plant, value

from reachenv.lab.commands.main import call
from reachenv.lab.errors import UserError
from reachenv.lab.export import FORMATS, export
from reachenv.lab.records.imaging import GCAMP6S, ImagingParams, calcium
from reachenv.lab.records.recording import read_trials

CLEAR = ImagingParams(snr=np.inf)
FRAMES, UNITS, STEPS = 12, 6, 40  # of the stub


@pytest.fixture
def run(here):
    made, _ = here(trials=4)
    return plant(made)


def planted(mouse, session):
    """(trials, frames, units)"""
    k, f, u = np.meshgrid(np.arange(1, 5), np.arange(FRAMES), np.arange(UNITS), indexing="ij")
    return value(mouse, session, k, f, u).astype(np.float32)


def test_xarray_has_unit_time_trial_in_their_places(run, tmp_path):
    done = export(run, ["xarray"], tmp_path, CLEAR)
    assert sorted(p.name for p in done.files) == [f"{g}-m0{m}.nc" for g in ("control", "m1-block") for m in (1, 2)]
    with xarray.open_dataset(tmp_path / "xarray" / "m1-block-m02.nc") as mouse:
        assert mouse.dff.dims == mouse.rates.dims == ("unit", "time", "trial")
        third = mouse.isel(trial=mouse.session == 3)
        np.testing.assert_array_equal(third.rates.transpose("trial", "time", "unit"), planted(2, 3))
        expected = calcium(planted(2, 3), 30.0, GCAMP6S)
        np.testing.assert_array_equal(third.dff.transpose("trial", "time", "unit"), expected)
        assert list(third.outcome.values) == list(OUTCOMES) and list(third.intervention.values) == ["m1x0"] * 4
        np.testing.assert_allclose(mouse.time, np.arange(FRAMES) / 30 - 0.1, atol=1e-6)
        np.testing.assert_allclose(third.at_mouth_time[0], 0.2, atol=1e-6)  # from the tone
        np.testing.assert_array_equal(
            third.paw_mm.sel(trial=1).transpose("step", "axis"), paw(2, 3, 2, np.arange(STEPS))
        )
        assert "SIMULATED" in mouse.attrs["title"] and mouse.attrs["group"] == "m1-block"


def test_parquet_is_long_tidy_and_joins_the_trials(run, tmp_path):
    done = export(run, ["parquet"], tmp_path, CLEAR)
    assert len(done.files) == 5
    table = pd.read_parquet(tmp_path / "parquet" / "control-m01.parquet")
    assert len(table) == 3 * 4 * FRAMES * UNITS
    expected = value(1, table.session, table.trial, table.frame, table.unit).astype(np.float32)
    np.testing.assert_array_equal(table.rate, expected)
    assert table.dff.dtype == np.float32 and table.outcome.dtype == "category"
    keys = ["group", "mouse", "session", "trial"]
    joined = table.merge(pd.read_parquet(tmp_path / "parquet" / "trials.parquet"), on=keys, suffixes=("", "_of_trial"))
    assert len(joined) == len(table) and (joined.outcome.astype(str) == joined.outcome_of_trial).all()


def test_mat_is_what_the_study_reads(run, tmp_path):
    export(run, ["mat"], tmp_path, CLEAR)
    found = scipy.io.loadmat(tmp_path / "mat" / "m1-block-m01.mat", chars_as_strings=True)
    assert found["data_all"].shape == (UNITS, FRAMES, 3 * 3)  # neurons × frames × trials, no_reach left out
    np.testing.assert_array_equal(found["train_stage"], [[1, 1, 1, 2, 2, 2, 3, 3, 3]])
    np.testing.assert_array_equal(found["sflabels"], [[1, 0, 0] * 3])
    assert [str(c[0]) for c in found["training_labels_lut"][0]] == ["train_1", "CNO_2", "CNO_3"]
    np.testing.assert_allclose(found["data_all"][:, :, 4], calcium(planted(1, 2), 30.0, GCAMP6S)[2].T)
    assert "SIMULATED" in found["simulated"][0]


def test_mat_keeps_omissions_on_request(run, tmp_path):
    export(run, ["mat"], tmp_path, CLEAR, omissions=True)
    found = scipy.io.loadmat(tmp_path / "mat" / "control-m02.mat")
    assert found["data_all"].shape[2] == 12 and [str(c[0]) for c in found["outcome"][0]] == list(OUTCOMES) * 3
    assert [str(c[0]) for c in found["training_labels_lut"][0]] == ["train_1", "train_2", "train_3"]


def test_a_mat_that_no_reader_could_open_is_refused(run, tmp_path, monkeypatch):
    monkeypatch.setattr("reachenv.lab.export.mat.LARGEST", 1000)
    with pytest.raises(UserError, match="2 GB at most; use --xarray"):
        export(run, ["mat"], tmp_path)
    assert not list(tmp_path.rglob("*.mat*"))


def test_nothing_of_the_run_changes_and_nothing_is_overwritten(run):
    before = {p: p.read_bytes() for p in run.path.rglob("*") if p.is_file()}
    assert call(["export", str(run.path), "--mat", "--parquet"]) == 0
    assert before == {p: p.read_bytes() for p in before}
    with pytest.raises(UserError, match="and 4 more would be overwritten; give --overwrite") as refused:
        call(["export", str(run.path), "--parquet"])
    assert "control-m01.parquet" in str(refused.value)
    first = run.path / "export" / "mat" / "control-m01.mat"
    first.write_bytes(b"mine")
    with pytest.raises(UserError):
        call(["export", str(run.path), "--xarray", "--mat"])
    assert first.read_bytes() == b"mine" and not (run.path / "export" / "xarray").exists()
    assert call(["export", str(run.path), "--mat", "--overwrite"]) == 0 and first.stat().st_size > 1000


@pytest.mark.parametrize("of", ["recording", "trials"])
def test_a_damaged_session_is_named_and_the_rest_exported(run, tmp_path, capsys, of):
    rows = len(read_trials(run))
    damaged = getattr(run.session_files(run.design().subjects()[0], 2), of)
    damaged.write_bytes(damaged.read_bytes()[:-100])
    assert call(["export", str(run.path), "--xarray", "--parquet", "--out", str(tmp_path)]) == 1
    said = capsys.readouterr().err
    assert "left out control/m01, session 2" in said and damaged.name in said
    with xarray.open_dataset(tmp_path / "xarray" / "control-m01.nc") as mouse:
        assert sorted(set(mouse.session.values)) == [1, 3]
    trials = pd.read_parquet(tmp_path / "parquet" / "trials.parquet")
    assert len(trials) == rows - 4


@pytest.mark.parametrize(
    ("words", "says"),
    [([], "name at least one format: --nwb, --xarray, --parquet, --mat"), (["--csv"], "--csv"), (["--mat", "--snr", "0"], "--snr: must"),
     (["--mat", "--indicator", "GCaMP9"], "GCaMP9")],
)  # fmt: skip
def test_what_cannot_be_is_said_in_one_sentence(run, words, says):
    with pytest.raises(UserError) as error:
        call(["export", str(run.path), *words])
    assert says in str(error.value) and "\n" not in str(error.value)


def test_a_run_without_recording_or_sessions_says_so(here, new_run, tmp_path):
    for made in (here("bare", recording=False)[0], new_run("empty")[0]):
        with pytest.raises(UserError, match="nothing to image|no session that can be exported"):
            export(made, ["mat"], tmp_path)
    assert not list(tmp_path.glob("mat"))


def test_a_missing_package_names_the_extra(run, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pynwb", None)
    with pytest.raises(UserError, match=r"--nwb needs the package pynwb; pip install 'reachenv\[export\]'"):
        export(run, list(FORMATS), tmp_path)
    assert not list(tmp_path.glob("mat"))


def test_progress_goes_from_nothing_to_all(run, tmp_path):
    seen = []
    export(run, ["mat", "xarray"], tmp_path, progress=seen.append)
    assert len(seen) == 2 * 12 and seen == sorted(seen) and seen[-1] == 1.0


def test_the_command_fails_without_a_traceback(tmp_path):
    command = [sys.executable, "-m", "reachenv", "export", str(tmp_path / "nowhere"), "--mat"]
    ended = subprocess.run(command, capture_output=True, text=True)
    assert ended.returncode == 2 and ended.stderr.startswith("reachenv export: ") and "Traceback" not in ended.stderr
