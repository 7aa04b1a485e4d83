"""What the mouse senses: named slices of one observation vector, each with its unit and scale, delayed and noisy where asked."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from reachenv import body
from reachenv.state import Part

OBS_LIMIT = 5.0
PLATE_SCALE = 5.0  # [rad/s] about the plate's peak speed
TOUCH_SCALE_UN = 2000.0  # [µN] force at which a skin part feels half of all it can: 2 mN, ten times the pellet's weight
LENGTH_SCALE = 0.25  # relative change of muscle length that counts as 1
TASTE_S = 0.5  # [s] that a pellet is tasted from when it is chewed
VELOCITY_SCALE = 5.0  # relative change of length per s that counts as 1


@dataclass(frozen=True)
class Sense:
    """One slice of the observation: its name, size, and what 1 means."""

    name: str
    size: int
    unit: str


def layout(action_size: int) -> tuple[Sense, ...]:
    """The senses in the order of the observation vector."""
    m = len(body.MUSCLES)
    return (
        Sense("tone", 1, "1 while the tone sounds"),
        Sense("plate", 1, f"turning speed of the plate, in {PLATE_SCALE:g} rad/s"),
        Sense("pellet", 4, "1 if there is a pellet to see, then its x, y, z from the mouth in cm (0 if not)"),
        Sense("paw", 3, "x, y, z of the grip point from the mouth in cm"),
        Sense("muscle_length", m, f"(L - L0) / L0 over {LENGTH_SCALE:g}"),
        Sense("muscle_velocity", m, f"L'/L0 over {VELOCITY_SCALE:g} per s"),
        Sense("touch", len(body.SKIN), "force on " + ", ".join(body.SKIN) + ", saturating: f / (f + 2 mN)"),
        Sense("taste", 1, "1 while a pellet is being eaten"),
        Sense("command", action_size, "copy of the last action"),
    )


def slices(action_size: int) -> dict[str, slice]:
    """Where each sense lies in the observation vector."""
    out, start = {}, 0
    for sense in layout(action_size):
        out[sense.name] = slice(start, start + sense.size)
        start += sense.size
    return out


def size(action_size: int) -> int:
    """How many numbers an observation has."""
    return sum(sense.size for sense in layout(action_size))


def views(obs: np.ndarray, action_size: int) -> dict[str, np.ndarray]:
    """Each sense's part (N, size) of observations (N, n_obs), to write to."""
    return {name: obs[:, where] for name, where in slices(action_size).items()}


@dataclass(frozen=True)
class Nerves:
    """How senses reach the mouse. The default is instant and exact.

    Attributes:
        delay_s: {sense: delay [s]}, rounded to control steps of 10 ms; at most 0.2.
        noise: {sense: s.d. of Gaussian noise in the sense's own scale}.
    """

    delay_s: tuple[tuple[str, float], ...] = ()
    noise: tuple[tuple[str, float], ...] = ()

    def __post_init__(self) -> None:
        for name in ("delay_s", "noise"):
            given = getattr(self, name)
            object.__setattr__(self, name, tuple(given.items()) if isinstance(given, dict) else tuple(given))
        known = {sense.name for sense in layout(1)}
        for sense, value in self.delay_s + self.noise:
            if sense not in known:
                raise ValueError(f"There is no sense {sense!r}; there are {', '.join(sorted(known))}.")
            if not value >= 0:
                raise ValueError(f"The delay or noise of {sense!r} is {value}; it must not be negative.")
        for sense, value in self.delay_s:
            if value > 0.2:
                raise ValueError(f"The delay of {sense!r} is {value} s; at most 0.2 s is allowed.")


class Afferents:
    """Delay lines and noise of N worlds; with the default Nerves they pass the observation on untouched."""

    def __init__(self, nerves: Nerves, n: int, action_size: int):
        self._slices = slices(action_size)
        n_obs = size(action_size)
        steps = np.zeros(n_obs, int)
        self._sd = np.zeros(n_obs)
        for sense, delay in nerves.delay_s:
            steps[self._slices[sense]] = round(delay / 0.01)
        for sense, sd in nerves.noise:
            self._sd[self._slices[sense]] = sd
        self._steps = steps
        self.active = bool(steps.any() or self._sd.any())
        self._line = np.zeros((steps.max() + 1, n, n_obs))
        self._now = 0

    def start(self, ids: np.ndarray, obs: np.ndarray) -> None:
        """Fill the lines of worlds `ids` with their first observation (N, size)."""
        if self.active:
            self._line[:, ids] = obs[ids]

    def carry(
        self, obs: np.ndarray, generators: list[np.random.Generator], idle: np.ndarray | None = None
    ) -> np.ndarray:
        """Return what arrives now (N, size), given what is there now; draws noise from each world's own generator.

        idle: (N,) bool, worlds whose trial has ended and that only step beside the others: they draw none.
        """
        if not self.active:
            return obs
        depth = len(self._line)
        self._line[self._now % depth] = obs
        rows = (self._now - self._steps) % depth
        late = self._line[rows, :, np.arange(obs.shape[1])].T
        self._now += 1
        if self._sd.any():
            noise = np.zeros(obs.shape)
            for i, generator in enumerate(generators):
                if idle is None or not idle[i]:
                    noise[i] = generator.standard_normal(obs.shape[1])
            late = late + self._sd * noise
        return late

    def get_state(self) -> dict[str, Any]:
        """What is on its way: the last observations (depth, N, size), and the number of the row that comes next."""
        return {"line": self._line.copy(), "row": self._now % len(self._line)} if self.active else {}

    def set_state(self, state: Part) -> None:
        """Put back what `get_state` gave."""
        if self.active:
            line, self._now = state.array("line", self._line.shape), state.integer("row", len(self._line))
            self._line[:] = line
