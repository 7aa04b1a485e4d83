"""What is written over the film: who, when, blocked or not, outcome, tone, and the two moving traces."""

from functools import lru_cache
from pathlib import Path

import numpy as np
from matplotlib import colormaps, get_data_path
from PIL import Image, ImageDraw, ImageFont

from lab.clip import AFTER, BEFORE, SLOW, Clip

BAND, VIEW_HEIGHT, STRIP_HEIGHT = 60, 360, 120
"""Rows of the picture [pixels]: who and when; the mouse; the traces."""
INK, SOFT, DARK = (236, 238, 240), (160, 168, 178), (17, 20, 25)
TEAL, ORANGE, GREEN, AMBER, BLUE = (86, 196, 178), (232, 104, 66), (96, 196, 122), (232, 170, 72), (120, 178, 240)
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
    return TEAL if clip.group == "control" else ORANGE


def pill(draw: ImageDraw.ImageDraw, at, text: str, ink, fill, size: int = 14, anchor: str = "l") -> None:
    """Text on a rounded bar; `at` is its left, middle ("m") or right ("r") end at half height."""
    face = font(size, bold=True)
    width, half = draw.textlength(text, font=face) + 1.5 * size, 0.85 * size
    left = at[0] - {"l": 0, "m": width / 2, "r": width}[anchor]
    draw.rounded_rectangle((left, at[1] - half, left + width, at[1] + half), radius=half, fill=fill)
    draw.text((left + width / 2, at[1]), text, font=face, fill=ink, anchor="mm")


def block_words(block: str) -> str:
    """A block as a reader says it: "m1@0.5+striatum" → "M1 50% + striatal dopamine"."""
    spelled = []
    for part in block.split("+"):
        target, _, depth = part.partition("@")
        name = {"m1": "M1", "striatum": "striatal", "both": "M1 and striatal"}.get(target, target)
        spelled.append(f"{name} {float(depth):.0%}" if depth else name)
    return " + ".join(spelled) + " dopamine"


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
        self._title(draw)
        self._state(draw, t, speed)
        now = int(round(self._x(t)))
        strip = BAND + VIEW_HEIGHT
        image.paste(self._empty, (0, strip))
        image.paste(self._full.crop((0, 0, now, STRIP_HEIGHT)), (0, strip))
        draw.line((now, strip + RASTER[0] - 3, now, strip + TRACE[1] + 3), fill=(255, 255, 255, 220), width=2)
        return image

    def _x(self, t: float) -> float:
        return self._left + (t + BEFORE) / (AFTER + BEFORE) * (self._right - self._left)

    def _title(self, draw: ImageDraw.ImageDraw) -> None:
        """The band above the view: group, mouse, session, trial, and what is blocked."""
        clip, right = self.clip, self.width - RIGHT
        draw.ellipse((16, 12, 28, 24), fill=colour(clip))
        draw.text((36, 18), clip.group, font=font(18, bold=True), fill=INK, anchor="lm")
        after = 36 + draw.textlength(clip.group, font=font(18, bold=True)) + 10
        draw.text((after, 19), f"mouse {clip.mouse}", font=font(15), fill=SOFT, anchor="lm")
        when = f"session {clip.session} · trial {clip.trial}"
        draw.text((right, 18), when, font=font(16, bold=True), fill=INK, anchor="rm")
        if clip.note:
            draw.text((right, 43), clip.note, font=font(13), fill=SOFT, anchor="rm")
        if clip.block:
            pill(draw, (14, 43), f"{block_words(clip.block)} BLOCKED", (255, 255, 255), (200, 62, 40, 255), 12)
        elif clip.done:
            pill(draw, (14, 43), clip.done, (255, 255, 255), (200, 62, 40, 255), 12)
        else:
            pill(draw, (14, 43), "dopamine on", SOFT, (44, 52, 62, 255), 12)

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
        for (top, bottom), (first, second) in ((RASTER, ("M1", "layer 2-3")), (TRACE, ("dopamine", "in M1"))):
            draw.rectangle((left, top, right, bottom), fill=(25, 29, 36))
            draw.text((left - 10, (top + bottom) / 2 - 7), first, font=font(12, bold=True), fill=INK, anchor="rm")
            draw.text((left - 10, (top + bottom) / 2 + 7), second, font=font(11), fill=SOFT, anchor="rm")
        for t, label in ((0.0, "tone"), (0.5, "0.5"), (1.0, "1.0"), (1.5, "1.5 s")):
            x = self._x(t)
            draw.line((x, TRACE[1], x, TRACE[1] + 4), fill=SOFT)
            draw.text((x, TRACE[1] + 11), label, font=font(10), fill=SOFT, anchor="mm" if t < AFTER else "rm")
        full = base.copy()
        span = range(self.clip.step(-BEFORE), self.clip.step(AFTER) + 1)
        full.paste(
            _raster(self.clip, span).resize((right - left + 1, RASTER[1] - RASTER[0] + 1), Image.BICUBIC),
            (left, RASTER[0]),
        )
        _line(
            full,
            self.clip.dopamine[span.start : span.stop] / max(ceiling, 1e-9),
            (left, TRACE[0], right, TRACE[1]),
            colour(self.clip),
        )
        tone = self._x(0.0)
        ImageDraw.Draw(full, "RGBA").line((tone, RASTER[0], tone, TRACE[1]), fill=(*BLUE, 150))
        return base, full


def _raster(clip: Clip, span: range) -> Image.Image:
    """Cells × time, each cell scaled to its own range in what is shown, hot where active."""
    rates = np.asarray(clip.m1, float)[span.start : span.stop].T
    low, high = np.percentile(rates, [2, 99], axis=1)
    scaled = np.clip((rates - low[:, None]) / np.maximum(high - low, 1e-9)[:, None], 0, 1)
    order = np.argsort(rates.argmax(axis=1)) if clip.order is None else clip.order
    return Image.fromarray((colormaps["inferno"](scaled[order] ** 1.2)[..., :3] * 255).astype(np.uint8))


def _line(image: Image.Image, values: np.ndarray, box, ink, fine: int = 4) -> None:
    """An anti-aliased curve of `values` in [0, 1] with a soft area below it, drawn `fine` times too large and shrunk."""
    left, top, right, bottom = box
    width, height = right - left + 1, bottom - top + 1
    x = np.linspace(0, width * fine - 1, len(values))
    y = (1 - np.clip(values, 0, 1) * 0.92 - 0.03) * height * fine
    points = list(zip(x, y, strict=True))
    layer = Image.new("RGBA", (width * fine, height * fine), (*ink, 0))
    draw = ImageDraw.Draw(layer)
    draw.polygon([(0, height * fine), *points, (width * fine, height * fine)], fill=(*ink, 60))
    draw.line(points, fill=(*ink, 255), width=2 * fine, joint="curve")
    layer = layer.resize((width, height), Image.LANCZOS)
    image.paste(layer, (left, top), layer)


def _shade(width: int) -> np.ndarray:
    """Darkening (360, width, 1) of the view's lower edge, so that writing can be read."""
    y = np.arange(VIEW_HEIGHT)
    edge = np.clip(1 - (VIEW_HEIGHT - 1 - y) / 60, 0, 1) ** 1.4
    return np.broadcast_to((1 - 0.5 * edge)[:, None, None], (VIEW_HEIGHT, width, 1)).astype(np.float32)
