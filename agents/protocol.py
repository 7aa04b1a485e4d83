"""What a brain is to the laboratory: any object that keeps the contract `Brain` runs through every design.

A brain here stands for a batch of B mice, each with its own weights; every array has the mice first. The laboratory calls

    brain = make(senses, actions, births, variant=..., settings=...)      # a `MakeBrain`: a class or a function
    brain.begin_session(session, interventions, night=True)               # once a session
        brain.begin_trial(seeds)                                          # once a trial
            command = brain.step(obs, reward)                             # every 10 ms; reward is that of the step before
            activity = brain.tap("m1_l23")                                # after a step, where an area is recorded
        columns = brain.end_trial(reward)                                 # reward of the last step; learning may happen here
    state = brain.state(i)                                                # between sessions: what is kept on disk of mouse i

`check_brain` (reachenv.agents.check) tries the whole contract, as Gymnasium's `check_env` does that of environments.
"""

from __future__ import annotations

import difflib
import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, is_dataclass, replace
from typing import TYPE_CHECKING, Any, Protocol, TypeVar, runtime_checkable

import numpy as np

if TYPE_CHECKING:
    from reachenv.agents.interventions import Intervention

EFFECTS = ("scale", "stimulate", "deplete")
"""The kinds of intervention: see `reachenv.agents.interventions`."""


@dataclass(frozen=True)
class Area:
    """A part of a brain that can be recorded or intervened on.

    Attributes:
        name: how `--record` and interventions call it, such as "gpi", "dopamine_m1" or "thalamus>it" (a projection).
        about: what it is, in a few words, with its unit.
        cells: columns of `Brain.tap(name)`; 0 for what cannot be recorded.
        effects: which of EFFECTS can be applied to it.
        aliases: other names that interventions may use for it.
    """

    name: str
    about: str
    cells: int = 0
    effects: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True)
