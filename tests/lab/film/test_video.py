"""The film: how it runs through a trial, what is written on it, and that it can be decoded."""

import imageio.v3 as iio
import numpy as np
import pandas as pd
import pytest
from PIL import Image, ImageDraw

import reachenv  # noqa: F401  chooses the OpenGL before MuJoCo is imported
from reachenv.lab.commands.main import call
from reachenv.lab.design.group import Group
from reachenv.lab.errors import UserError
from reachenv.lab.film.clip import AFTER, BEFORE, SLOW, Clip, Pill, outcome_time, pace, slow_window
from reachenv.lab.film.mp4 import write_mp4
from reachenv.lab.film.overlay import (
    BAND,
    GUTTER,
    RED,
    STRIP_HEIGHT,
    TRACE,
    VIEW_HEIGHT,
    VIOLET,
    Panel,
    font,
    pill_width,
)
from reachenv.lab.film.scenes import cast, middle_mouse
from reachenv.lab.film.video import FPS, HEIGHT, WIDTH, film_run, make_film
from reachenv.lab.records.recording import read_trials

BLOCK = Pill("M1 dopamine blocked")


def clip(outcome: str = "success", **changes) -> Clip:
    """A made-up trial of 4 s with its tone at 1 s."""
    steps = 400
    events = {
        "lift_time": 1.2,
        "reach_time": 1.35,
        "grab_time": 1.4,
        "at_mouth_time": 1.7 if outcome == "success" else np.nan,
    }
    facts = dict(
        group="control", mouse=1, session=1, trial=1, outcome=outcome, qpos=np.zeros((steps, 22), np.float32),
        m1=np.random.default_rng(0).random((steps, 12)), dopamine=np.linspace(0, 1, steps), tone_time=1.0, events=events, control=True,
    )  # fmt: skip
    return Clip(**(facts | changes))


def test_pace_is_real_time_but_for_the_reach():
    frames = pace([clip()], FPS)
    times = np.array([t for t, _ in frames])
    speeds = np.array([s for _, s in frames])
    low, high = slow_window([clip()])
    assert times[0] == -BEFORE and AFTER - 1 / FPS <= times[-1] < AFTER
    assert set(speeds) == {1.0, SLOW}
    assert np.allclose(np.diff(times), speeds[:-1] / FPS)
    assert low < 0.2 and high > 0.7  # from before the lift until after the pellet is at the mouth
    assert all((low <= t < high) == (s == SLOW) for t, s in frames)


def test_side_by_side_slow_motion_holds_both_reaches():
    late = clip(events={"lift_time": 1.6, "grab_time": 1.8, "at_mouth_time": 2.1})
    low, high = slow_window([clip(), late])
    assert low < 0.2 and high > 1.1


@pytest.mark.parametrize("events", [{}, {"lift_time": np.nan, "grab_time": np.nan}])
def test_a_trial_without_a_reach_has_a_film(events):
    low, high = slow_window([clip("no_reach", events=events)])
    assert 0 <= low < high <= AFTER


def test_outcome_shows_when_it_happens():
    still = np.full(400, -8.5)
    falling = np.where(np.arange(400) < 145, -8.5, -13.0)
    assert outcome_time(clip(), still) == pytest.approx(0.7)
    assert outcome_time(clip("knock"), falling) == pytest.approx(0.45)
    assert 0.4 < outcome_time(clip("miss"), still) < AFTER


def test_overlay_tells_blocked_from_intact_and_reveals_the_traces():
    view = np.full((VIEW_HEIGHT, 480, 3), 90, np.uint8)
    intact, blocked = (Panel(clip(pills=p), 480, 0.7, 1.0) for p in ((), (BLOCK,)))
    early, late = (np.asarray(intact.draw(view, t, 1.0)) for t in (-0.2, 1.4))
    assert early.shape == (BAND + VIEW_HEIGHT + STRIP_HEIGHT, 480, 3)
    strip = slice(BAND + VIEW_HEIGHT, None)
    assert (late[strip] != early[strip]).sum() > 5000  # the raster and the dopamine trace have come
    band = slice(0, BAND)
    assert not np.array_equal(early[band], np.asarray(blocked.draw(view, -0.2, 1.0))[band])
    foot = slice(BAND + VIEW_HEIGHT - 40, BAND + VIEW_HEIGHT)
    before, after = (np.asarray(intact.draw(view, t, 1.0))[foot, 300:] for t in (0.69, 0.71))
    assert not np.array_equal(before, after)  # the outcome appears at .7 s


