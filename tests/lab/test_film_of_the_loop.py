"""The film of a design that tries the loop: it casts the treated group, says what is done, and puts the plate where it stood."""

from dataclasses import replace

import numpy as np
import pytest
import stub
from small_runs import finish_here

from lab import protocols
from lab.casting import cast
from lab.design import Origin, make_design
from lab.folder import create_run
from lab.overlay import Panel


@pytest.fixture
def parts(here):
    run, _ = here(design="gpi-off", sessions=3, trials=36, groups=("control", "expert-off", "adapting"), parts=stub.STUB)
    return cast(run)


def test_the_treated_group_is_cast_with_what_is_done_to_it(parts):
    clips = [clip for clips, _ in parts for clip in clips]
    off = next(c for c in clips if c.group == "expert-off" and c.session == 3)
    assert off.done == "GPi silenced" and off.block == "" and off.plate_shift_mm == (0.0, 0.0, 0.0)
    assert {c.done for c in clips if c.group == "control"} == {""}
    assert any("GPi silenced" in subtitle for _, (_, subtitle) in parts)


def test_what_is_done_is_written_over_the_picture(parts):
    clip = next(c for clips, _ in parts for c in clips if c.done)
    frames = [
        Panel(c, 480, 0.5, 1.0).draw(np.zeros((360, 480, 3), np.uint8), 0.1, 1.0)
        for c in (clip, replace(clip, done=""))
    ]
    assert not np.array_equal(*(np.asarray(f) for f in frames))


def test_a_moved_plate_is_part_of_the_clip(here):
    run, _ = here(design="gpi-off", sessions=3, trials=36, groups=("adapting",), parts=stub.STUB)
    last = [clip for clips, _ in cast(run) for clip in clips if clip.session == 3][0]
    assert last.done.startswith("plate moved") and last.plate_shift_mm[1] < 0


def test_a_mouse_that_was_trained_before_is_no_novice(here, monkeypatch):
    run, design = here(design="gpi-off", sessions=2, trials=36, groups=("control",), parts=stub.STUB)
    assert cast(run)[0][1][1] == "control: a novice mouse"
    goes_on = replace(design, origin=Origin("before", "control", 14, 5))
    monkeypatch.setattr(type(run), "design", lambda self: goes_on)
    titles = [title for _, title in cast(run)]
    assert titles[0][1] == "control: a mouse trained for 14 sessions"
    assert titles[1][1] == "control: the same mouse after 16 sessions"


def test_a_single_session_shows_the_moved_world_late_and_beside_the_weakest_loops(tmp_path):
    groups = tuple(g for g in protocols.adaptation(1, 40) if g.name in ("gain-0.5", "gain-0", "gain-1", "abrupt"))
    design = replace(make_design("single", mice=1, sessions=1, trials=40), groups=groups)
    run = create_run(tmp_path / "run", {"design": design.to_json(), "recording": True, "film": False, "status": "running"})
    finish_here(run, design, stub.STUB)
    parts = cast(run)
    shown = [[(c.group, c.trial, c.plate_shift_mm[1]) for c in clips] for clips, _ in parts]
    assert shown == [[("gain-1", 1, 0.0)], [("gain-1", 20, -3.5)], [("gain-1", 20, -3.5), ("gain-0", 20, -3.5)]]
    assert parts[1][1] == ("Trial 20", "gain-1: plate moved 3.5 mm")
