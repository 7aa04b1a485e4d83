"""What is written over the film: who, when, interventions, outcome, tone, and the two moving traces."""

from functools import lru_cache
from pathlib import Path

import numpy as np
from matplotlib import colormaps, get_data_path
from PIL import Image, ImageDraw, ImageFont

from reachenv.lab.film.clip import AFTER, BEFORE, SLOW, Clip, Pill

BAND, VIEW_HEIGHT, STRIP_HEIGHT = 60, 360, 120
"""Rows of the picture [pixels]: who and when; the mouse; the traces."""
Colour = tuple[int, ...]

INK, SOFT, DARK = (236, 238, 240), (160, 168, 178), (17, 20, 25)
RED, UNLIT = (200, 62, 40), (44, 52, 62)
TEAL, ORANGE, GREEN, AMBER, BLUE = (86, 196, 178), (232, 104, 66), (96, 196, 122), (232, 170, 72), (120, 178, 240)
VIOLET = (186, 150, 232)  # dopamine in striatum
GUTTER, RIGHT = 96, 16  # px beside the traces
RASTER, TRACE = (8, 66), (72, 102)  # px rows in the strip
OUTCOMES = {
    "success": "pellet at the mouth",
    "miss": "missed",
    "knock": "knocked off",
    "slip": "slipped",
    "drop": "dropped",
    "no_reach": "no reach",
}
TONE_SECONDS = 0.5


@lru_cache
def font(size: int, bold: bool = False) -> ImageFont.FreeTypeFont:
    """DejaVu Sans, from the copy that matplotlib carries."""
    name = "DejaVuSans-Bold.ttf" if bold else "DejaVuSans.ttf"
    return ImageFont.truetype(str(Path(get_data_path()) / "fonts" / "ttf" / name), size)


def colour(clip: Clip) -> tuple[int, int, int]:
    """A group's colour: control teal, every other group orange."""
    return TEAL if clip.control else ORANGE


def pill_width(draw: ImageDraw.ImageDraw, text: str, size: int) -> float:
    """How wide a pill is [pixels]."""
    return draw.textlength(text, font=font(size, bold=True)) + 1.5 * size


def pill(
    draw: ImageDraw.ImageDraw,
    at: tuple[float, float],
    text: str,
    ink: Colour,
    fill: Colour,
    size: int = 14,
    anchor: str = "l",
) -> None:
    """Text on a rounded bar; `at` is its left, middle ("m") or right ("r") end at half height."""
    face = font(size, bold=True)
    width, half = pill_width(draw, text, size), 0.85 * size
    left = at[0] - {"l": 0, "m": width / 2, "r": width}[anchor]
    draw.rounded_rectangle((left, at[1] - half, left + width, at[1] + half), radius=half, fill=fill)
    draw.text((left + width / 2, at[1]), text, font=face, fill=ink, anchor="mm")


