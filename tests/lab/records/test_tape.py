"""The tape of a session against what was put on it, laid out plainly."""

import numpy as np
import pytest

from reachenv.lab.records.tape import Tape, frame_steps

MICE, UNITS = 3, 4


def taped(trials: int, steps: int, done: int) -> tuple[list[dict], dict[str, np.ndarray]]:
    """Arrays of each mouse after `done` trials, and all that was shown, (trials, steps, B, ...)."""
    tape, rng = Tape(MICE, trials), np.random.default_rng(0)
    shown = {
        name: rng.uniform(0, 1, (done, steps, MICE, cells)).astype(np.float32)
        for name, cells in {"paw_mm": 3, "command": 5, "vta": 1, "m1_l23": UNITS, "gpi": 14, "qpos": 6}.items()
    }
    for trial in range(done):
        for step in range(steps):
            now = {name: values[trial, step] for name, values in shown.items()}
            areas = ("vta", "gpi", "m1_l23") if tape.sees(trial + 1) else ("vta", "gpi")
            taps = {area: now[area].copy() for area in areas}
            tape.step(trial + 1, now["paw_mm"], now["command"], taps, lambda now=now: now["qpos"])
            for area in ("vta", "gpi"):
                taps[area][:] = np.nan  # the tape has its own
        tape.end_trial()
    return [tape.arrays(i) for i in range(MICE)], shown


@pytest.mark.parametrize(("trials", "steps", "done"), [(5, 200, 5), (5, 10, 3), (1, 65, 1), (2, 3, 2)])
def test_every_mouse_gets_what_was_shown(trials, steps, done):
    arrays, shown = taped(trials, steps, done)
    filmed = [t - 1 for t in sorted({1, (trials + 1) // 2, trials}) if t <= done]
    for i, mine in enumerate(arrays):
        for name in ("paw_mm", "command", "gpi"):
            assert mine[name].dtype == np.float32 and np.array_equal(mine[name], shown[name][:, :, i]), name
        assert np.array_equal(mine["vta"], shown["vta"][:, :, i, 0])
        halves = shown["m1_l23"][:, :, i].astype(np.float16)
        assert mine["m1_l23"].dtype == np.float16
        assert np.array_equal(mine["m1_l23"], halves[:, frame_steps(steps, 0.01)])
        assert np.array_equal(mine["film_m1"], halves[filmed])
        assert np.array_equal(mine["qpos"], shown["qpos"][filmed][:, :, i])


def test_frames_at_30_hz():
    assert len(frame_steps(400, 0.01)) == 120 and len(frame_steps(1200, 0.01)) == 360
    assert frame_steps(14, 0.01) == [0, 3, 6, 10]
