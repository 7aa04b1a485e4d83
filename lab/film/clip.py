"""A filmed trial as data, and how fast the film runs through it."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from reachenv.schema import CONTROL_DT

BEFORE, AFTER = 0.3, 1.5  # s around the tone that are shown
SLOW = 0.25  # speed during the reach


@dataclass(frozen=True)
class Pill:
    """An intervention or a perturbation in words. seconds: from and to, after the tone; None where all the trial long."""

    words: str
    seconds: tuple[float, float] | None = None

    def on(self, t: float) -> bool:
        """Whether it is on at `t` s after the tone."""
        return self.seconds is None or self.seconds[0] <= t < self.seconds[1]


@dataclass(frozen=True)
class Clip:
    """One trial of one mouse, T control steps of `dt` s.

    Attributes:
        qpos: (T, nq) generalized positions of the world.
        m1: (T, units) rates of M1 layer 2-3.   dopamine: (T,) dopamine that arrives in M1. None where the brain has no such area.
        striatum: (T,) dopamine that arrives in striatum, where it is another than in M1.
        outcome: as in info.   control: whether the mouse is of the control group.
        tone_time [s] and events {name_time: s} from the start of the trial; NaN where it did not happen.
        order: (units,) rows of the raster, top first; None sorts by the time of each cell's own peak in this trial.
        note: a few words for the corner.   pills: interventions and the perturbation that are on in this trial.
        plate_shift_mm: (x, y, z), where the plate stands [mm from its usual place].
    """

    group: str
    mouse: int
    session: int
    trial: int
    outcome: str
    qpos: np.ndarray
    m1: np.ndarray | None
    dopamine: np.ndarray | None
    tone_time: float
    dt: float = CONTROL_DT
    events: dict = field(default_factory=dict)
    order: np.ndarray | None = None
    note: str = ""
    pills: tuple[Pill, ...] = ()
    plate_shift_mm: tuple[float, float, float] = (0.0, 0.0, 0.0)
    striatum: np.ndarray | None = None
    control: bool = False

    def step(self, t: float) -> int:
        """The control step at `t` s after the tone, held at the ends of the record."""
        return int(np.clip(round((self.tone_time + t) / self.dt), 0, len(self.qpos) - 1))

    def event(self, name: str) -> float:
        """Seconds from the tone to an event; NaN if it did not happen or was not recorded."""
        return float(self.events.get(f"{name}_time", np.nan)) - self.tone_time


def outcome_time(clip: Clip, pellet_z: np.ndarray) -> float:
    """When the outcome shows [s after the tone]: the pellet at the mouth, or falling, or the last try given up.

    Args:
        pellet_z: (T,) height of the pellet [mm].
    """
    if clip.outcome == "success" and np.isfinite(clip.event("at_mouth")):
        return clip.event("at_mouth")
    start = clip.step(0.0)
    fallen = np.flatnonzero(pellet_z[start:] < pellet_z[start] - 2.0)
    if clip.outcome != "success" and len(fallen):
        return float(fallen[0] * clip.dt)
    acts = [clip.event(name) for name in ("lift", "reach", "grab", "supination")]
    acts = [t for t in acts if np.isfinite(t)]
    return min(max(acts) + 0.35 if acts else 1.0, AFTER - 0.2)


def slow_window(clips: Sequence[Clip]) -> tuple[float, float]:
    """Start and end [s after the tone] of the slow motion: from the first paw's lift until the last is at the mouth or has failed."""
    starts, ends = [], []
    for clip in clips:
        begin = np.nanmin([clip.event("lift"), clip.event("reach"), AFTER])
        begin = 0.15 if begin >= AFTER else begin
        end = np.nanmax([clip.event("at_mouth"), clip.event("grab") + 0.2, begin + 0.35])
        starts.append(begin)
        ends.append(end)
    low = float(np.clip(min(starts) - 0.05, 0.0, AFTER - 0.4))
    return low, float(np.clip(max(ends) + 0.12, low + 0.2, AFTER))


def pace(clips: Sequence[Clip], fps: int) -> list[tuple[float, float]]:
    """The film's frames as (seconds after the tone, speed): real time, slow through the reach, real time again."""
    low, high = slow_window(clips)
    frames, t = [], -BEFORE
    while t < AFTER - 1e-9:
        speed = SLOW if low <= t < high else 1.0
        frames.append((t, speed))
        t += speed / fps
    return frames