class Panel:
    """One mouse's part of the picture: its view above, its traces below.

    Args:
        width: pixels.   outcome_at: seconds after the tone.   ceiling: dopamine at the top of its trace.
    """

    def __init__(self, clip: Clip, width: int, outcome_at: float, ceiling: float):
        self.clip, self.width, self.outcome_at = clip, width, outcome_at
        self._left, self._right = GUTTER, width - RIGHT
        self._shade = _shade(width)
        self._empty, self._full = self._strips(ceiling)

    def draw(self, view: np.ndarray, t: float, speed: float) -> Image.Image:
        """The panel (width × 540) at `t` s after the tone, over `view` (360, width, 3) uint8."""
        image = Image.new("RGB", (self.width, BAND + VIEW_HEIGHT + STRIP_HEIGHT), DARK)
        image.paste(Image.fromarray((view * self._shade).astype(np.uint8)), (0, BAND))
        draw = ImageDraw.Draw(image, "RGBA")
        self._title(draw, t)
        self._state(draw, t, speed)
        now = int(round(self._x(t)))
        strip = BAND + VIEW_HEIGHT
        image.paste(self._empty, (0, strip))
        image.paste(self._full.crop((0, 0, now, STRIP_HEIGHT)), (0, strip))
        draw.line((now, strip + RASTER[0] - 3, now, strip + TRACE[1] + 3), fill=(255, 255, 255, 220), width=2)
        return image

    def _x(self, t: float) -> float:
        return self._left + (t + BEFORE) / (AFTER + BEFORE) * (self._right - self._left)

    def _title(self, draw: ImageDraw.ImageDraw, t: float) -> None:
        """The band above the view: group, mouse, session, trial, and a pill for each intervention."""
        clip, right = self.clip, self.width - RIGHT
        draw.ellipse((16, 12, 28, 24), fill=colour(clip))
        draw.text((36, 18), clip.group, font=font(18, bold=True), fill=INK, anchor="lm")
        after = 36 + draw.textlength(clip.group, font=font(18, bold=True)) + 10
        draw.text((after, 19), f"mouse {clip.mouse}", font=font(15), fill=SOFT, anchor="lm")
        when = f"session {clip.session} · trial {clip.trial}"
        draw.text((right, 18), when, font=font(16, bold=True), fill=INK, anchor="rm")
        if clip.note:
            draw.text((right, 43), clip.note, font=font(13), fill=SOFT, anchor="rm")
        for one, at, size in self.placed(draw):
            lit = one.on(t)
            pill(draw, at, one.words, (255, 255, 255) if lit else SOFT, RED if lit else UNLIT, size)
        if not clip.pills:
            pill(draw, (14, 43), "dopamine on" if clip.dopamine is not None else "no intervention", SOFT, UNLIT, 12)

    def placed(self, draw: ImageDraw.ImageDraw) -> list[tuple[Pill, tuple[float, float], int]]:
        """Every pill, where it begins at half height, and its size: side by side as far as the note, then in rows below."""
        placed, x, y = [], 14.0, 43.0
        end = self.width - RIGHT - (draw.textlength(self.clip.note, font=font(13)) + 8 if self.clip.note else 0)
        for one in self.clip.pills:
            width = pill_width(draw, one.words, 12)
            if x + width > end and (x > 14 or y == 43):
                x, y, end = 14.0, y + 26, self.width - RIGHT
            size = min(12, int(12 * (end - x) / width))  # one longer than the panel is wide is written smaller
            placed.append((one, (x, y), size))
            x += width + 8
        return placed

    def _state(self, draw: ImageDraw.ImageDraw, t: float, speed: float) -> None:
        """What changes while the trial runs, along the view's lower edge: clock, speed, tone, outcome."""
        low, middle = BAND + VIEW_HEIGHT - 22, 262
        draw.text((16, low), f"{t:+.2f} s", font=font(16, bold=True), fill=INK, anchor="lm")
        if speed == SLOW:
            pill(draw, (94, low), "¼ speed", INK, (255, 255, 255, 50), 12)
        if 0 <= t < TONE_SECONDS:
            fade = 1 - t / TONE_SECONDS
            for ring in range(3):
                r = 6 + 8 * ring + 8 * (t / TONE_SECONDS)
                for side, turn in ((-38, 180), (38, 0)):
                    box = (middle + side - r, low - r, middle + side + r, low + r)
                    draw.arc(box, turn - 32, turn + 32, fill=(*BLUE, int(220 * fade)), width=3)
            pill(draw, (middle, low), "TONE", (255, 255, 255), (*BLUE, 110 + int(140 * fade)), 14, "m")
        if t >= self.outcome_at:
            good = self.clip.outcome == "success"
            text = ("✓  " if good else "✕  ") + OUTCOMES.get(self.clip.outcome, self.clip.outcome)
            pill(draw, (self.width - 14, low), text, DARK, (*(GREEN if good else AMBER), 245), 14, "r")

    def _strips(self, ceiling: float) -> tuple[Image.Image, Image.Image]:
        """The strip with axes alone, and with everything that the cursor will reveal."""
        base = Image.new("RGB", (self.width, STRIP_HEIGHT), DARK)
        draw = ImageDraw.Draw(base)
        left, right = self._left, self._right
        for top, bottom in (RASTER, TRACE):
            draw.rectangle((left, top, right, bottom), fill=(25, 29, 36))
        striatum = [("in striatum", VIOLET)] if self.clip.striatum is not None else []
        m1 = [("in M1", colour(self.clip) if striatum else SOFT)] if self.clip.dopamine is not None else []
        _label(draw, left - 10, RASTER, "M1", [("layer 2-3" if self.clip.m1 is not None else "not modelled", SOFT)])
        _label(draw, left - 10, TRACE, "dopamine", [*m1, *striatum] or [("not modelled", SOFT)])
        for start, end in (one.seconds for one in self.clip.pills if one.seconds):
            if start < AFTER and end > -BEFORE:
                first, last = self._x(max(start, -BEFORE)), self._x(min(end, AFTER))
                draw.rectangle((first, RASTER[1] + 2, last, TRACE[0] - 2), fill=RED)
                draw.rectangle((first, TRACE[0], last, TRACE[1]), fill=(66, 36, 36))
        for t, label in ((0.0, "tone"), (0.5, "0.5"), (1.0, "1.0"), (1.5, "1.5 s")):
            x = self._x(t)
            draw.line((x, TRACE[1], x, TRACE[1] + 4), fill=SOFT)
            draw.text((x, TRACE[1] + 11), label, font=font(10), fill=SOFT, anchor="mm" if t < AFTER else "rm")
        full = base.copy()
        span = range(self.clip.step(-BEFORE), self.clip.step(AFTER) + 1)
        if self.clip.m1 is not None:
            raster = _raster(self.clip.m1, self.clip.order, span)
            size = right - left + 1, RASTER[1] - RASTER[0] + 1
            full.paste(raster.resize(size, Image.Resampling.BICUBIC), (left, RASTER[0]))
        traces = [(self.clip.dopamine, colour(self.clip), 60)] if self.clip.dopamine is not None else []
        if self.clip.striatum is not None:
            traces.append((self.clip.striatum, VIOLET, 0))
        for values, ink, area in traces:
            shown = values[span.start : span.stop] / max(ceiling, 1e-9)
            _line(full, shown, (left, TRACE[0], right, TRACE[1]), ink, area)
        tone = self._x(0.0)
        ImageDraw.Draw(full, "RGBA").line((tone, RASTER[0], tone, TRACE[1]), fill=(*BLUE, 150))
        return base, full


