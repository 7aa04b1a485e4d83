"""The probe of MuJoCo Warp, as far as it goes without MuJoCo Warp and without a GPU."""

import importlib.util

import mujoco
import numpy as np

from benchmarks import gpu_probe
from reachenv.body import build_model


def test_without_mujoco_warp_one_sentence_says_what_to_install(monkeypatch, capsys):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert gpu_probe.main([]) == 2
    told = capsys.readouterr().out
    assert told.count("\n") == 1 and "not installed" in told and "pip install mujoco-warp" in told


def test_one_flag_is_cleared_and_our_own_model_keeps_it():
    model = build_model()
    before = model.opt.disableflags
    accepted = gpu_probe.accepted(model)
    assert model.opt.disableflags == before
    assert accepted.opt.disableflags == before & ~int(mujoco.mjtDisableBit.mjDSBL_MIDPHASE)


def test_the_course_goes_on_where_the_reach_was():
    model, path = gpu_probe.course()
    first, last = gpu_probe.on_cpu(model, path)
    calls = gpu_probe.checkpoints(model, path)
    assert len(path.controls) == calls[-1] and calls[-1] == 10 * calls[0]
    moved = gpu_probe.departures(model, first, path.start["qpos"])["hinge_deg"]
    further = gpu_probe.departures(model, last, path.start["qpos"])["hinge_deg"]
    assert (moved > 0.1).all() and np.median(further) > np.median(moved)


def test_departures_are_in_degrees_and_millimetres():
    model = build_model()
    one = np.tile(model.qpos0, (2, 1))
    other = one.copy()
    hinge, pellet = (model.joint(name).qposadr[0] for name in ("elbow_flexion", "pellet"))
    other[1, hinge] += np.radians(3.0)
    other[1, pellet : pellet + 2] += [3.0, 4.0]
    told = gpu_probe.departures(model, other, one)
    assert np.allclose(told["hinge_deg"], [0, 3]) and np.allclose(told["pellet_mm"], [0, 5])
