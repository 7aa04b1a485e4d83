"""The trial of N worlds at once: its timing, the events that happened, and how it ended.

Pure arrays: it is told where things are and who touches whom, and never what the agent intended.
"""

import math
import numbers
from collections.abc import Callable
from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np

from reachenv.course import Course, differ, equal, follow
from reachenv.schema import CONTROL_DT, EVENTS
from reachenv.state import Part

PERCH_MM = np.array([-2.0, -5.5, -18.5])  # the grip point when the paw rests
OFF_PERCH_MM = 3.0  # further than this from the perch, the paw is lifted
REACH_MM = 6.0  # nearer than this to where the pellet waits, the paw has reached
RAISED_MM = 1.5  # the pellet is in the air when this far above its cup
GONE_MM = 2.0  # the pellet has left its cup when this far from it
MOUTH_MM = 3.0  # pellet centre to mouth: its surface is within a pellet's radius of the lips
SUPINATED_RAD = math.radians(45.0)  # a plain number: what is compared with one of numpy's is slow ever after
_SAME_S = 1e-9  # sums of decimal numbers differ by less
_PERCH, _MOUTH = tuple(PERCH_MM.tolist()), (0.0, 0.0, 0.0)


@dataclass(frozen=True)
class Timing:
    """When things happen in a trial, in s from its start.

    Attributes:
        tone: onset of the tone, the go cue.
        tone_length: how long the tone sounds.
        turn_lead: how long before the tone the plate begins to turn.
        turn_time: how long the plate takes for one cup.
        response_window: after the tone. The paw must have arrived at the pellet by its end; what it does from then on counts until it
            is back on its perch. A later movement counts for nothing: no event, no reward, no other outcome.
        total: length of the trial.
    """

    tone: float = 1.0
    tone_length: float = 0.5
    turn_lead: float = 0.5
    turn_time: float = 0.4
    response_window: float = 2.0
    total: float = 4.0

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            if isinstance(value, bool) or not isinstance(value, numbers.Real) or not math.isfinite(value):
                raise ValueError(f"{name} is {value!r}; every time of a trial is a finite number of seconds.")
        if not 0.2 <= self.turn_time <= 1.5:
            raise ValueError(f"turn_time is {self.turn_time} s; the plate carries the pellet safely in 0.2 to 1.5 s.")
        if not 0 <= self.turn_lead <= self.tone + _SAME_S:
            raise ValueError(f"turn_lead is {self.turn_lead} s; it must be between 0 and the tone at {self.tone} s.")
        if self.tone_length < 0 or self.response_window <= 0:
            raise ValueError("tone_length must not be negative and response_window must be positive.")
        if self.tone + self.response_window > self.total + _SAME_S:
            raise ValueError(
                f"The trial lasts {self.total} s, but its response window ends at {self.tone + self.response_window} s; make total longer."
            )

    @property
    def turn_start(self) -> float:
        return self.tone - self.turn_lead

    @property
    def steps(self) -> int:
        return round(self.total / CONTROL_DT)


TIMINGS = {
    "compact": Timing(),
    # Tone at 4 s of 12 s: the axis of the study's own recordings (Ghanayim et al. 2025, public analysis code).
    "ghanayim2025": Timing(tone=4.0, total=12.0),
}


def timing(choice: "str | Timing | dict[str, float]") -> Timing:
    """Return a named timing, the given one, or one from its fields."""
    if isinstance(choice, Timing):
        return choice
    if isinstance(choice, dict):
        return Timing(**choice)
    if choice not in TIMINGS:
        raise ValueError(f"timing={choice!r} is unknown; choose one of {', '.join(TIMINGS)} or give a reachenv.Timing.")
    return TIMINGS[choice]


@dataclass
class Measured:
    """What physics shows after a control step. Positions [mm], N worlds.

    Attributes:
        time: (N,) [s] since the trial began.
        grip: (N, 3) grip point of the paw.
        pellet: (N, 3) pellet centre.
        cup: (N, 3) where a pellet at rest on the cup would be.
        waiting: (N, 3) where the pellet waits once delivered.
        parts_on_pellet: (N,) how many of palm, thumb and digits touched the pellet during the step.
        pellet_on_plate: (N,) bool.
        hand_on_plate, hand_on_head: (N,) bool.
        supination: (N,) [rad].
    """

    time: np.ndarray
    grip: np.ndarray
    pellet: np.ndarray
    cup: np.ndarray
    waiting: np.ndarray
    parts_on_pellet: np.ndarray
    pellet_on_plate: np.ndarray
    hand_on_plate: np.ndarray
    hand_on_head: np.ndarray
    supination: np.ndarray


def _squared(a: Any, b: Any) -> Any:
    """Squared distance between points given as (x, y, z), each a number or (N,)."""
    x, y, z = a[0] - b[0], a[1] - b[1], a[2] - b[2]
    return x * x + y * y + z * z


