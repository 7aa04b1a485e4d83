"""The film of a design that tries the loop: it casts the treated group, says what is done, and puts the plate where it stood."""

from dataclasses import replace

import numpy as np
import pytest
import stub
from small_runs import finish_here

from reachenv.lab.design import protocols
from reachenv.lab.design.design import Origin
from reachenv.lab.design.make import make_design
from reachenv.lab.film.clip import Pill
from reachenv.lab.film.overlay import Panel
from reachenv.lab.film.scenes import cast
from reachenv.lab.records.folder import create_run


@pytest.fixture
def parts(here):
    run, _ = here(
        design="gpi-off", sessions=3, trials=36, groups=("control", "expert-off", "adapting"), parts=stub.STUB
    )
    return cast(run)


def test_the_treated_group_is_cast_with_what_is_done_to_it(parts):
    clips = [clip for clips, _ in parts for clip in clips]
    off = next(c for c in clips if c.group == "expert-off" and c.session == 3)
    assert off.pills == (Pill("GPi silenced"),) and off.plate_shift_mm == (0.0, 0.0, 0.0)
    assert {c.pills for c in clips if c.group == "control"} == {()}
    assert any("GPi silenced" in subtitle for _, (_, subtitle) in parts)


def test_what_is_done_is_written_over_the_picture(parts):
    clip = next(c for clips, _ in parts for c in clips if c.pills)
    frames = [
        Panel(c, 480, 0.5, 1.0).draw(np.zeros((360, 480, 3), np.uint8), 0.1, 1.0)
        for c in (clip, replace(clip, pills=()))
    ]
    assert not np.array_equal(*(np.asarray(f) for f in frames))


def test_a_moved_plate_is_part_of_the_clip(here):
    run, _ = here(design="gpi-off", sessions=3, trials=36, groups=("adapting",), parts=stub.STUB)
    last = [clip for clips, _ in cast(run) for clip in clips if clip.session == 3][0]
    assert last.pills == (Pill("plate moved 3.5 mm"),) and last.plate_shift_mm[1] < 0


def test_a_part_of_the_trial_is_told_and_lit_by_the_clock_of_the_film(here):
    run, _ = here(
        design="acquisition", sessions=2, groups=("control",), interventions=("m1:2/0.1-0.3s",), parts=stub.STUB
    )
    shown = next(clip for clips, _ in cast(run) for clip in clips if clip.group != "control")
    (one,) = shown.pills  # the stub's tone is at .1 s
    assert one.words == "M1 dopamine blocked 0–0.2 s after the tone" and one.seconds == pytest.approx(
        (0.0, 0.2), abs=1e-6
    )


def test_a_block_of_striatum_is_seen_in_the_trace_of_striatum(here):
    run, _ = here(sessions=2, groups=("control",), interventions=("m1:2",), parts=stub.STUB)
    clips = {c.group: c for clips, _ in cast(run) for c in clips if c.session == 2}
    assert not clips["m1-2"].dopamine.any() and clips["m1-2"].striatum.all()  # the stub's striatum is never blocked


def test_the_last_session_of_a_block_is_shown_where_the_world_stays_moved_after_it(here):
    run, _ = here(design="adapting-block", sessions=3, trials=36, groups=("control", "adapting-m1"), parts=stub.STUB)
    clips, (title, words) = next(part for part in cast(run) if part[0][0].group == "adapting-m1")
    assert (title, clips[0].session) == ("Session 2", 2)
    assert [p.words for p in clips[0].pills] == ["M1 dopamine blocked", "plate moved 3.5 mm"]
    assert words == "adapting-m1: M1 dopamine blocked in session 2, plate moved 3.5 mm in sessions 2–3"


def test_a_mouse_that_was_trained_before_is_no_novice(here, monkeypatch):
    run, design = here(design="gpi-off", sessions=2, trials=6, groups=("control",), parts=stub.STUB)
    assert cast(run)[0][1][1] == "control: a novice mouse"
    goes_on = replace(design, origin=Origin("before", "control", 14, 5))
    monkeypatch.setattr(type(run), "design", lambda self: goes_on)
    titles = [title for _, title in cast(run)]
    assert titles[0][1] == "control: a mouse trained for 14 sessions"
    assert titles[1][1] == "control: the same mouse after 16 sessions"


def one_session(folder, groups):
    """A finished run of one session of 40 trials, one mouse a group."""
    design = replace(make_design("single", mice=1, sessions=1, trials=40), groups=tuple(groups))
    run = create_run(folder, {"design": design.to_json(), "recording": True, "film": False, "status": "running"})
    finish_here(run, design, stub.STUB)
    return [(title, [(c.group, c.trial, c.plate_shift_mm[1]) for c in clips]) for clips, title in cast(run)]


def test_a_single_session_shows_the_moved_world_late_and_beside_the_weakest_loops(tmp_path):
    named = {g.name: g for g in protocols.adaptation(1, 40)}
    groups = [named[n] for n in ("rotation-gain-0", "gain-0.5", "gain-0", "abrupt", "gain-1")]
    before, late, pair = one_session(tmp_path / "run", [named["gain-1"], *groups[:4]])
    assert before == (("Trial 1", "gain-1: before the world is moved"), [("gain-1", 1, 0.0)])
    assert late == (("Trial 20", "gain-1: plate moved 3.5 mm"), [("gain-1", 20, -3.5)])
    assert pair[1] == [("gain-1", 20, -3.5), ("gain-0", 20, -3.5)] and pair[0][1].startswith(
        "gain-1 and gain-0 (loop silenced"
    )
    without_a_whole_loop = one_session(tmp_path / "weak", [named["gain-0"], named["gain-0.5"]])
    assert without_a_whole_loop[2][1] == [("gain-0.5", 20, -3.5), ("gain-0", 20, -3.5)]


def test_mice_without_output_are_shown_beside_control_and_beside_those_that_adapt(tmp_path):
    *_, adapting, experts = one_session(tmp_path / "run", protocols.gpi_off(1, 40))
    assert adapting[1] == [("adapting", 40, -3.5), ("adapting-off", 40, -3.5)] and "GPi silenced" in adapting[0][1]
    assert experts[1] == [("control", 40, 0.0), ("expert-off", 40, 0.0)] and "GPi silenced" in experts[0][1]
