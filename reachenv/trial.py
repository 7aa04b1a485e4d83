"""The trial of N worlds at once: its timing, the events that happened, and how it ended.

Pure arrays: it is told where things are and who touches whom, and never what the agent intended.
"""

from dataclasses import dataclass, field

import numpy as np

CONTROL_DT = 0.01  # [s]

PERCH_MM = np.array([-2.0, -5.5, -18.5])  # the grip point when the paw rests
OFF_PERCH_MM = 3.0  # further than this from the perch, the paw is lifted
REACH_MM = 6.0  # nearer than this to where the pellet waits, the paw has reached
RAISED_MM = 1.5  # the pellet is in the air when this far above its cup
GONE_MM = 2.0  # the pellet has left its cup when this far from it
MOUTH_MM = 3.0  # pellet centre to mouth: its surface is within a pellet's radius of the lips
MOUTH_HOLD_S = 0.05  # what stays at the mouth this long is eaten: a pellet that flies past is not
GRAB_PARTS = 2  # palm, thumb or digits on the pellet at once, two control steps running
SUPINATED_RAD = np.radians(45.0)

EVENTS = ("tone", "table_turn", "lift", "reach", "grab", "supination", "at_mouth", "chew", "back_to_perch")
OUTCOMES = ("success", "miss", "knock", "slip", "drop", "no_reach")


@dataclass(frozen=True)
class Timing:
    """When things happen in a trial, in s from its start.

    Attributes:
        tone: onset of the tone, the go cue.
        tone_length: how long the tone sounds.
        turn_lead: how long before the tone the plate begins to turn.
        turn_time: how long the plate takes for one cup.
        response_window: after the tone; a paw that arrives later has not reached.
        total: length of the trial.
    """

    tone: float = 1.0
    tone_length: float = 0.5
    turn_lead: float = 0.5
    turn_time: float = 0.4
    response_window: float = 2.0
    total: float = 4.0

    def __post_init__(self):
        if not 0.2 <= self.turn_time <= 1.5:
            raise ValueError(f"turn_time is {self.turn_time} s; the plate carries the pellet safely in 0.2 to 1.5 s.")
        if not 0 <= self.turn_lead <= self.tone:
            raise ValueError(f"turn_lead is {self.turn_lead} s; it must be between 0 and the tone at {self.tone} s.")
        if self.tone_length < 0 or self.response_window <= 0:
            raise ValueError("tone_length must not be negative and response_window must be positive.")
        if self.tone + self.response_window > self.total:
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


def timing(choice: "str | Timing") -> Timing:
    """Return a named timing, or the given one."""
    if isinstance(choice, Timing):
        return choice
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