def _apart(m: Measured) -> tuple[np.ndarray, ...]:
    """How far things are from each other, squared (N,) [mm²]: grip from perch and from waiting pellet, pellet from cup and from
    mouth; and whether the pellet is above its cup (N,)."""
    gaps = np.empty((4, *m.grip.shape))
    np.subtract(m.grip, PERCH_MM, out=gaps[0])
    np.subtract(m.grip, m.waiting, out=gaps[1])
    np.subtract(m.pellet, m.cup, out=gaps[2])
    gaps[3] = m.pellet
    gaps *= gaps
    return *(gaps[..., 0] + gaps[..., 1] + gaps[..., 2]), m.pellet[:, 2] > m.cup[:, 2] + RAISED_MM


def _apart_in_one(m: Measured) -> tuple[float | bool, ...]:
    """The same of a single world, in Python's numbers."""
    grip, pellet, cup, waiting = (at[0].tolist() for at in (m.grip, m.pellet, m.cup, m.waiting))
    distances = _squared(grip, _PERCH), _squared(grip, waiting), _squared(pellet, cup), _squared(pellet, _MOUTH)
    return *distances, pellet[2] > cup[2] + RAISED_MM


_MARKED = ("lift", "reach", "grab", "supination", "chew", "back_to_perch")  # fields of Course that are events
_SHOWN = {name: name for name in ("raised", "gone", "knocked", "over", "plate_contact", "head_contact")} | {
    "eaten": "chew"
}