def pills(panel: Panel) -> list[tuple[str, tuple[float, float, float, float]]]:
    """Words and box (left, top, right, bottom) of every pill of a panel."""
    draw = ImageDraw.Draw(Image.new("RGB", (10, 10)))
    found = []
    for one, (x, y), size in panel.placed(draw):
        found.append((one.words, (x, y - 0.85 * size, x + pill_width(draw, one.words, size), y + 0.85 * size)))
    return found


def seen(panel: Panel, t: float) -> np.ndarray:
    """The panel's picture at `t` s after the tone, over a grey view."""
    return np.asarray(panel.draw(np.full((VIEW_HEIGHT, panel.width, 3), 90, np.uint8), t, 1.0))


@pytest.mark.parametrize("width", [320, 480, 960])
@pytest.mark.parametrize("note", ["", "45% success this session"])
def test_a_block_hides_no_other_intervention(width, note):
    shown = (
        BLOCK,
        Pill("GPi silenced"),
        Pill("plate moved 3.5 mm"),
        Pill("striatal dopamine blocked 0.5–3 s after the tone"),
    )
    placed = pills(Panel(clip(pills=shown, note=note), width, 0.7, 1.0))
    assert [words for words, _ in placed] == [p.words for p in shown]
    for i, (_, box) in enumerate(placed):
        assert box[0] >= 0 and box[2] <= width
        assert all(other[2] <= box[0] or other[3] <= box[1] for _, other in placed[:i])  # right of it, or below
    room = width - 16 - (ImageDraw.Draw(Image.new("RGB", (1, 1))).textlength(note, font=font(13)) if note else 0)
    assert all(box[2] <= room for _, box in placed if box[1] < 43)  # the note is not covered


def test_both_a_block_and_a_moved_plate_are_on_the_picture():
    both = Panel(clip(pills=(BLOCK, Pill("plate moved 3.5 mm"))), 480, 0.7, 1.0)
    picture = seen(both, 0.1)
    for _, (left, top, right, bottom) in pills(both):
        box = picture[int(top) + 1 : int(bottom), int(left) : int(right)]
        assert (box == RED).all(-1).mean() > 0.3


def test_what_lasts_a_part_of_the_trial_is_lit_then_alone_and_shaded():
    panel = Panel(clip(pills=(Pill("M1 dopamine blocked 0–0.5 s after the tone", (0.0, 0.5)),)), 960, 0.7, 1.0)
    lit = {t: bool((seen(panel, t)[:BAND] == RED).all(-1).any()) for t in (-0.1, 0.0, 0.45, 0.5, 1.0)}
    assert lit == {-0.1: False, 0.0: True, 0.45: True, 0.5: False, 1.0: False}
    bar = (np.asarray(panel._full)[TRACE[0] - 3] == RED).all(-1).nonzero()[0]
    assert bar[0] == pytest.approx(panel._x(0.0), abs=1) and bar[-1] == pytest.approx(panel._x(0.5), abs=1)


def test_a_part_of_the_trial_beyond_the_film_is_shaded_no_further():
    panel = Panel(clip(pills=(Pill("silenced", (0.5, 3.0)), Pill("silenced", (2.0, 3.0)))), 960, 0.7, 1.0)
    bar = (np.asarray(panel._full)[TRACE[0] - 3] == RED).all(-1).nonzero()[0]
    assert bar[0] == pytest.approx(panel._x(0.5), abs=1) and bar[-1] == pytest.approx(panel._x(AFTER), abs=1)


def test_striatal_dopamine_is_traced_where_it_differs():
    blocked = clip(striatum=np.zeros(400), dopamine=np.full(400, 0.5))
    strips = [
        np.asarray(Panel(c, 960, 0.7, 1.0)._full, int)[TRACE[0] : TRACE[1] + 1, GUTTER:] for c in (blocked, clip())
    ]
    assert [bool((np.abs(strip - VIOLET).max(-1) < 30).any()) for strip in strips] == [True, False]


def test_traces_are_drawn_from_the_right_steps():
    """A cell active in one instant lights the raster there and nowhere else."""
    m1 = np.zeros((400, 4))
    m1[150] = 1.0  # .5 s after the tone
    panel = Panel(clip(m1=m1), 960, 0.7, 1.0)
    row = np.asarray(panel._full)[30].astype(int).sum(axis=1)
    lit = np.flatnonzero(row > 400)
    lit = lit[(lit > GUTTER) & (np.abs(lit - panel._x(0.0)) > 3)]  # but for the labels and the tone's own line
    assert len(lit) and abs(lit.mean() - panel._x(0.5)) < 6