def _distance(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    d = a - b
    return np.sqrt(np.einsum("ij,ij->i", d, d))


@dataclass
class Trials:
    """State of N trials. All arrays (N, ...); times [s], NaN for what has not happened."""

    n: int
    timing: Timing
    times: dict[str, np.ndarray] = field(init=False)

    def __post_init__(self):
        n = self.n
        self.times = {name: np.full(n, np.nan) for name in EVENTS}
        self.raised = np.zeros(n, bool)
        self.gone = np.zeros(n, bool)
        self.eaten = np.zeros(n, bool)
        self.plate_contact = np.zeros(n, bool)
        self.head_contact = np.zeros(n, bool)
        self.aim_error = np.full(n, np.inf)
        self.endpoint = np.full((n, 3), np.nan)
        self.closest_time = np.full(n, np.nan)
        self.peak_speed = np.zeros(n)
        self._grip_steps = np.zeros(n, int)
        self._mouth_steps = np.zeros(n, int)
        self._last_grip = np.tile(PERCH_MM, (n, 1))
        self._happened = {name: np.zeros(n, bool) for name in EVENTS}

    def start(self, ids: np.ndarray) -> None:
        """Begin new trials in worlds `ids`."""
        for times in self.times.values():
            times[ids] = np.nan
        self.times["tone"][ids] = self.timing.tone
        self.times["table_turn"][ids] = self.timing.turn_start
        for flags in (self.raised, self.gone, self.eaten, self.plate_contact, self.head_contact):
            flags[ids] = False
        for happened in self._happened.values():
            happened[ids] = False
        self.aim_error[ids] = np.inf
        self.endpoint[ids] = np.nan
        self.closest_time[ids] = np.nan
        self.peak_speed[ids] = 0.0
        self._grip_steps[ids] = 0
        self._mouth_steps[ids] = 0
        self._last_grip[ids] = PERCH_MM

    def update(self, m: Measured) -> np.ndarray:
        """Take in one control step; return (N,) bool, which worlds' pellet was eaten in it."""
        since = m.time - self.timing.tone
        window = (since > -1e-9) & (since < self.timing.response_window + 1e-9)
        self.plate_contact |= m.hand_on_plate
        self.head_contact |= m.hand_on_head
        self.gone |= ~self.eaten & (_distance(m.pellet, m.cup) > GONE_MM)
        if window.any() or self._happened["lift"].any():
            self._reach(m, window)
        eaten = self._carry(m) if self._happened["grab"].any() else np.zeros(self.n, bool)
        self._last_grip = m.grip
        return eaten

    def _reach(self, m: Measured, window: np.ndarray) -> None:
        """From perch to pellet and back."""
        off_perch = _distance(m.grip, PERCH_MM) > OFF_PERCH_MM
        self._mark("lift", window & off_perch, m.time)
        lifted = self._happened["lift"]
        reaching = lifted & window & ~self._happened["grab"]
        near = _distance(m.grip, m.waiting)
        self._mark("reach", lifted & window & (near < REACH_MM), m.time)
        # The reach ends at the grab, or where the paw came closest: its endpoint, error and peak speed.
        closer = reaching & (near < self.aim_error)
        if closer.any():
            self.aim_error[closer] = near[closer]
            self.endpoint[closer] = (m.grip - m.waiting)[closer]
            self.closest_time[closer] = m.time[closer]
            speed = _distance(m.grip, self._last_grip) / CONTROL_DT
            self.peak_speed[closer] = np.maximum(self.peak_speed, speed)[closer]
        self._grip_steps = np.where(m.parts_on_pellet >= GRAB_PARTS, self._grip_steps + 1, 0)
        self._mark("grab", lifted & (self._grip_steps >= 2), m.time)
        self._mark("back_to_perch", self._happened["reach"] & ~off_perch, m.time)

    def _carry(self, m: Measured) -> np.ndarray:
        """From the grab to the mouth; returns (N,) bool, whose pellet was eaten now."""
        grabbed = self._happened["grab"]
        held = m.parts_on_pellet > 0
        self.raised |= grabbed & held & ~m.pellet_on_plate & (m.pellet[:, 2] > m.cup[:, 2] + RAISED_MM)
        self._mark("supination", grabbed & (m.supination > SUPINATED_RAD), m.time)
        at_mouth = grabbed & held & ~self.eaten & (_distance(m.pellet, np.zeros(3)) < MOUTH_MM)
        self._mouth_steps = np.where(at_mouth, self._mouth_steps + 1, 0)
        arrived = self._mouth_steps == 1  # a pellet that came and went starts anew
        self.times["at_mouth"][arrived] = m.time[arrived]
        eaten = at_mouth & (self._mouth_steps >= round(MOUTH_HOLD_S / CONTROL_DT))
        self.eaten |= eaten
        self._mark("chew", eaten, m.time)
        return eaten

    def _mark(self, event: str, now: np.ndarray, time: np.ndarray) -> None:
        happened = self._happened[event]
        first = now & ~happened
        if first.any():
            self.times[event][first] = time[first]
            happened |= first

    def outcome(self) -> np.ndarray:
        """(N,) of OUTCOMES, from what happened so far.

        success: eaten. drop: raised off the cup in the hand, but not eaten. slip: grabbed, never raised. knock: left its
        cup without having been grabbed. miss: reached, and the pellet is where it was. no_reach: the paw never came near.
        """
        grabbed = ~np.isnan(self.times["grab"])
        reached = ~np.isnan(self.times["reach"])
        return np.select(
            [self.eaten, self.raised, grabbed, self.gone, reached],
            ["success", "drop", "slip", "knock", "miss"],
            default="no_reach",
        )

    def reach_duration(self) -> np.ndarray:
        """(N,) [s] from lift to grab, or to the closest approach where there was no grab; NaN without a reach."""
        end = np.where(np.isnan(self.times["grab"]), self.closest_time, self.times["grab"])
        return np.where(np.isnan(self.times["reach"]), np.nan, end - self.times["lift"])