@dataclass
class Trials:
    """State of N trials. All arrays (N, ...); times [s], NaN for what has not happened."""

    n: int
    timing: Timing
    times: dict[str, np.ndarray] = field(init=False)

    def __post_init__(self) -> None:
        n = self.n
        self.times = {name: np.full(n, np.nan) for name in EVENTS}
        self.raised, self.gone, self.knocked, self.over, self.eaten = np.zeros((5, n), bool)
        self.plate_contact, self.head_contact = np.zeros((2, n), bool)
        self.aim_error = np.full(n, np.inf)
        self.endpoint = np.full((n, 3), np.nan)
        self.closest_time = np.full(n, np.nan)
        self.peak_speed = np.zeros(n)
        self.changes = 0  # grows whenever anything that `outcome`, `times` or another attribute says has changed
        self._nobody = np.zeros(n, bool)
        self._seen: bytes | None = None  # by `follow`, a step ago
        self._at_rest = False
        self._reaching: Any = False  # (N,) bool, or of a single world a bool
        self._course = Course()
        self._last_grip = np.tile(PERCH_MM, (n, 1))
        # Values as `follow` takes them: of one world as numbers.
        self._any: Callable[[Any], Any]
        self._sqrt: Callable[[Any], Any]
        self._of: Callable[[Any], Any]
        self._apart: Callable[[Measured], tuple[Any, ...]]
        if n == 1:
            self._any, self._sqrt, self._of, self._apart = bool, math.sqrt, np.ndarray.item, _apart_in_one
        else:
            self._any, self._sqrt, self._of, self._apart = np.count_nonzero, np.sqrt, np.asarray, _apart
        self.start(np.arange(n))

    def start(self, ids: np.ndarray) -> None:
        """Begin new trials in worlds `ids`."""
        self.changes += 1
        self._seen = None
        for times in self.times.values():
            times[ids] = np.nan
        self.times["tone"][ids] = self.timing.tone
        self.times["table_turn"][ids] = self.timing.turn_start
        for name in _SHOWN:
            getattr(self, name)[ids] = False
        self.aim_error[ids] = np.inf
        self.endpoint[ids] = np.nan
        self.closest_time[ids] = np.nan
        self.peak_speed[ids] = 0.0
        self._last_grip[ids] = PERCH_MM
        if self.n == 1:
            self._course = Course()
        elif len(ids) == self.n:
            self._course = Course(*(np.zeros(self.n, int if "steps" in f.name else bool) for f in fields(Course)))
        else:
            for f in fields(Course):
                getattr(self._course, f.name)[ids] = 0

    def update(self, m: Measured) -> np.ndarray:
        """Take in one control step; return (N,) bool, which worlds' pellet was eaten in it."""
        c, of = self._course, self._of
        from_perch, from_waiting, from_cup, from_mouth, risen = self._apart(m)
        since = of(m.time) - self.timing.tone
        closed = since >= self.timing.response_window + 1e-9
        in_window = (since > 1e-9) & (closed ^ True)
        near, parts = self._sqrt(from_waiting), of(m.parts_on_pellet)
        seen = (  # in the order of `follow`
            in_window,
            closed,
            from_perch > OFF_PERCH_MM**2,
            near < REACH_MM,
            from_cup > GONE_MM**2,
            parts,
            of(m.pellet_on_plate),
            risen,
            of(m.supination) > SUPINATED_RAD,
            from_mouth < MOUTH_MM**2,
            of(m.hand_on_plate),
            of(m.hand_on_head),
        )
        alike = self.n > 1 and self._seen_again(seen)
        resting = alike and self._at_rest
        now = c if resting else follow(c, *seen)
        if not resting:
            self._course = now
            self._reaching = now.lift & in_window & (c.grab ^ True)
            self._at_rest = alike and equal(now, c)
        # The reach ends at the grab, or where the paw came closest: its endpoint, error and peak speed.
        if self._any(self._reaching):
            closer = self._reaching & (near < of(self.aim_error))
            if self._any(closer):
                self._approach(m, np.asarray(closer).reshape(self.n))
        self._last_grip = m.grip
        return self._nobody if resting else self._note(c, now, m.time)

    def _seen_again(self, seen: tuple[Any, ...]) -> bool:
        """Whether `follow` would be shown what it was shown a step ago. If nothing came of it then, nothing will now: most of a
        trial is waiting, and to follow many worlds costs several times as much as to see that."""
        before, self._seen = self._seen, b"".join([values.tobytes() for values in seen])
        return before == self._seen

    def _approach(self, m: Measured, closer: np.ndarray) -> None:
        gap = m.grip - m.waiting
        moved = _squared(m.grip.T, self._last_grip.T)
        self.changes += 1
        self.aim_error[closer] = np.sqrt(_squared(m.grip.T, m.waiting.T))[closer]
        self.endpoint[closer] = gap[closer]
        self.closest_time[closer] = m.time[closer]
        self.peak_speed[closer] = np.maximum(self.peak_speed, np.sqrt(moved) / CONTROL_DT)[closer]

    def _note(self, before: Course, now: Course, time: np.ndarray) -> np.ndarray:
        """Keep the times of what is new, and show what is asked for; returns (N,) bool, who has eaten just now."""
        arrived = now.mouth_steps == 1  # a pellet that came and went starts anew
        if not self._any(differ(before, now) | arrived):
            return self._nobody
        self.changes += 1
        for event in _MARKED:
            new = getattr(before, event) != getattr(now, event)
            if self._any(new):
                np.copyto(self.times[event], time, where=new)
        if self._any(arrived):
            np.copyto(self.times["at_mouth"], time, where=arrived)
        for name, known in _SHOWN.items():
            value = getattr(now, known)
            if self._any(value != getattr(before, known)):
                getattr(self, name)[:] = value
        return np.array(now.chew ^ before.chew).reshape(self.n)

    def _parts(self) -> dict[str, np.ndarray]:
        """Everything that is known of the trials but their course, as arrays (N, ...) to read from or write to."""
        names = (*_SHOWN, "aim_error", "endpoint", "closest_time", "peak_speed")
        return {name: getattr(self, name) for name in names} | {
            f"{event}_time": times for event, times in self.times.items()
        }

    def get_state(self) -> dict[str, Any]:
        """{name: (N, ...)}: copies."""
        course = {f.name: np.array(getattr(self._course, f.name)).reshape(self.n) for f in fields(Course)}
        parts = {name: array.copy() for name, array in self._parts().items()}
        return parts | {"last_grip": self._last_grip.copy(), "course": course}

    def set_state(self, state: Part) -> None:
        """Put back what `get_state` gave."""
        parts, course = self._parts(), state.part("course")
        new = {
            name: state.array(name, array.shape, "b" if array.dtype == bool else "f", finite=False)
            for name, array in parts.items()
        }
        last_grip = state.array("last_grip", self._last_grip.shape)
        self.changes, self._seen = self.changes + 1, None
        kept = {f.name: course.array(f.name, (self.n,), "i" if "steps" in f.name else "b") for f in fields(Course)}
        for name, array in parts.items():
            array[:] = new[name]
        self._last_grip = last_grip
        self._course = Course(**{name: value.item() if self.n == 1 else value for name, value in kept.items()})

    def outcome(self) -> np.ndarray:
        """(N,) of OUTCOMES, from what happened so far: the first of these that holds.

        success: eaten. drop: raised off the cup in the hand, but not eaten. slip: grabbed, never raised. knock: left its
        cup without having been grabbed. miss: reached, and the pellet is where it was. no_reach: the paw did not arrive in the
        response window. What a movement does that begins after the window changes none of them.
        """
        grabbed = ~np.isnan(self.times["grab"])
        reached = ~np.isnan(self.times["reach"])
        return np.select(
            [self.eaten, self.raised, grabbed, self.knocked, reached],
            ["success", "drop", "slip", "knock", "miss"],
            default="no_reach",
        )

    def reach_duration(self) -> np.ndarray:
        """(N,) [s] from lift to grab, or to the closest approach where there was no grab; NaN without a reach."""
        end = np.where(np.isnan(self.times["grab"]), self.closest_time, self.times["grab"])
        return np.where(np.isnan(self.times["reach"]), np.nan, end - self.times["lift"])