def test_cast_of_a_run_with_a_blocked_group(here):
    run, design = here(sessions=3, mice=3)
    parts = cast(run)
    shown = [[(c.group, c.session, " + ".join(p.words for p in c.pills)) for c in clips] for clips, _ in parts]
    assert shown == [
        [("control", 1, "")],
        [("control", 3, "")],
        [("m1-block", 3, "M1 dopamine blocked")],
        [("control", 3, ""), ("m1-block", 3, "M1 dopamine blocked")],
    ]
    assert all(title for _, title in parts)
    table = read_trials(run)
    for clips, _ in parts:
        for c in clips:
            row = table.query(
                "group == @c.group and mouse == @c.mouse and session == @c.session and trial == @c.trial"
            ).iloc[0]
            assert c.outcome == row["outcome"] and len(c.qpos) == len(c.m1) == len(c.dopamine)


def test_cast_of_a_run_with_one_group(here):
    run, _ = here(sessions=2, groups=["control"])
    assert [[c.session for c in clips] for clips, _ in cast(run)] == [[1], [2]]


def test_cast_of_a_run_that_was_not_recorded(here):
    run, _ = here(recording=False)
    with pytest.raises(UserError, match="no filmed trials"):
        cast(run)


def test_the_middle_mouse_is_neither_best_nor_worst():
    rows = [("control", m, 2, s) for m, wins in ((1, 4), (2, 0), (3, 2)) for s in [True] * wins + [False] * (4 - wins)]
    trials = pd.DataFrame(rows, columns=["group", "mouse", "session", "success"])
    assert middle_mouse(trials, Group("control"), 2) == 3


def test_a_film_is_not_overwritten(here):
    run, _ = here()
    (run.path / "rollout.mp4").write_bytes(b"kept")
    with pytest.raises(UserError, match="not overwritten"):
        film_run(run.path)
    assert (run.path / "rollout.mp4").read_bytes() == b"kept"


def test_not_a_run_ends_with_a_sentence(tmp_path):
    with pytest.raises(UserError, match="not a run folder"):
        call(["film", str(tmp_path)])


def test_mp4_holds_every_frame(tmp_path):
    frames = [np.full((48, 64, 3), 20 * i, np.uint8) for i in range(9)]
    assert write_mp4(tmp_path / "a.part", frames, (64, 48), 25) == 9
    film = iio.imread(tmp_path / "a.part", extension=".mp4")
    assert film.shape == (9, 48, 64, 3)
    assert np.abs(film.mean(axis=(1, 2, 3)) - 20 * np.arange(9)).max() < 4
    head = (tmp_path / "a.part").read_bytes()
    assert head.index(b"moov") < head.index(b"mdat")  # plays while it loads


def test_mp4_refuses_odd_sizes(tmp_path):
    with pytest.raises(ValueError, match="even"):
        write_mp4(tmp_path / "a.mp4", [], (63, 48), 25)


def test_film_without_clips_says_so(tmp_path):
    with pytest.raises(UserError, match="at least one"):
        make_film([], tmp_path / "a.mp4")


def test_film_decodes_with_the_right_frames(tmp_path):
    from reachenv.drawing.render import build_model
    from reachenv.gl import NoGLError

    model = build_model()
    qpos = np.tile(model.qpos0.astype(np.float32), (400, 1))
    pair = [clip(qpos=qpos), clip("knock", group="m1-block", control=False, pills=(BLOCK,), qpos=qpos)]
    quick = [Clip(**(vars(c) | {"events": {}})) for c in pair]
    seen = []
    try:
        count = make_film([quick], tmp_path / "film.mp4", model, seen.append)
    except NoGLError as error:
        pytest.skip(f"nothing draws here: {error}")
    film = iio.imread(tmp_path / "film.mp4")
    assert film.shape == (count, HEIGHT, WIDTH, 3) and count == len(pace(quick, FPS))
    assert seen[-1] == 1.0 and seen == sorted(seen)
    assert [p.name for p in tmp_path.iterdir()] == ["film.mp4"]
    middle = film[count // 2]
    assert middle[BAND : BAND + VIEW_HEIGHT].std() > 20
