"""What is done to which mice: cohort × group × mouse × session × trial, as frozen data, and the designs with a name.

Mice, sessions and trials count from 1 everywhere: in files, tables and on the command line.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace

from reachenv.agents.interventions import Block
from reachenv.agents.interventions import parse as parse_block
from reachenv.lab.design import protocols
from reachenv.lab.design.group import Group, block_label, blocked_sessions, blocks_in
from reachenv.lab.design.protocols import ABLATIONS
from reachenv.lab.errors import UserError

__all__ = [
    "ABLATIONS", "DESIGNS", "Design", "Group", "Named", "Origin", "Subject", "block_label", "blocked_sessions", "blocks_in",
    "lesion_group", "make_design",
]  # fmt: skip

TIMINGS = ("compact", "ghanayim2025")
LIMITS = {"mice": 999, "sessions": 99, "trials": 9999}  # more than any animal study; catches a slip of the keyboard


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


@dataclass(frozen=True)
class Design:
    """An experiment, whole: with the same code, the same Design gives the same files, bit for bit."""

    name: str
    groups: tuple[Group, ...]
    mice: int  # in each group
    sessions: int
    trials: int  # in each session
    timing: str = "compact"
    seed: int = 0
    agent: str = "bg_loop"
    origin: Origin | None = None  # None: mice start as novices

    def subjects(self) -> tuple[Subject, ...]:
        """All mice, groups interleaved, so that any run of neighbours holds mice of every group."""
        return tuple(Subject(group, mouse) for mouse in range(1, self.mice + 1) for group in self.groups)

    def total_trials(self) -> int:
        return len(self.groups) * self.mice * self.sessions * self.trials

    def day(self, session: int) -> int:
        """How many sessions a mouse has been through at the end of this one, those of the run that it comes from included.

        Seeds of trials follow it, so that mice that go on do not meet again the luck of their first days.
        """
        return session + (self.origin.session if self.origin else 0)

    def birth_cohort(self) -> int:
        """The cohort seed from which the mice were born."""
        return self.origin.seed if self.origin else self.seed

    def to_json(self) -> dict:
        plain = asdict(replace(self, groups=()))
        if self.origin is None:
            del plain["origin"]
        return plain | {"groups": [group.to_json() for group in self.groups]}

    @staticmethod
    def from_json(data: dict) -> Design:
        origin = data.get("origin")
        read = {
            "groups": tuple(Group.from_json(group) for group in data["groups"]),
            "origin": Origin(**origin) if origin else None,
        }
        return Design(**{**data, **read})


# ---------------------------------------------------------------------------------------------- the designs by name


@dataclass(frozen=True)
class Named:
    """A design with a name: sizes unless others are asked for, and its groups given the numbers of sessions and trials.

    training: how many of the sessions come before the protocol; a run that starts from trained mice leaves them out.
    timings: those that its protocol, where it speaks of seconds, fits.
    """

    about: str
    groups: Callable[[int, int], tuple[Group, ...]]
    default_groups: tuple[str, ...]
    mice: int = 6
    sessions: int = 7
    trials: int = 40
    fewest_sessions: int = 1
    fewest_trials: int = 1
    training: int = 0
    timings: tuple[str, ...] = TIMINGS


DESIGNS = {
    "acquisition": Named(
        "learning over 7 sessions, M1 dopamine blocked in sessions 2-4 in one group; sham on request",
        protocols.acquisition,
        ("control", "m1-block"),
        fewest_sessions=2,
    ),
    "expert-block": Named(
        "7 sessions of learning, then M1 dopamine blocked in the last two of 9",
        protocols.expert_block,
        ("control", "m1-block-expert"),
        sessions=9,
        fewest_sessions=3,
        training=7,
    ),
    "ablation": Named(
        "learning over 7 sessions in brains that lack one mechanism each, beside control",
        protocols.ablation,
        ("control", *ABLATIONS),
        fewest_sessions=2,
    ),
    "adaptation": Named(
        "experts meet a shifted world, then it is as before; each group with another gain of its loops",
        protocols.adaptation,
        (*(f"gain-{gain:g}" for gain in protocols.LOOP_GAINS), "abrupt"),
        sessions=8,
        fewest_sessions=2,
        fewest_trials=protocols.FEWEST_TRIALS,
        training=7,
    ),
    "gpi-off": Named(
        "output of the basal ganglia silenced in experts, in mice that adapt, and in novices",
        protocols.gpi_off,
        ("control", "expert-off", "adapting", "adapting-off", "abrupt"),
        sessions=8,
        fewest_sessions=2,
        fewest_trials=protocols.FEWEST_TRIALS,
        training=7,
    ),
    "covert": Named(
        "output of the basal ganglia blocked in the first half of training, or M1 dopamine, then released",
        protocols.covert,
        ("control", "gpi-block", "m1-block"),
        sessions=6,
        fewest_sessions=2,
    ),
    "depletion": Named(
        "nigro-striatal cells lost from session 2 on, in grades; beside it M1 dopamine blocked",
        protocols.depletion,
        ("control", *(f"loss-{loss:g}" for loss in protocols.LOSSES), "m1-block"),
        fewest_sessions=2,
    ),
    "stimulation": Named(
        "striatum driven by theta bursts in training, sham and high-frequency control, in young and aged mice",
        protocols.stimulation,
        tuple(f"{age}-{course}" for age in protocols.AGES for course in protocols.COURSES),
        sessions=5,
        fewest_sessions=2,
    ),
    "partial-block": Named(
        "M1 dopamine blocked in sessions 2-4 in part: to a quarter, half, three quarters; at the tone or at the outcome alone",
        protocols.partial_block,
        ("control", *(f"m1-at-{depth:g}" for depth in protocols.DEPTHS), "m1-block", "m1-tone", "m1-outcome"),
        sessions=4,
        fewest_sessions=2,
        timings=("compact",),
    ),
    "adapting-block": Named(
        "experts meet a moved plate on two days, dopamine blocked on the first: in M1, in striatum, in both",
        protocols.adapting_block,
        ("adapting", "adapting-m1", "adapting-striatum", "adapting-both", "abrupt"),
        sessions=9,
        fewest_sessions=3,
        fewest_trials=protocols.FEWEST_TRIALS,
        training=7,
    ),
    "single": Named("one mouse, nothing blocked: to look at", protocols.single, ("control",), mice=1),
}


def make_design(
    name: str = "acquisition",
    *,
    groups: Sequence[str] = (),
    lesions: Sequence[str] = (),
    mice: int | None = None,
    sessions: int | None = None,
    trials: int | None = None,
    timing: str | None = None,
    seed: int | None = None,
    agent: str = "bg_loop",
    origin: Origin | None = None,
) -> Design:
    """The named design at the sizes asked for. Anything impossible raises UserError before any work is done.

    origin: the finished run whose mice go on; its training sessions are then left out, and its seed taken unless another is given.
    """
    if name not in DESIGNS:
        raise UserError(f"the design {name!r} is not known; there is {_listed(DESIGNS)}.")
    named = DESIGNS[name]
    if origin:
        sessions_left = named.sessions - named.training
        named = replace(named, sessions=sessions_left, fewest_sessions=min(named.fewest_sessions, sessions_left))
        seed = origin.seed if seed is None else seed
    asked = {"mice": mice, "sessions": sessions, "trials": trials}
    sizes = {k: _within(k, getattr(named, k) if v is None else v) for k, v in asked.items()}
    if sizes["sessions"] < named.fewest_sessions:
        fewest = named.fewest_sessions
        raise UserError(f"the design {name!r} needs {fewest} sessions or more; --sessions {sizes['sessions']} given.")
    timing = timing or TIMINGS[0]
    if timing not in TIMINGS:
        raise UserError(f"the timing {timing!r} is not known; there is {_listed(TIMINGS)}.")
    if timing not in named.timings:
        raise UserError(
            f"the design {name!r} is made for the timing {_listed(named.timings)}; --timing {timing} given."
        )
    if seed is not None and seed < 0:
        raise UserError(f"the seed must be a whole number from 0; --seed {seed} given.")
    chosen = _choose(name, named, groups, lesions, sizes["sessions"], sizes["trials"])
    if sizes["trials"] < named.fewest_trials and any(group.changes for group in chosen):
        raise UserError(
            f"the design {name!r} moves the world in steps and needs {named.fewest_trials} trials a session or more "
            f"(600 to see mice follow and forget); --trials {sizes['trials']} given."
        )
    return Design(name, chosen, timing=timing, seed=seed or 0, agent=agent, origin=origin, **sizes)


def lesion_group(text: str, sessions: int) -> Group:
    """A group named after what is done to it: 'm1:2-4@0.5' becomes m1-2-4-at-0.5; '+' joins several in the same mice."""
    try:
        parts = tuple(parse_block(part) for part in text.split("+"))
    except ValueError as error:
        raise UserError(str(error)) from None
    for part in parts:
        if part.sessions[1] > sessions:
            raise UserError(f"the lesion {text!r} asks for session {part.sessions[1]}; there are {sessions} sessions.")
    name = text.strip().lower().replace("@", "-at-").replace("+", "-and-")
    blocks = tuple(part for part in parts if isinstance(part, Block))
    rest = tuple(part for part in parts if not isinstance(part, Block))
    return Group(re.sub(r"[^a-z0-9._]+", "-", name).strip("-"), blocks, interventions=rest)


def _choose(
    name: str, named: Named, groups: Sequence[str], lesions: Sequence[str], sessions: int, trials: int
) -> tuple[Group, ...]:
    there = {g.name: g for g in named.groups(sessions, trials)}
    for wanted in groups:
        if wanted not in there:
            raise UserError(f"the design {name!r} has no group {wanted!r}; there is {_listed(there)}.")
    base = groups or (("control",) if lesions else named.default_groups)
    chosen = [there[g] for g in base] + [lesion_group(text, sessions) for text in lesions]
    twice = [g.name for i, g in enumerate(chosen) if g.name in [c.name for c in chosen[:i]]]
    if twice:
        raise UserError(f"the group {twice[0]!r} is asked for twice; every group needs a name of its own.")
    return tuple(chosen)


def _within(what: str, value: int) -> int:
    if not 1 <= value <= LIMITS[what]:
        raise UserError(f"the number of {what} must lie between 1 and {LIMITS[what]}; --{what} {value} given.")
    return value


def _listed(names: Sequence[str] | dict) -> str:
    *front, last = names
    return f"{', '.join(front)} and {last}" if front else last
