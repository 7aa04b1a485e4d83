"""How the world is perturbed, in which sessions and trials: data. What each perturbation means is `reachenv.perturb`'s."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from reachenv.agents.interventions import When
from reachenv.lab.design import checked

ORDINARY = {"plate_shift_mm": (0.0, 0.0, 0.0), "command_rotation_deg": 0.0, "force_field": 0.0}


@dataclass(frozen=True)
class WorldChange:
    """A perturbed world in some trials, always from their first moment to their last.

    plate_shift_mm: (x, y, z) of the whole rig [mm]. command_rotation_deg: of the commanded place, about the vertical.
    force_field: curl field on the paw [mN per cm/s].
    """

    when: When
    plate_shift_mm: tuple[float, float, float] = (0.0, 0.0, 0.0)
    command_rotation_deg: float = 0.0
    force_field: float = 0.0

    def __post_init__(self) -> None:
        if self.when.seconds is not None:
            raise ValueError("the world is perturbed in whole trials: sessions and trials are allowed, seconds are not")

    def fields(self) -> dict[str, Any]:
        """What differs from the ordinary world: arguments of `reachenv.perturb.Perturbation`."""
        return {name: getattr(self, name) for name, usual in ORDINARY.items() if getattr(self, name) != usual}

    def label(self) -> str:
        """The text of the `perturbation` column, such as 'plate_shift_mm=(2.0, 0.0, 0.0)'."""
        return " ".join(f"{name}={value}" for name, value in self.fields().items())

    def to_json(self) -> dict[str, Any]:
        """Sessions, trials, and every field, as plain data."""
        return {"sessions": self.when.sessions, "trials": self.when.trials} | {
            name: getattr(self, name) for name in ORDINARY
        }

    @staticmethod
    def from_json(data: dict[str, Any]) -> WorldChange:
        """Inverse of `to_json`, also after a file has made lists of tuples. ValueError for numbers that are none."""
        read: dict[str, Any] = {n: tuple(value) if isinstance(value, list) else value for n, value in data.items()}
        sessions, trials = (_span(read.pop(what), what) for what in ("sessions", "trials"))
        if sessions is None:
            raise ValueError("a perturbation has no sessions")
        for name, value in read.items():
            several = isinstance(ORDINARY.get(name), tuple)
            for one in checked.listed(value, name, 3) if several else [value]:
                checked.number(one, name)
        return WorldChange(When(sessions, trials), **read)


def _span(value: Any, what: str) -> tuple[int, int] | None:
    if value is None:
        return None
    first, last = (checked.whole(end, what, 1, 10**6) for end in checked.listed(value, what, 2))
    return first, last


def change_at(perturbations: Sequence[WorldChange], session: int, trial: int) -> WorldChange | None:
    """The perturbation that is on in this trial, the last that was written where several are; None in the ordinary world."""
    return next((c for c in reversed(perturbations) if c.when.holds(session, trial) and c.fields()), None)


def reset_options(changes: Sequence[WorldChange | None]) -> dict | None:
    """What the vector environment's reset needs for worlds with these perturbations; None where all are ordinary."""
    if not any(changes):
        return None
    from reachenv.perturb import Perturbation

    return {"perturbation": [Perturbation(**(change.fields() if change else {})) for change in changes]}
