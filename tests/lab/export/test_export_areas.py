"""Areas that were recorded on request are in every export, and a brain without an imaged layer is exported with what it has."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import scipy.io
import stub
import xarray as xr
from pynwb import NWBHDF5IO
from small_runs import arrays as shapes
from small_runs import finish_here, make_run

from reachenv.lab.commands.main import call
from reachenv.lab.errors import UserError
from reachenv.lab.records.recording import read_activity, read_recording
from reachenv.lab.runner.brains import BODY, USUAL, about_brain

EVERY = ["--nwb", "--xarray", "--parquet", "--mat"]


class Bare(stub.StubBrain):
    """The stub without an imaged layer and without dopamine."""

    areas = tuple(area for area in stub.StubBrain.areas if area.name not in USUAL)


def bare(design, subjects, senses, actions):
    return Bare([s.mouse for s in subjects])


def made(path, parts=stub.STUB, **options):
    run, design = make_run(path, mice=1, sessions=2, trials=3, groups=("control",), **options)
    brain = parts.make_brain(design, design.subjects()[:1], {}, 5)
    run.update(**about_brain(brain, design, parts))
    finish_here(run, design, parts)
    return run, design.subjects()[0]


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    """A run that recorded gpi, and the folder of its exports."""
    path = tmp_path_factory.mktemp("areas")
    run, subject = made(path / "run", record=("gpi",))
    call(["export", str(run.path), *EVERY, "--out", str(path / "out")])
    return run, subject, path / "out"


def test_an_area_is_read_back_as_it_was(exported):
    run, subject, _ = exported
    gpi = read_activity(run, subject, 1, "gpi")
    assert gpi.shape == (3, stub.STEPS, 3) and gpi.dtype == np.float32 and np.ptp(gpi) >= 0
    assert set(run.config()["areas"]) == {*USUAL, "gpi"}


def test_every_format_holds_it(exported):
    run, subject, out = exported
    whole = np.concatenate([read_activity(run, subject, s, "gpi") for s in (1, 2)])  # trials, steps, cells
    data = xr.open_dataset(out / "xarray" / "control-m01.nc")
    assert np.array_equal(data["gpi"].transpose("trial", "step", "gpi_cell").to_numpy(), whole)
    table = pd.read_parquet(out / "parquet" / "control-m01.gpi.parquet")
    assert len(table) == whole.size and np.array_equal(table.value.to_numpy(), whole.transpose(0, 2, 1).ravel())
    (nwb,) = (out / "nwb").rglob("*ses-01*.nwb")
    with NWBHDF5IO(str(nwb), "r") as file:
        series = file.read().processing["misc"]["gpi"]
        assert np.array_equal(series.data[:], whole[:3].reshape(-1, 3)) and len(series.timestamps) == 3 * stub.STEPS
    mat = scipy.io.loadmat(out / "mat" / "control-m01.mat")
    assert mat["area_gpi"].shape[:2] == (3, stub.STEPS)


def test_recording_more_changes_nothing_else(exported, tmp_path):
    run, subject, _ = exported
    plain, same = made(tmp_path / "plain")
    ours, theirs = (read_recording(r, s, 2) for r, s in ((run, subject), (plain, same)))
    assert set(ours) - set(theirs) == {"gpi"}
    assert all(np.array_equal(ours[name], theirs[name]) for name in theirs)


def test_a_brain_without_an_imaged_layer_is_exported_with_what_it_has(tmp_path):
    parts = replace(stub.STUB, make_brain=bare)
    run, subject = made(tmp_path / "run", parts=parts, record=("gpi",))
    assert not {"m1_l23", "vta", "film_m1"} & set(shapes(read_recording(run, subject, 1)))
    call(["export", str(run.path), *EVERY, "--out", str(tmp_path / "out")])
    data = xr.open_dataset(tmp_path / "out" / "xarray" / "control-m01.nc")
    assert data.sizes["unit"] == 0 and data["gpi"].shape == (3, stub.STEPS, 6)
    (nwb,) = (tmp_path / "out" / "nwb").rglob("*ses-01*.nwb")
    with NWBHDF5IO(str(nwb), "r") as file:
        read = file.read()
        assert "ophys" not in read.processing and list(read.processing["misc"].data_interfaces) == ["gpi"]
    with pytest.raises(UserError, match="the brain of .*, stub, has no area m1_l23 to image"):
        call(["analyse", str(run.path)])


def test_what_can_be_recorded_of_the_body_is_named():
    assert set(BODY) == {"muscles", "joints", "command"}