def _raster(m1: np.ndarray, rows: np.ndarray | None, span: range) -> Image.Image:
    """Cells × time, each cell scaled to its own range in what is shown, hot where active. m1, rows: see `Clip`."""
    rates = np.asarray(m1, float)[span.start : span.stop].T
    low, high = np.percentile(rates, [2, 99], axis=1)
    scaled = np.clip((rates - low[:, None]) / np.maximum(high - low, 1e-9)[:, None], 0, 1)
    order = np.argsort(rates.argmax(axis=1)) if rows is None else rows
    return Image.fromarray((colormaps["inferno"](scaled[order] ** 1.2)[..., :3] * 255).astype(np.uint8))


def _label(
    draw: ImageDraw.ImageDraw, x: float, rows: tuple[int, int], name: str, below: list[tuple[str, tuple]]
) -> None:
    """The name of a trace, right-aligned at x beside its rows, and lines below it as (words, ink)."""
    step = 14 if len(below) == 1 else 12
    y = sum(rows) / 2 - step * len(below) / 2
    draw.text((x, y), name, font=font(12, bold=True), fill=INK, anchor="rm")
    for i, (words, ink) in enumerate(below, 1):
        draw.text((x, y + i * step), words, font=font(11), fill=ink, anchor="rm")


def _line(
    image: Image.Image,
    values: np.ndarray,
    box: tuple[int, int, int, int],
    ink: Colour,
    area: int = 60,
    fine: int = 4,
) -> None:
    """An anti-aliased curve of `values` in [0, 1] with a soft area below it (of alpha `area`), drawn `fine` times too large and shrunk."""
    left, top, right, bottom = box
    width, height = right - left + 1, bottom - top + 1
    x = np.linspace(0, width * fine - 1, len(values))
    y = (1 - np.clip(values, 0, 1) * 0.92 - 0.03) * height * fine
    points = list(zip(x, y, strict=True))
    layer = Image.new("RGBA", (width * fine, height * fine), (*ink, 0))
    draw = ImageDraw.Draw(layer)
    draw.polygon([(0, height * fine), *points, (width * fine, height * fine)], fill=(*ink, area))
    draw.line(points, fill=(*ink, 255), width=2 * fine, joint="curve")
    layer = layer.resize((width, height), Image.Resampling.LANCZOS)
    image.paste(layer, (left, top), layer)


def _shade(width: int) -> np.ndarray:
    """Darkening (360, width, 1) of the view's lower edge, so that writing can be read."""
    y = np.arange(VIEW_HEIGHT)
    edge = np.clip(1 - (VIEW_HEIGHT - 1 - y) / 60, 0, 1) ** 1.4
    return np.broadcast_to((1 - 0.5 * edge)[:, None, None], (VIEW_HEIGHT, width, 1)).astype(np.float32)
