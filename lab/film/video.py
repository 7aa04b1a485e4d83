"""The film of a run: a mouse that learns, a mouse without dopamine, and both side by side. `reachenv film runs/NAME`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from reachenv.lab.errors import UserError
from reachenv.lab.film.clip import BEFORE, Clip, outcome_time, pace
from reachenv.lab.film.mp4 import write_mp4
from reachenv.lab.film.overlay import BAND, DARK, INK, SOFT, STRIP_HEIGHT, VIEW_HEIGHT, Panel, font

WIDTH, HEIGHT, FPS = 960, BAND + VIEW_HEIGHT + STRIP_HEIGHT, 25
CARD_SECONDS, FADE_SECONDS = 2.0, 0.3
if TYPE_CHECKING:
    from mujoco import MjModel

    from reachenv.drawing.render import Renderer

INSET = (280, 210)
"""Width and height of the close view of the paw, in the upper right corner where one mouse has the whole picture."""
Title = tuple[str, str]

__all__ = ["Clip", "film_run", "make_film"]


def make_film(
    rows: Sequence[Sequence[Clip]],
    path: Path,
    model: MjModel | None = None,
    progress: Callable[[float], None] | None = None,
    titles: Sequence[Title | None] = (),
) -> int:
    """Draw a film and return its number of frames.

    Args:
        rows: parts of the film, one after another; the clips of a part run side by side, at most 3.
        path: the MP4, written whole or not at all.
        model: a dressed model that the clips' qpos fit; None takes the standard one.
        progress: called with the fraction done.
        titles: title and subtitle of the card before each part; None shows none.

    Raises:
        UserError: no clips.   reachenv.gl.NoGLError: no OpenGL works here.
    """
    from reachenv.lab.records.folder import write_whole

    if not rows or not all(rows):
        raise UserError("A film needs at least one filmed trial in every part, got none.")
    titles = [*titles, *[None] * (len(rows) - len(titles))]
    total = sum(
        len(pace(clips, FPS)) + (int(CARD_SECONDS * FPS) if title else 0)
        for clips, title in zip(rows, titles, strict=True)
    )
    written = 0

    def counted() -> Iterator[np.ndarray]:
        nonlocal written
        for frame in _frames(rows, titles, model):
            yield frame
            written += 1
            if progress and written % 10 == 0:
                progress(written / total)

    write_whole(Path(path), lambda part: write_mp4(part, counted(), (WIDTH, HEIGHT), FPS))
    if progress:
        progress(1.0)
    return written


def _frames(
    rows: Sequence[Sequence[Clip]], titles: Sequence[Title | None], model: MjModel | None
) -> Iterator[np.ndarray]:
    """Every picture of the film (540, 960, 3) uint8."""
    from reachenv.drawing.render import Renderer, build_model

    model = build_model() if model is None else model
    pellet_z = model.joint("pellet").qposadr[0] + 2
    usual = model.body("plate").pos.copy()

    def place(clip: Clip) -> None:
        model.body("plate").pos = usual + clip.plate_shift_mm  # no part of qpos: the plate only turns

    traces = [
        trace for clips in rows for clip in clips for trace in (clip.dopamine, clip.striatum) if trace is not None
    ]
    ceiling = max((float(np.max(trace)) for trace in traces), default=1.0)
    for clips, title in zip(rows, titles, strict=True):
        width = WIDTH // len(clips) // 2 * 2
        panels = [Panel(clip, width, outcome_time(clip, clip.qpos[:, pellet_z]), ceiling) for clip in clips]
        with Renderer(model, width, VIEW_HEIGHT) as main, Renderer(model, *INSET, camera="paw") as close:
            near = close if len(clips) == 1 else None
            if title:
                yield from _card(title, _picture(panels, main, near, place, -BEFORE, 1.0))
            for t, speed in pace(clips, FPS):
                yield _picture(panels, main, near, place, t, speed)


def _picture(
    panels: Sequence[Panel],
    main: Renderer,
    close: Renderer | None,
    place: Callable[[Clip], None],
    t: float,
    speed: float,
) -> np.ndarray:
    """One picture of the film: every mouse at `t` s after the tone, drawn by `main`, and its paw by `close` if given.

    place: puts a clip's rig where it stands.
    """
    image = Image.new("RGB", (WIDTH, HEIGHT), DARK)
    for i, panel in enumerate(panels):
        qpos = panel.clip.qpos[panel.clip.step(t)]
        place(panel.clip)
        image.paste(panel.draw(main.frame(qpos), t, speed), (i * panel.width, 0))
        if close is not None:
            corner = ((i + 1) * panel.width - INSET[0] - 14, BAND + 14)
            frame = [corner[0] - 2, corner[1] - 2, corner[0] + INSET[0] + 1, corner[1] + INSET[1] + 1]
            ImageDraw.Draw(image).rectangle(frame, fill=DARK)
            image.paste(Image.fromarray(close.frame(qpos)), corner)
    for i in range(1, len(panels)):
        ImageDraw.Draw(image).line((i * panels[0].width, 0, i * panels[0].width, HEIGHT), fill=DARK, width=4)
    return np.asarray(image)


def _card(title: Title, behind: np.ndarray) -> Iterator[np.ndarray]:
    """A title over the blurred first picture of what follows, faded in."""
    image = Image.fromarray(behind).filter(ImageFilter.GaussianBlur(14)).point(lambda v: int(v * 0.45))
    draw = ImageDraw.Draw(image)
    draw.text((WIDTH / 2, HEIGHT / 2 - 22), title[0], font=font(40, bold=True), fill=INK, anchor="mm")
    wide = draw.textlength(title[1], font=font(20))
    size = min(20, int(20 * (WIDTH - 40) / max(wide, 1)))  # a long one is written smaller
    draw.text((WIDTH / 2, HEIGHT / 2 + 30), title[1], font=font(size), fill=SOFT, anchor="mm")
    card = np.asarray(image, np.float32)
    count, fade = int(CARD_SECONDS * FPS), FADE_SECONDS * FPS
    for i in range(count):
        yield (card * min(1.0, (i + 1) / fade, (count - i) / fade)).astype(np.uint8)


def film_run(
    run_dir: Path, progress: Callable[[float], None] | None = None, out: Path | None = None, force: bool = False
) -> Path:
    """Draw the film of a run from its files alone, as rollout.mp4 in its folder, and return the path.

    Raises:
        UserError: not a run, nothing filmed, or a film is there already and neither `out` nor `force` was given.
    """
    from reachenv.lab.film.scenes import cast
    from reachenv.lab.records.folder import open_run

    run = open_run(Path(run_dir))
    path = Path(out) if out is not None else run.path / "rollout.mp4"
    if path.exists() and not force:
        raise UserError(f"{path} exists already and is not overwritten; give --out another.mp4, or --force.")
    parts = cast(run)
    make_film([clips for clips, _ in parts], path, progress=progress, titles=[title for _, title in parts])
    return path
