"""An experiment as frozen data: cohort × group × mouse × session × trial.

Mice, sessions and trials count from 1 everywhere: in files, tables and on the command line.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, replace
from typing import Any

from reachenv.lab.design import checked
from reachenv.lab.design.group import Group

SEAL = "sha256"
"""Entry of a design's JSON: the digest of its other entries, so that no flipped bit makes another design of it."""


@dataclass(frozen=True)
class Subject:
    """One mouse of one group; `str` gives its readable id, such as control/m03."""

    group: Group
    mouse: int

    def __str__(self) -> str:
        return f"{self.group.name}/m{self.mouse:02d}"


@dataclass(frozen=True)
class Origin:
    """The finished run whose mice a design goes on with: its name, its group, and after which session their brains were taken.

    seed: of that run's cohort; the mice were born from it, in the litter of control.
    """

    run: str
    group: str
    session: int
    seed: int

    def __post_init__(self) -> None:
        if not checked.line(self.run, "the run that mice come from", 255) or "/" in self.run or "\\" in self.run:
            raise ValueError(f"the run that mice come from is {checked.brief(self.run)}, which is no folder's name")
        checked.name(self.group, "the group that mice come from")
        checked.whole(self.session, "the session that mice come from", 1, checked.LIMITS["sessions"])
        checked.whole(self.seed, "the seed of the run that mice come from", 0, checked.MOST_SEED)


@dataclass(frozen=True)
class Design:
    """An experiment, whole: with the same code, the same Design gives the same files, bit for bit.

    Whether typed or read from a stranger's folder, names are folders' names and numbers lie within limits: else ValueError.
    """

    name: str
    groups: tuple[Group, ...]
    mice: int  # in each group
    sessions: int
    trials: int  # in each session
    timing: str = "compact"
    seed: int = 0
    brain: str = "bg_loop"  # a name, or package.module:NAME; see `reachenv.lab.runner.brains`
    settings: tuple[tuple[str, str], ...] = ()  # parameters of the brain that differ from its own: (name, value)
    record: tuple[str, ...] = ()  # areas to record beside the usual ones
    origin: Origin | None = None  # None: mice start as novices

    def __post_init__(self) -> None:
        checked.name(self.name, "the design's name")
        checked.plain(self.timing, "the timing")
        checked.plain(self.brain, "the brain")
        for what, most in checked.LIMITS.items():
            checked.whole(getattr(self, what), what, 1, most)
        checked.whole(self.seed, "the seed", 0, checked.MOST_SEED)
        for name, value in self.settings:
            checked.plain(name, "a setting"), checked.line(value, f"the setting {name}")
        for area in self.record:
            checked.plain(area, "an area to record")
        names = [group.name.casefold() for group in self.groups]
        twice = next((group.name for group in self.groups if names.count(group.name.casefold()) > 1), None)
        if twice:
            raise ValueError(f"two groups are named {twice}")

    def group(self, name: str) -> Group:
        """The group of this name; KeyError where there is none."""
        return {group.name: group for group in self.groups}[name]

    def control(self) -> Group | None:
        """The group whose role is control, which has no intervention; None where there is none."""
        return next((g for g in self.groups if g.role == "control" and g.untouched()), None)

    def subjects(self) -> tuple[Subject, ...]:
        """All mice, groups interleaved, so that any run of neighbours holds mice of every group."""
        return tuple(Subject(group, mouse) for mouse in range(1, self.mice + 1) for group in self.groups)

    def total_trials(self) -> int:
        return len(self.groups) * self.mice * self.sessions * self.trials

    def day(self, session: int) -> int:
        """How many sessions a mouse has been through at the end of this one, those of the run that it comes from included.

        Seeds of trials follow it, so that mice that go on do not meet again the seeds of their first days.
        """
        return session + (self.origin.session if self.origin else 0)

    def birth_cohort(self) -> int:
        """The cohort seed from which the mice were born."""
        return self.origin.seed if self.origin else self.seed

    def to_json(self) -> dict[str, Any]:
        plain = asdict(replace(self, groups=())) | {"settings": dict(self.settings)}
        if self.origin is None:
            del plain["origin"]
        plain |= {"groups": [group.to_json() for group in self.groups]}
        return plain | {SEAL: _digest(plain)}

    @staticmethod
    def from_json(data: dict[str, Any]) -> Design:
        """Inverse of `to_json`; reads the designs of older run folders too. ValueError says, in one line, what none can be."""
        origin = checked.named(data, "the design").get("origin")
        try:
            read = {
                "groups": tuple(Group.from_json(group) for group in checked.listed(data["groups"], "groups")),
                "origin": Origin(**checked.named(origin, "origin")) if origin else None,
            }
            plain = {**data, **read}
            if plain.pop(SEAL, None) not in (None, _digest(data)):  # none in folders of before
                raise ValueError("the design is not the one that was written: its SHA-256 is another")
            if "agent" in plain:  # as folders of before called it
                plain["brain"] = plain.pop("agent")
            plain["settings"] = tuple(checked.named(plain.get("settings", {}), "settings").items())
            plain["record"] = tuple(checked.listed(plain.get("record", ()), "record"))
            design = Design(**plain)
        except KeyError as error:
            raise ValueError(f"the design has no {error}") from None
        except (TypeError, AttributeError, OverflowError) as error:  # of values of other types than are read here
            raise ValueError(checked.brief(str(error), 120)) from None
        if not design.groups:
            raise ValueError("the design has no group")
        return design


def _digest(plain: dict[str, Any]) -> str:
    """SHA-256 of a design's JSON but the digest, independent of spaces and of order."""
    text = json.dumps({name: value for name, value in plain.items() if name != SEAL}, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:32]
