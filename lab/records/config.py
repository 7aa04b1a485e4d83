"""config.json as it is read: every value of the type and within the range that a run can have, or one sentence.

A run folder may come from somebody else, or have been edited by hand. Whoever opens one gets a `Config`, whose known entries have been
checked; an entry that a command needs and that is not there is a UserError as well, and never a KeyError. Whether names are safe as
parts of paths is checked where groups and designs are made (`lab.design`).
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from reachenv.agents import archive
from reachenv.lab.design.catalogue import TIMINGS
from reachenv.lab.design.checked import LIMITS, MOST_SEED
from reachenv.lab.design.group import ROLES
from reachenv.lab.errors import UserError, listed

STATES = ("running", "finished")
Shape = Callable[[Any], None]


class Wrong(ValueError):
    """A value that is not as it should be: where it stands, and what belongs there."""

    def __init__(self, expected: str, where: str = ""):
        super().__init__(f"{where or 'it'} is not {expected}")
        self.expected, self.where = expected, where

    def within(self, name: str) -> Wrong:
        return Wrong(self.expected, f"{name}.{self.where}" if self.where else name)


class Config(dict):
    """What config.json holds. An entry that is asked for and not there raises UserError."""

    def __init__(self, path: Path, entries: Mapping[str, Any]):
        super().__init__(entries)
        self.path = path

    def __missing__(self, name: str) -> Any:
        raise UserError(f"{self.path} cannot be used for this: its config.json has no {name!r}.")


# ------------------------------------------------------------------------------------------------------- how shapes read


def text(value: Any) -> None:
    if not isinstance(value, str):
        raise Wrong("a text")


def flag(value: Any) -> None:
    if not isinstance(value, bool):
        raise Wrong("true or false")


def whole(low: int, high: int) -> Shape:
    def check(value: Any) -> None:
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            raise Wrong(f"a whole number from {low} to {high}")

    return check


def number(low: float = -1e12, high: float = 1e12) -> Shape:
    def check(value: Any) -> None:
        if not isinstance(value, int | float) or isinstance(value, bool) or not low <= value <= high:
            raise Wrong(f"a number from {low:g} to {high:g}")

    return check


def one_of(names: Iterable[str]) -> Shape:
    known = tuple(names)

    def check(value: Any) -> None:
        if not isinstance(value, str) or value not in known:
            raise Wrong(f"one of {listed(known)}")

    return check


def time(value: Any) -> None:
    """A date and time, or "" where it is not known."""
    text(value)
    try:
        if value:
            datetime.fromisoformat(value)
    except ValueError:
        raise Wrong("a date and time, such as 2026-11-21T14:32:00") from None


def maybe(shape: Shape) -> Shape:
    return lambda value: None if value is None else shape(value)


def several(shape: Shape, fewest: int = 0, most: int = 1_000_000) -> Shape:
    def check(value: Any) -> None:
        if not isinstance(value, list) or not fewest <= len(value) <= most:
            raise Wrong(f"a list of {fewest} to {most:,}" if fewest or most < 1_000_000 else "a list")
        for place, entry in enumerate(value):
            _check(shape, entry, str(place))

    return check


def mapping(shape: Shape) -> Shape:
    def check(value: Any) -> None:
        if not isinstance(value, dict):
            raise Wrong("an object")
        for name, entry in value.items():
            _check(shape, entry, name)

    return check


def record(needed: Mapping[str, Shape], further: Mapping[str, Shape] | None = None) -> Shape:
    """An object with entries that must be there, and others that may be; entries that are not named may be anything."""
    further = further or {}

    def check(value: Any) -> None:
        if not isinstance(value, dict):
            raise Wrong("an object")
        for name in needed:
            if name not in value:
                raise Wrong("there", name)
        for name, shape in {**needed, **further}.items():
            if name in value:
                _check(shape, value[name], name)

    return check


def rows(value: Any) -> None:
    """Rows of numbers, all of one length."""
    several(several(number()), fewest=1)(value)
    if len({len(row) for row in value}) > 1:
        raise Wrong("rows of one length")


def _check(shape: Shape, value: Any, name: str) -> None:
    try:
        shape(value)
    except Wrong as wrong:
        raise wrong.within(name) from None


# ------------------------------------------------------------------------------------------------- what config.json holds

_SPAN = several(whole(1, LIMITS["trials"]), 2, 2)
_PERTURBATION = record(
    {"sessions": _SPAN},
    {
        "trials": maybe(_SPAN),
        "plate_shift_mm": several(number(-1e3, 1e3), 3, 3),
        "command_rotation_deg": number(-1e3, 1e3),
        "force_field": number(-1e3, 1e3),
    },
)
_GROUP = record(
    {"name": text},
    {
        "role": one_of(ROLES),
        "litter": whole(0, MOST_SEED),
        "variant": text,
        "interventions": several(text),
        "perturbations": several(_PERTURBATION),
        # as older folders have them
        "blocks": several(record({"target": text, "sessions": _SPAN, "depth": number(0, 1)})),
        "ablation": text,
        "preset": text,
        "changes": several(_PERTURBATION),
    },
)


def _groups(value: Any) -> None:
    several(_GROUP, fewest=1)(value)
    names = [group["name"] for group in value]
    if len(set(names)) < len(names):
        raise Wrong("a list of groups with a name of its own each")


DESIGN = record(
    {
        "name": text,
        "groups": _groups,
        **{what: whole(1, most) for what, most in LIMITS.items()},
        "timing": one_of(TIMINGS),
        "seed": whole(0, MOST_SEED),
    },
    {
        "brain": text,
        "agent": text,
        "settings": mapping(text),
        "record": several(text),
        "origin": maybe(
            record({"run": text, "group": text, "session": whole(1, LIMITS["sessions"]), "seed": whole(0, MOST_SEED)})
        ),
    },
)
_PROBE = {"brain": record({"digest": text}), "params": text}


def _babbling(value: Any) -> None:
    record({"babbles": several(number(), fewest=1), "miss_mm": rows}, _PROBE)(value)
    if len(value["babbles"]) != len(value["miss_mm"][0]):
        raise Wrong("rows of one number for each of babbles", "miss_mm")


EVERY_RUN: dict[str, Shape] = {
    "status": one_of(STATES),
    "command": text,
    "film": flag,
    "workers": whole(0, 1_000_000),
    "versions": mapping(text),
    "git": maybe(text),
    "machine": record({"system": text, "cores": maybe(whole(1, 1_000_000))}, {"processor": text}),
    "started": time,
    "finished": maybe(time),
    "resumed": several(time),
}
"""Entries that runs of mice and of baselines have in common."""
RUN = record(
    {"design": DESIGN, "recording": flag, "status": one_of(STATES)},
    EVERY_RUN
    | {
        "brain": record({"name": text, "version": text, "digest": text}, {"variants": mapping(text)}),
        "areas": mapping(text),
        "babbling": maybe(_babbling),
        "dynamics": maybe(
            record(
                {
                    "plan_outlasts_s": several(number(), fewest=1),
                    "stable_states": several(number(), fewest=1),
                    "regimes": mapping(flag),
                    "threshold": number(),
                },
                _PROBE,
            )
        ),
        "origin": record({}, {"path": text, "sha256": mapping(text)}),
        "analysed": maybe(text),
    },
)
"""A run of mice."""


def check_config(path: Path, entries: Any, shape: Shape = RUN) -> Config:
    """The entries of a run's config.json; UserError says which is not as it should be."""
    try:
        shape(entries)
    except Wrong as wrong:
        missing = wrong.expected == "there"
        why = f"{wrong.where!r} is missing" if missing else str(wrong)
        raise UserError(f"{path} cannot be used: its config.json is damaged: {why}.") from None
    return Config(path, entries)


