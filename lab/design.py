"""What is done to which mice: cohort × group × mouse × session × trial, as frozen data, and the designs with a name.

Mice, sessions and trials count from 1 everywhere: in files, tables and on the command line.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass

from agents.interventions import Block
from agents.interventions import parse as parse_block
from lab.errors import UserError

TIMINGS = ("compact", "ghanayim2025")
LIMITS = {"mice": 999, "sessions": 99, "trials": 9999}  # more than any animal study; catches a slip of the keyboard


@dataclass(frozen=True)
class Group:
    """Mice that get the same treatment. Groups of one litter hold twins: see `lab.seeds`.

    ablation: the mechanism that their brains lack, a name of `agents.ablations`; '' for none.
    """

    name: str
    blocks: tuple[Block, ...] = ()
    litter: int = 0
    ablation: str = ""


@dataclass(frozen=True)
class Subject:
    """One mouse of one group; `str` gives its readable id, such as control/m03."""

    group: Group
    mouse: int

    def __str__(self) -> str:
        return f"{self.group.name}/m{self.mouse:02d}"


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

    def subjects(self) -> tuple[Subject, ...]:
        """All mice, groups interleaved, so that any run of neighbours holds mice of every group."""
        return tuple(Subject(group, mouse) for mouse in range(1, self.mice + 1) for group in self.groups)

    def total_trials(self) -> int:
        return len(self.groups) * self.mice * self.sessions * self.trials

    def to_json(self) -> dict:
        return asdict(self)

    @staticmethod
    def from_json(data: dict) -> Design:
        groups = tuple(Group(**{**g, "blocks": tuple(_block(b) for b in g["blocks"])}) for g in data["groups"])
        return Design(**{**data, "groups": groups})


def blocks_in(group: Group, session: int) -> tuple[Block, ...]:
    """The blocks of a group that are on in this session."""
    return tuple(b for b in group.blocks if b.sessions[0] <= session <= b.sessions[1])


def block_label(group: Group, session: int) -> str:
    """What the `block` column says: '' for none, else such as 'm1' or 'm1@0.5+striatum'."""
    return "+".join(b.target + ("" if b.depth == 1 else f"@{b.depth:g}") for b in blocks_in(group, session))


def blocked_sessions(group: Group, sessions: int) -> list[int]:
    """Sessions in which anything is blocked in this group."""
    return [s for s in range(1, sessions + 1) if blocks_in(group, s)]


# ---------------------------------------------------------------------------------------------- the designs by name


@dataclass(frozen=True)
class Named:
    """A design with a name: sizes unless others are asked for, and its groups given the number of sessions."""

    about: str
    groups: Callable[[int], tuple[Group, ...]]
    default_groups: tuple[str, ...]
    mice: int = 6
    sessions: int = 7
    trials: int = 40
    fewest_sessions: int = 1


CONTROL = Group("control")


def _acquisition(sessions: int) -> tuple[Group, ...]:
    """Ghanayim et al. 2025: seven sessions of learning, M1 dopamine blocked in sessions 2–4."""
    blocked = (Block("m1", (2, min(4, sessions)), 1.0),)
    return (CONTROL, Group("m1-block", blocked), Group("sham", litter=1))


def _expert_block(sessions: int) -> tuple[Group, ...]:
    """Ghanayim et al. 2025: M1 dopamine blocked in mice that have learned, here in the last two sessions."""
    return (CONTROL, Group("m1-block-expert", (Block("m1", (sessions - 1, sessions), 1.0),)))


# The names are those of `agents.ablations`.
ABLATIONS = {
    "no-m1-plasticity": "synapses in M1 do not change",
    "no-striatal-plasticity": "cortico-striatal synapses do not change",
    "no-consolidation": "M1 keeps nothing of what the loop keeps driving",
    "no-homeostasis": "layer 2-3 cells do not hold the strength of their senses",
    "open-loop": "thalamus does not reach back to cortex",
}


def _ablation(sessions: int) -> tuple[Group, ...]:
    """One mechanism taken from the brain of each group, from birth on, in twins of the same control mice."""
    return (CONTROL, *(Group(name, ablation=name) for name in ABLATIONS))


DESIGNS = {
    "acquisition": Named(
        "learning over 7 sessions, M1 dopamine blocked in sessions 2-4 in one group; sham on request",
        _acquisition,
        ("control", "m1-block"),
        fewest_sessions=2,
    ),
    "expert-block": Named(
        "7 sessions of learning, then M1 dopamine blocked in the last two of 9",
        _expert_block,
        ("control", "m1-block-expert"),
        sessions=9,
        fewest_sessions=3,
    ),
    "ablation": Named(
        "learning over 7 sessions in brains that lack one mechanism each, beside control",
        _ablation,
        ("control", *ABLATIONS),
        fewest_sessions=2,
    ),
    "single": Named("one mouse, nothing blocked: to look at", lambda sessions: (CONTROL,), ("control",), mice=1),
}
LATER = ("adaptation", "gpi-off", "covert")


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
) -> Design:
    """The named design at the sizes asked for. Anything impossible raises UserError before any work is done."""
    if name not in DESIGNS:
        state = "is planned but not there yet" if name in LATER else "is not known"
        raise UserError(f"the design {name!r} {state}; there is {_listed(DESIGNS)}.")
    named = DESIGNS[name]
    sizes = {"mice": mice, "sessions": sessions, "trials": trials}
    sizes = {k: _within(k, getattr(named, k) if v is None else v) for k, v in sizes.items()}
    if sizes["sessions"] < named.fewest_sessions:
        fewest = named.fewest_sessions
        raise UserError(f"the design {name!r} needs {fewest} sessions or more; --sessions {sizes['sessions']} given.")
    timing = timing or TIMINGS[0]
    if timing not in TIMINGS:
        raise UserError(f"the timing {timing!r} is not known; there is {_listed(TIMINGS)}.")
    if seed is not None and seed < 0:
        raise UserError(f"the seed must be a whole number from 0; --seed {seed} given.")
    chosen = _choose(name, named, groups, lesions, sizes["sessions"])
    return Design(name, chosen, timing=timing, seed=seed or 0, agent=agent, **sizes)


def lesion_group(text: str, sessions: int) -> Group:
    """A group named after its lesion: 'm1:2-4@0.5' becomes m1-2-4-at-0.5; '+' joins several in the same mice."""
    try:
        blocks = tuple(parse_block(part) for part in text.split("+"))
    except ValueError as error:
        raise UserError(str(error)) from None
    for block in blocks:
        if block.sessions[1] > sessions:
            raise UserError(f"the lesion {text!r} asks for session {block.sessions[1]}; there are {sessions} sessions.")
    name = text.strip().lower().replace("@", "-at-").replace("+", "-and-")
    return Group(re.sub(r"[^a-z0-9.]+", "-", name).strip("-"), blocks)


def _choose(name: str, named: Named, groups: Sequence[str], lesions: Sequence[str], sessions: int) -> tuple[Group, ...]:
    there = {g.name: g for g in named.groups(sessions)}
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


def _block(data: dict) -> Block:
    return Block(data["target"], tuple(data["sessions"]), data["depth"])


def _listed(names: Sequence[str] | dict) -> str:
    *front, last = names
    return f"{', '.join(front)} and {last}" if front else last
