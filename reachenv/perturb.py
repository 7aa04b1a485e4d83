"""What an experimenter changes between trials: the world (Perturbation) and the mouse (BodyVariation)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from numbers import Real

import numpy as np


def _check(value: float, low: float, high: float, name: str, unit: str) -> None:
    number = isinstance(value, Real) and not isinstance(value, (bool, np.bool_))
    if not (number and np.isfinite(value) and low <= value <= high):
        kind = "" if number else "a number "
        raise ValueError(f"{name} is {value!r}; it must be {kind}between {low} and {high} {unit}.".rstrip(" .") + ".")


def _place(name: str, given: Sequence[float], within: float) -> tuple[float, ...]:
    """A displacement (x, y, z) as plain numbers, each within ± `within` mm."""
    try:
        place = () if isinstance(given, (str, bytes, Mapping)) else tuple(given)
    except TypeError:
        place = ()
    if len(place) != 3 or not all(isinstance(v, Real) for v in place):
        raise ValueError(f"{name} is {given!r}; it must be three numbers: x, y, z in mm.".replace("\n", ""))
    place = tuple(float(v) for v in place)
    for value in place:
        _check(value, -within, within, name, "mm")
    return place


FIELD_LIMIT = 0.3  # [mN per cm/s]


@dataclass(frozen=True)
class Perturbation:
    """A changed world for one trial.

    Attributes:
        plate_shift_mm: (x, y, z) displacement of the whole rig, plate and pellet; each within 6 mm.
        command_rotation_deg: turns the commanded paw position about a vertical axis through the perch; within 90°.
        force_field: curl field on the paw [mN per cm/s]: force to the left of the movement; within 0.3.
        pellet_scale: of the pellet's radius, 0.6 to 1.5; its mass follows.
        pellet_friction: Coulomb friction of the pellet, 0.2 to 3.
    """

    plate_shift_mm: tuple[float, float, float] = (0.0, 0.0, 0.0)
    command_rotation_deg: float = 0.0
    force_field: float = 0.0
    pellet_scale: float = 1.0
    pellet_friction: float = 1.5

    def __post_init__(self) -> None:
        object.__setattr__(self, "plate_shift_mm", _place("plate_shift_mm", self.plate_shift_mm, 6.0))
        _check(self.command_rotation_deg, -90.0, 90.0, "command_rotation_deg", "degrees")
        _check(self.force_field, -FIELD_LIMIT, FIELD_LIMIT, "force_field", "mN per cm/s")
        _check(self.pellet_scale, 0.6, 1.5, "pellet_scale", "")
        _check(self.pellet_friction, 0.2, 3.0, "pellet_friction", "")

    def label(self) -> str:
        """What differs from the ordinary world, in a word or two; "" if nothing does."""
        default = Perturbation()
        changed = [
            f"{f.name}={getattr(self, f.name)}"
            for f in fields(self)
            if getattr(self, f.name) != getattr(default, f.name)
        ]
        return " ".join(changed)


@dataclass(frozen=True)
class BodyVariation:
    """One mouse's body against the standard one.

    Attributes:
        humerus, forearm: length factors, 0.85 to 1.15 (adult mice vary by about 5 %: facts, 10.5 ± .5 and 11.3 ± .5 mm).
        strength: of every muscle, 0.5 to 2.
        shoulder_mm: displacement of the shoulder (x, y, z): how the mouse sits in its holder; each within 3 mm.
    """

    humerus: float = 1.0
    forearm: float = 1.0
    strength: float = 1.0
    shoulder_mm: tuple[float, float, float] = (0.0, 0.0, 0.0)

    def __post_init__(self) -> None:
        _check(self.humerus, 0.85, 1.15, "humerus", "of the standard length")
        _check(self.forearm, 0.85, 1.15, "forearm", "of the standard length")
        _check(self.strength, 0.5, 2.0, "strength", "of the standard strength")
        object.__setattr__(self, "shoulder_mm", _place("shoulder_mm", self.shoulder_mm, 3.0))


def rotate_command(offset_mm: np.ndarray, angle_rad: np.ndarray) -> np.ndarray:
    """Turn positions relative to the perch (N, 3) about the vertical by `angle_rad` (N,)."""
    c, s = np.cos(angle_rad), np.sin(angle_rad)
    x, y = offset_mm[:, 0], offset_mm[:, 1]
    return np.stack([c * x - s * y, s * x + c * y, offset_mm[:, 2]], axis=1)


def curl_force(velocity_mm_s: np.ndarray, gain: np.ndarray) -> np.ndarray:
    """Force (N, 3) [µN] at right angles to the horizontal velocity (N, 3), gain (N,) [mN per cm/s] = 100 µN per mm/s."""
    return np.einsum("nij,nj->ni", _curl(gain), velocity_mm_s)


def mean_curl_force(velocity_mm_s: np.ndarray, gain: np.ndarray, mobility: np.ndarray, dt: float) -> np.ndarray:
    """Force of the field over the next `dt` [s], (N, 3) [µN]: that of the velocity halfway, which the force itself changes.

    From the velocity at the beginning alone, a strong field would add energy in every step, until the arm flies about.

    Args:
        velocity_mm_s: (N, 3) of the paw now.
        gain: (N,) [mN per cm/s].
        mobility: (N, 3, 3) acceleration of the paw per force on it [mm/s² per µN].
        dt: physics step [s].
    """
    curl = _curl(gain)
    return np.linalg.solve(np.eye(3) - 0.5 * dt * curl @ mobility, (curl @ velocity_mm_s[..., None]))[..., 0]


def _curl(gain: np.ndarray) -> np.ndarray:
    """The field as matrices (N, 3, 3) from velocity [mm/s] to force [µN]."""
    out = np.zeros((len(gain), 3, 3))
    out[:, 1, 0] = 100.0 * gain
    out[:, 0, 1] = -out[:, 1, 0]
    return out