# ------------------------------------------------------------------------------------------------------------------ JSON


def read_json(path: Path) -> Any:
    """A JSON file of a run: finite numbers alone, of a size and depth that a run's files have.

    Raises: FileNotFoundError; UserError that says what is wrong with it.
    """
    try:
        content = archive.read_file(path, archive.MOST_TEXT)
        entries = archive.read_json(content, parse_constant=_refused, parse_float=_finite)
        if b"\\ud" in content.lower():  # halves of characters, which no file of ours holds and no library writes
            json.dumps(entries, ensure_ascii=False).encode()
        return entries
    except ValueError as error:  # JSONDecodeError, UnicodeDecodeError, whole numbers of thousands of digits
        raise UserError(f"{path} is damaged: {archive.short(error)}.") from None


def to_json(entries: Mapping[str, Any], indent: int = 2) -> bytes:
    """The bytes of a JSON file. UnicodeEncodeError where a name in it is no text."""
    return (json.dumps(entries, indent=indent, ensure_ascii=False) + "\n").encode()


def _refused(constant: str) -> float:
    raise ValueError(f"it holds {constant}, which is no number of JSON")


def _finite(digits: str) -> float:
    value = float(digits)
    if not math.isfinite(value):
        raise ValueError(f"it holds the number {digits[:30]}, which is too large")
    return value
