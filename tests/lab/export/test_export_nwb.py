"""NWB: valid, without violations for DANDI, opened by pynapple, and with the planted numbers at the right times."""

import re
import shutil
from pathlib import Path

import h5py
import numpy as np
import pynapple
import pytest
import stub
from nwbinspector import Importance, inspect_nwbfile, load_config
from planted_run import OUTCOMES, paw, plant, value
from pynwb import NWBHDF5IO, validate
from small_runs import finish_here, make_run

from reachenv.lab.export import export
from reachenv.lab.export.nwb import GAP, resample
from reachenv.lab.records.folder import open_run
from reachenv.lab.records.imaging import ImagingParams

LENGTH, FRAMES, UNITS, STEPS = 0.4, 12, 6, 40  # of the stub: a trial in s, frames, cells, steps
VIOLATION = Importance.BEST_PRACTICE_VIOLATION.value


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The export of a planted run, made once."""
    run, design = make_run(tmp_path_factory.mktemp("nwb") / "run", trials=4)
    finish_here(run, design, stub.STUB)
    done = export(plant(run), ["nwb"], run.path / "export", ImagingParams(snr=np.inf))
    assert len(done.files) == 12 and not done.troubles
    return run.path / "export" / "nwb"


def path_of(folder, mouse="m1-block-m02", session=2):
    return folder / f"sub-{mouse}" / f"sub-{mouse}_ses-{session:02d}_behavior+ophys.nwb"


@pytest.fixture
def nwb(folder):
    with NWBHDF5IO(str(path_of(folder)), "r") as file:
        yield file.read()


def worst(path):
    """Messages of error or violation level, under the checks of NWB and under those of DANDI."""
    found = [
        m for config in (None, load_config("dandi")) for m in inspect_nwbfile(nwbfile_path=str(path), config=config)
    ]
    return [m for m in found if m.importance.value >= VIOLATION]


@pytest.mark.parametrize(("mouse", "session"), [("control-m01", 1), ("m1-block-m02", 2)])
def test_valid_and_without_violations(folder, mouse, session):
    path = path_of(folder, mouse, session)
    assert not validate(path=str(path))
    assert not worst(path)


def test_the_checkers_see_a_planted_fault(folder, tmp_path):
    bad = shutil.copy(path_of(folder), tmp_path / "bad.nwb")
    with h5py.File(bad, "r+") as file:
        del file["general/subject/species"]
    assert any("species" in m.check_function_name for m in worst(bad))
    assert not validate(path=str(bad))
    with h5py.File(bad, "r+") as file:
        del file["processing/ophys/DfOverFContainer/DfOverF/data"].attrs["unit"]
    assert any("unit" in str(error) for error in validate(path=str(bad)))


def test_pynapple_cuts_out_a_trial(folder):
    data = pynapple.load_file(str(path_of(folder)))
    trials = data["trials"]
    np.testing.assert_allclose(trials.start, np.arange(4) * (LENGTH + GAP))
    third = data["NoiseFreeRates"].restrict(trials[2])
    frame, unit = np.meshgrid(np.arange(FRAMES), np.arange(UNITS), indexing="ij")
    np.testing.assert_array_equal(third.values, value(2, 2, 3, frame, unit).astype(np.float32))
    assert data["DfOverF"].shape == (4 * FRAMES, UNITS) and data["PawPosition"].shape[1] == 3


def test_paw_is_at_200_hz_in_metres(nwb):
    series = nwb.processing["behavior"]["Position"]["PawPosition"]
    assert series.unit == "meters" and series.conversion == 1e-3
    n = 2 * STEPS - 1
    times = np.asarray(series.timestamps).reshape(4, n)
    np.testing.assert_allclose(np.diff(times, axis=1), 1 / 200, rtol=1e-9)
    np.testing.assert_allclose(times[:, 0], np.arange(4) * (LENGTH + GAP))
    np.testing.assert_allclose(np.asarray(series.data).reshape(4, n, 3)[1], paw(2, 2, 2, np.arange(n) / 2), atol=1e-5)


def test_resampling_is_linear_for_any_step():
    steps = np.arange(7)[None, :, None] * np.ones((2, 1, 1))
    times, fine = resample(steps, 0.02, 200.0)
    np.testing.assert_allclose(fine[1, :, 0], times / 0.02, atol=1e-6)
    assert times[-1] == pytest.approx(0.12)


def test_trials_tell_outcome_events_and_block_on_the_files_clock(nwb):
    table = nwb.trials.to_dataframe()
    assert list(table.outcome) == list(OUTCOMES) and list(table.intervention) == ["m1x0"] * 4
    np.testing.assert_allclose(table.tone_time, table.start_time + 0.1, atol=1e-6)
    assert np.isfinite(table.at_mouth_time).tolist() == [True, False, False, False]
    assert (table.start_time.to_numpy()[1:] > table.stop_time.to_numpy()[:-1]).all()
    assert {"rpe", "value_at_tone", "seed", "reach_duration", "success"} <= set(table)


def test_dopamine_is_there_at_its_own_rate(nwb):
    for i, name in enumerate(("vta", "dopamine_m1", "dopamine_striatum")):
        series = nwb.processing["misc"][name]
        np.testing.assert_array_equal(np.asarray(series.data).reshape(4, STEPS)[3], np.arange(STEPS) + 100 * i)
        np.testing.assert_allclose(np.asarray(series.timestamps)[:STEPS], np.arange(STEPS) * 0.01)


def test_a_reader_sees_simulated_wherever_he_looks(nwb):
    places = [nwb.session_description, nwb.subject.description, nwb.experiment_description, nwb.pharmacology, nwb.notes,
              nwb.imaging_planes["ImagingPlane"].description, *nwb.keywords[:],
              *(series.description for series in nwb.objects.values() if hasattr(series, "timestamps"))]  # fmt: skip
    told = [text for text in places if text and "SIMULATED" in text]
    assert len(told) == len(places) - (len(nwb.keywords) - 1) and len(told) >= 12
    plane = nwb.imaging_planes["ImagingPlane"]
    assert plane.location == "MOp2/3" and plane.indicator == "GCaMP6s" and plane.imaging_rate == 30
    assert nwb.subject.species == "Mus musculus" and '"seed": 0' in nwb.notes


def test_cells_keep_their_ids_and_only_blocked_sessions_have_pharmacology(folder):
    told, ids = {}, set()
    for path in sorted(folder.rglob("sub-m1-block-m01*.nwb")):
        with NWBHDF5IO(str(path), "r") as file:
            found = file.read()
            told[found.session_id] = found.pharmacology
            cells = found.processing["ophys"]["ImageSegmentation"]["PlaneSegmentation"]
            ids.add(tuple(cells.id[:]))
    assert told["01"] is None and "m1" in told["02"] and "no drug" in told["03"] and ids == {tuple(range(UNITS))}


def test_files_of_one_run_have_their_own_identifiers_and_days(folder):
    seen = []
    for path in sorted(folder.rglob("*.nwb")):
        with NWBHDF5IO(str(path), "r") as file:
            found = file.read()
            seen.append((found.identifier, found.session_start_time))
    assert len({i for i, _ in seen}) == 12 and len({day for _, day in seen}) == 3


def test_the_documentations_python_runs(folder, tmp_path, monkeypatch):
    text = (Path(__file__).parents[3] / "docs" / "data-formats.md").read_text()
    run = open_run(folder.parents[1])
    for file in export(run, ["xarray", "parquet"], tmp_path).files:
        shutil.copy(file, tmp_path)
    monkeypatch.chdir(tmp_path)
    blocks = re.findall(r"```python\n(.*?)```", text, flags=re.DOTALL)
    assert len(blocks) == 5
    for block in blocks:
        code = block.replace("runs/NAME", str(run.path)).replace(".../", f"{path_of(folder, 'control-m01', 1).parent}/")
        code = code.replace('session=7, area="gpi"', 'session=1, area="command"')  # what the small run has
        exec(compile(code, "docs/data-formats.md", "exec"), {})