class Description:
    """What a brain says of itself; a run's config.json keeps it.

    Attributes:
        name: of the model, such as "bg_loop".
        version: of the model, raised by its authors when the same parameters come to mean something else.
        parameters: every number of it, nested plain data.
        structure: what else it is made of, as plain data: a wiring table, learning rules, a variant.
    """

    name: str
    version: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    structure: Mapping[str, Any] = field(default_factory=dict)

    @property
    def digest(self) -> str:
        """Sixteen hexadecimal digits that tell apart brains which differ in anything described here."""
        text = json.dumps([self.name, self.version, self.parameters, self.structure], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    def to_json(self) -> dict[str, Any]:
        """Plain data, digest included, as a file gives it back."""
        return json.loads(json.dumps(asdict(self) | {"digest": self.digest}))


@runtime_checkable
class Brain(Protocol):
    """B mice. All methods are called by `reachenv.lab.runner`; none may depend on how many mice share the batch.

    Attributes:
        areas: what can be recorded, silenced, scaled, stimulated, depleted.
        variants: names of other kinds of this brain, such as ablations, that its `MakeBrain` can grow; () for none.
    """

    @property
    def areas(self) -> Sequence[Area]: ...

    @property
    def variants(self) -> Sequence[str]: ...

    def describe(self) -> Description:
        """Name, version, parameters, structure. The same for every batch of the same brain."""
        ...

    def supports(self, intervention: Intervention) -> bool:
        """Whether this intervention does here what it says. A design with one that is not supported is refused."""
        ...

    def begin_session(
        self, session: int, interventions: Sequence[Sequence[Intervention]], *, night: bool | None = None
    ) -> None:
        """Start session `session` (from 1) with each mouse's interventions, all of the session's, whatever trial they begin in.

        night: whether a night of consolidation passes before it; None: before every session but the first.
        """
        ...

    def begin_trial(self, seeds: Sequence[int] | None) -> None:
        """Forget all activity; draw the trial's noise from one seed for each mouse. None is a trial without noise."""
        ...

    def step(self, obs: np.ndarray, reward: np.ndarray) -> np.ndarray:
        """One control step of 10 ms: senses (B, n_obs), reward (B,) of the step before → command (B, n_actions) in [-1, 1]."""
        ...

    def end_trial(self, reward: np.ndarray) -> Mapping[str, np.ndarray]:
        """Take the last step's reward (B,); learn. Returns columns (B,) of the trials table that the brain knows best:

        any of rpe, value_at_tone, exploration, dopamine_m1, dopamine_striatum. What is left out is not a number there.
        """
        ...

    def tap(self, area: str) -> np.ndarray:
        """Activity now of an area that has cells, (B, cells), a copy. ValueError lists the areas for one that has none."""
        ...

    def state(self, i: int) -> dict[str, np.ndarray]:
        """All that mouse `i` carries from session to session, as arrays: what is saved."""
        ...

    def set_state(self, i: int, state: Mapping[str, np.ndarray]) -> None:
        """Give mouse `i` what `state` returned. ValueError if it does not fit."""
        ...


class MakeBrain(Protocol):
    """Grows brains: a class or function, named on the command line as package.module:NAME."""

    def __call__(
        self,
        senses: Mapping[str, slice],
        actions: int,
        births: Sequence[int],
        *,
        variant: str = "",
        settings: Mapping[str, Any] | None = None,
    ) -> Brain:
        """A brain of one mouse for each birth seed.

        senses: name → where it lies in an observation. actions: length of a command. variant: one of `Brain.variants`, "" for
        the usual brain. settings: parameter name → value, from `--set`; ValueError for one that does not exist
        (`with_settings` does that for dataclasses).
        """
        ...


P = TypeVar("P")


def with_settings(parameters: P, settings: Mapping[str, Any] | None) -> P:
    """A (nested, frozen) dataclass of parameters with some values replaced: {"plasticity.tag": 0.5}.

    Values may be text, as from a command line; they take the type of what they replace. Raises ValueError with what there is.
    """
    for name, value in (settings or {}).items():
        parameters = _with(parameters, name, name.split("."), value)
    return parameters


def parameter_names(parameters: Any, prefix: str = "") -> list[str]:
    """Dotted names of every value in a nested dataclass."""
    names: list[str] = []
    for f in fields(parameters):
        value = getattr(parameters, f.name)
        names += parameter_names(value, f"{prefix}{f.name}.") if is_dataclass(value) else [prefix + f.name]
    return names


def _with(parameters: Any, whole: str, path: Sequence[str], value: Any) -> Any:
    return _replaced(parameters, path, lambda usual: _as(whole, usual, value), lambda: _unknown(parameters, whole))


def _replaced(
    parameters: Any, path: Sequence[str], new: Callable[[Any], Any], unknown: Callable[[], ValueError]
) -> Any:
    first, *rest = path
    if (
        not is_dataclass(parameters)
        or isinstance(parameters, type)
        or first not in {f.name for f in fields(parameters)}
    ):
        raise unknown()
    usual = getattr(parameters, first)
    if rest:
        return replace(parameters, **{first: _replaced(usual, rest, new, unknown)})
    if is_dataclass(usual):
        raise unknown()
    return replace(parameters, **{first: new(usual)})


def _unknown(parameters: Any, name: str) -> ValueError:
    names = parameter_names(parameters)
    near = difflib.get_close_matches(name, names, n=1) or [
        n for n in names if n.rsplit(".", 1)[-1] == name.rsplit(".", 1)[-1]
    ]
    hint = f"did you mean {near[0]}?" if near else f"there is {', '.join(names)}."
    return ValueError(f"the brain has no parameter {name!r}; {hint}")


def _as(name: str, usual: Any, value: Any) -> Any:
    """The value as the type of the one that it replaces."""
    try:
        if isinstance(usual, bool):
            return {"true": True, "1": True, "false": False, "0": False}[str(value).lower()]
        if isinstance(usual, tuple):
            parts = value.strip("()").split(",") if isinstance(value, str) else list(value)
            if len(parts) != len(usual):
                raise ValueError
            return tuple(
                _as(name, u, v.strip() if isinstance(v, str) else v) for u, v in zip(usual, parts, strict=True)
            )
        if isinstance(usual, int | float):
            number = type(usual)(value)
            if not np.isfinite(number):
                raise ValueError
            return number
        return str(value)
    except (KeyError, TypeError, ValueError):
        kind = {bool: "true or false", tuple: f"{len(usual)} numbers, with commas" if isinstance(usual, tuple) else ""}
        wanted = kind.get(type(usual)) or {int: "a whole number", float: "a number"}.get(type(usual), "text")
        raise ValueError(f"the parameter {name} takes {wanted}, as its usual {usual!r}; {value!r} was given") from None


def find_area(areas: Sequence[Area], name: str) -> Area | None:
    """The area of this name or alias; None where there is none."""
    return next((a for a in areas if name == a.name or name in a.aliases), None)


def recordable(areas: Sequence[Area]) -> list[str]:
    """Names of the areas that have cells to record."""
    return [a.name for a in areas if a.cells]


def what_can_be_done(areas: Sequence[Area]) -> str:
    """Every intervention that a brain's areas allow, in words: 'scale m1, gpi; stimulate d1'."""
    by_effect = ((effect, [a.name for a in areas if effect in a.effects]) for effect in EFFECTS)
    return "; ".join(f"{effect} {', '.join(names)}" for effect, names in by_effect if names) or "nothing"
