"""Imaging a run's files: pure, on the axis of the tone, and what is damaged is named while the rest stays readable."""

import zipfile

import numpy as np
import pytest
import stub

from reachenv.lab.errors import UserError
from reachenv.lab.records.imaging import GCAMP6F, ImagingParams, image_session, image_sessions, readable_sessions
from reachenv.lab.records.imaging.session import Imaging
from reachenv.lab.records.recording import read_recording, write_recording


def test_shapes_axis_and_the_rates_behind(here):
    run, design = here(trials=5)
    subject = design.subjects()[0]
    imaging = image_session(run, subject, 2)
    frames = int(stub.STEPS * 0.01 * 30)
    assert imaging.dff.shape == imaging.rates.shape == (5, frames, stub.UNITS)
    assert imaging.dff.dtype == imaging.rates.dtype == np.float32
    np.testing.assert_allclose(imaging.time_s, np.arange(frames) / 30 - 0.1, atol=1e-6)  # the stub's tone is at 0.1 s
    np.testing.assert_array_equal(imaging.rates, read_recording(run, subject, 2)["m1_l23"].astype(np.float32))
    assert list(imaging.trials.trial) == [1, 2, 3, 4, 5] and list(imaging.unit_ids) == list(range(stub.UNITS))


def test_the_same_call_gives_the_same_bits_and_changes_no_file(here):
    run, design = here()
    subject = design.subjects()[0]
    before = {p: p.read_bytes() for p in run.path.rglob("*") if p.is_file()}
    first, second = image_session(run, subject, 1), image_session(run, subject, 1)
    np.testing.assert_array_equal(first.dff, second.dff)
    assert before == {p: p.read_bytes() for p in run.path.rglob("*") if p.is_file()}
    other = image_session(run, subject, 1, ImagingParams(indicator=GCAMP6F, snr=np.inf))
    np.testing.assert_array_equal(other.rates, first.rates)
    assert not np.array_equal(other.dff, first.dff)


def test_twins_share_the_microscope_until_they_differ_and_sessions_do_not(here):
    run, design = here()
    control, twin = (image_session(run, s, 1) for s in design.subjects()[:2])
    np.testing.assert_array_equal(control.dff, twin.dff)  # nothing is blocked yet
    own, next_mouse = (image_session(run, s, 2) for s in (design.subjects()[0], design.subjects()[2]))
    noise = [i.dff - i.rates for i in (control, own, next_mouse)]
    assert not np.allclose(noise[0], noise[1], atol=0.01) and not np.allclose(noise[1], noise[2], atol=0.01)


def cut(path, run, subject):
    path.write_bytes(path.read_bytes()[:-200])


def flip(path, run, subject):
    """One bad byte in the middle of the rates."""
    with zipfile.ZipFile(path) as archive:
        member = archive.getinfo("m1_l23.npy")
    data = bytearray(path.read_bytes())
    data[member.header_offset + 30 + len(member.filename) + 20 + member.compress_size // 2] ^= 0xFF
    path.write_bytes(bytes(data))


def empty(path, run, subject):
    path.write_bytes(b"")


def fewer_trials(path, run, subject):
    write_recording(path, {k: v[:2] if v.ndim else v for k, v in read_recording(run, subject, 2).items()})


def fewer_frames(path, run, subject):
    tape = read_recording(run, subject, 2)
    write_recording(path, {**tape, "m1_l23": tape["m1_l23"][:, :-3]})


def flat(path, run, subject):
    tape = read_recording(run, subject, 2)
    write_recording(path, {**tape, "m1_l23": tape["m1_l23"][..., 0]})


def without_units(path, run, subject):
    tape = read_recording(run, subject, 2)
    write_recording(path, {k: v for k, v in tape.items() if k != "m1_l23"})


def gone(path, run, subject):
    path.unlink()


def bad_table(path, run, subject):
    run.session_files(subject, 2).trials.write_bytes(b"PAR1")


DAMAGES = (cut, flip, empty, fewer_trials, fewer_frames, flat, without_units, gone, bad_table)


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda f: f.__name__)
def test_a_damaged_session_is_named_and_the_rest_is_read(here, damage):
    run, design = here()
    subject = design.subjects()[1]
    assert readable_sessions(run).troubles == ()
    damage(run.session_files(subject, 2).recording, run, subject)
    found = readable_sessions(run)
    assert [(t.subject, t.session) for t in found.troubles] == [(subject, 2)]
    assert "session-02" in found.troubles[0].reason and str(subject) in str(found.troubles[0])
    assert len(found.sessions) == 2 * 2 * 3 - 1 and (subject, 2) not in found.sessions
    imaged = list(image_sessions(run))
    assert sum(isinstance(i, Imaging) for i in imaged) == len(imaged) - 1 == 11


def test_a_run_that_still_goes_on_has_no_trouble(here, new_run):
    run, design = here()
    for name in ("trials", "recording", "brain"):
        getattr(run.session_files(design.subjects()[0], 3), name).unlink()
    found = readable_sessions(run)
    assert len(found.sessions) == 11 and not found.troubles


def test_a_run_without_recording_says_so(here):
    run, design = here(recording=False)
    with pytest.raises(UserError, match="--no-recording"):
        readable_sessions(run)
    with pytest.raises(UserError, match="--no-recording"):
        image_session(run, design.subjects()[0], 1)
