"""A design from its name, the sizes asked for, and interventions in text. Anything impossible raises UserError before any work."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from reachenv.agents.interventions import is_sham, parse
from reachenv.lab.design.catalogue import DESIGNS, TIMINGS, Named
from reachenv.lab.design.checked import LIMITS, LONGEST_NAME, MOST_SEED, brief
from reachenv.lab.design.design import Design, Origin
from reachenv.lab.design.group import Group
from reachenv.lab.errors import UserError, listed, unknown


def make_design(
    name: str = "acquisition",
    *,
    groups: Sequence[str] = (),
    interventions: Sequence[str] = (),
    mice: int | None = None,
    sessions: int | None = None,
    trials: int | None = None,
    timing: str | None = None,
    seed: int | None = None,
    brain: str = "bg_loop",
    settings: Sequence[str] = (),
    record: Sequence[str] = (),
    origin: Origin | None = None,
) -> Design:
    """The named design at the sizes asked for. Whether the brain can carry it out is not looked at here.

    Args:
        groups: names of the design's groups to run; () for its usual ones.
        interventions: a further group each, see `intervention_group`; without `groups` they stand beside control alone.
        mice, sessions, trials, timing, seed: None for the usual.
        brain: a name, or package.module:NAME. settings: of its parameters, "NAME=VALUE". record: areas, beside the usual ones.
        origin: the finished run whose mice go on; its training sessions are then left out, and its seed taken unless another is given.
    """
    if name not in DESIGNS:
        raise unknown("the design", name, DESIGNS)
    named = DESIGNS[name]
    if origin:
        sessions_left = named.sessions - named.training
        named = replace(named, sessions=sessions_left, fewest_sessions=min(named.fewest_sessions, sessions_left))
        seed = origin.seed if seed is None else seed
    sizes = {
        "mice": _within("mice", mice, named.mice),
        "sessions": _within("sessions", sessions, named.sessions),
        "trials": _within("trials", trials, named.trials),
    }
    if sizes["sessions"] < named.fewest_sessions:
        fewest = named.fewest_sessions
        raise UserError(f"the design {name!r} needs {fewest} sessions or more; --sessions {sizes['sessions']} given.")
    timing = timing or TIMINGS[0]
    if timing not in TIMINGS:
        raise unknown("the timing", timing, TIMINGS)
    if timing not in named.timings:
        raise UserError(f"the design {name!r} is made for the timing {listed(named.timings)}; --timing {timing} given.")
    if seed is not None and not 0 <= seed <= MOST_SEED:
        raise UserError(f"the seed must be a whole number from 0 to {MOST_SEED}; --seed {brief(seed)} given.")
    chosen = _choose(name, named, groups, interventions, sizes["sessions"], sizes["trials"])
    if sizes["trials"] < named.fewest_trials and any(group.perturbations for group in chosen):
        raise UserError(
            f"the design {name!r} perturbs the world in steps and needs {named.fewest_trials} trials a session or more "
            f"(600 to see mice adapt and return); --trials {sizes['trials']} given."
        )
    try:
        return Design(
            name,
            chosen,
            timing=timing,
            seed=seed or 0,
            brain=brain,
            settings=_settings(settings),
            record=tuple(dict.fromkeys(record)),
            origin=origin,
            **sizes,
        )
    except ValueError as error:
        raise UserError(f"{error}.") from None


def intervention_group(text: str, sessions: int) -> Group:
    """A group named after its interventions: 'm1:2-4@0.5' becomes m1-2-4-at-0.5; '+' joins several in the same mice."""
    try:
        interventions = tuple(parse(part) for part in text.split("+"))
    except ValueError as error:
        raise UserError(f"{error}.") from None
    for i in interventions:
        if i.when.sessions[1] > sessions:
            raise UserError(
                f"the intervention {text!r} asks for session {i.when.sessions[1]}; there are {sessions} sessions."
            )
    name = text.strip().lower().replace("@", "-at-").replace("+", "-and-")
    role = "sham" if all(map(is_sham, interventions)) else "treated"
    name = re.sub(r"[^a-z0-9._]+", "-", name).strip("-")
    if len(name) > LONGEST_NAME:
        raise UserError(
            f"the intervention {text[:40]!r}… makes a group's name of {len(name)} letters; {LONGEST_NAME} is the most. "
            "Join fewer in one group."
        )
    try:
        return Group(name, interventions, role=role)
    except ValueError as error:
        raise UserError(f"the intervention {text!r}: {error}.") from None


def _choose(
    name: str, named: Named, groups: Sequence[str], interventions: Sequence[str], sessions: int, trials: int
) -> tuple[Group, ...]:
    there = {g.name: g for g in named.groups(sessions, trials)}
    for wanted in groups:
        if wanted not in there:
            raise unknown(f"of the design {name!r} the group", wanted, there)
    controls = tuple(g.name for g in there.values() if g.role == "control")
    base = groups or (controls if interventions else named.default_groups)
    chosen = [there[g] for g in base] + [intervention_group(text, sessions) for text in interventions]
    twice = [g.name for i, g in enumerate(chosen) if g.name in [c.name for c in chosen[:i]]]
    if twice:
        raise UserError(f"the group {twice[0]!r} is asked for twice; every group needs a name of its own.")
    return tuple(chosen)


def _settings(texts: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """("plasticity.tag=0.5",) → (("plasticity.tag", "0.5"),); UserError where one does not read as NAME=VALUE."""
    pairs: dict[str, str] = {}
    for text in texts:
        name, equals, value = (part.strip() for part in text.partition("="))
        if not (name and equals and value):
            raise UserError(f"--set {text!r} does not read as NAME=VALUE, for example --set plasticity.tag=0.5.")
        if pairs.get(name, value) != value:
            raise UserError(f"--set gives {name!r} two values, {pairs[name]} and {value}; give one.")
        pairs[name] = value
    return tuple(pairs.items())


def _within(what: str, asked: int | None, usual: int) -> int:
    value = usual if asked is None else asked
    if not 1 <= value <= LIMITS[what]:
        raise UserError(f"the number of {what} must lie between 1 and {LIMITS[what]}; --{what} {value} given.")
    return value
