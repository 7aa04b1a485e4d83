"""How the world is changed, in which sessions and trials: data. What each change means is `reachenv.perturb`'s."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

ORDINARY = {"plate_shift_mm": (0.0, 0.0, 0.0), "command_rotation_deg": 0.0, "force_field": 0.0}


@dataclass(frozen=True)
class Change:
    """A changed world. sessions, trials: first and last, from 1; trials None for all of a session.

    plate_shift_mm: (x, y, z) of the whole rig [mm]. command_rotation_deg: of the commanded place, about the vertical.
    force_field: curl field on the paw [mN per cm/s].
    """

    sessions: tuple[int, int]
    trials: tuple[int, int] | None = None
    plate_shift_mm: tuple[float, float, float] = (0.0, 0.0, 0.0)
    command_rotation_deg: float = 0.0
    force_field: float = 0.0

    def holds(self, session: int, trial: int | None = None) -> bool:
        """Whether it is on in this session, and in this trial where one is given."""
        within = self.sessions[0] <= session <= self.sessions[1]
        return within and (trial is None or self.trials is None or self.trials[0] <= trial <= self.trials[1])

    def fields(self) -> dict[str, Any]:
        """What differs from the ordinary world: arguments of `reachenv.perturb.Perturbation`."""
        return {name: getattr(self, name) for name, usual in ORDINARY.items() if getattr(self, name) != usual}

    def label(self) -> str:
        """What the `perturbation` column says, such as 'plate_shift_mm=(2.0, 0.0, 0.0)'."""
        return " ".join(f"{name}={value}" for name, value in self.fields().items())

    def to_json(self) -> dict:
        return asdict(self)

    @staticmethod
    def from_json(data: dict) -> Change:
        fields: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in data.items()}
        return Change(**fields)


def change_at(changes: Sequence[Change], session: int, trial: int) -> Change | None:
    """The change that is on in this trial, the last that was written where several are; None in the ordinary world."""
    return next((c for c in reversed(changes) if c.holds(session, trial) and c.fields()), None)


def reset_options(changes: Sequence[Change | None]) -> dict | None:
    """What the vector environment's reset needs for worlds with these changes; None where all are ordinary."""
    if not any(changes):
        return None
    from reachenv.perturb import Perturbation

    return {"perturbation": [Perturbation(**(change.fields() if change else {})) for change in changes]}
