"""A design from its name, the sizes asked for, and interventions in text. Anything impossible raises UserError before any work."""

from __future__ import annotations

import re
from collections.abc import Hashable, Sequence
from dataclasses import replace

from reachenv.agents.interventions import Intervention, When, dopamine_at, is_sham, parse
from reachenv.lab.design.catalogue import DESIGNS, TIMINGS, TOTAL_S, Named
from reachenv.lab.design.checked import LIMITS, LONGEST_NAME, MOST_SEED, brief
from reachenv.lab.design.design import Design, Origin
from reachenv.lab.design.group import Group
from reachenv.lab.errors import UserError, listed, unknown
from reachenv.schema import CONTROL_DT


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
    timing = TIMINGS[0] if timing is None else timing
    if timing not in TIMINGS:
        raise unknown("the timing", timing, TIMINGS)
    if timing not in named.timings:
        raise UserError(f"the design {name!r} is made for the timing {listed(named.timings)}; --timing {timing} given.")
    if seed is not None and not 0 <= seed <= MOST_SEED:
        raise UserError(f"the seed must be a whole number from 0 to {MOST_SEED}; --seed {brief(seed)} given.")
    chosen = _choose(name, named, groups, interventions, sizes["sessions"], sizes["trials"], timing)
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


def intervention_group(text: str, sessions: int, trials: int | None = None, timing: str = TIMINGS[0]) -> Group:
    """A group named after its interventions: 'm1:2-4@0.5' becomes m1-2-4-at-0.5; '+' joins several in the same mice.

    Raises:
        UserError: it does not read, lies beyond the last session, the last of `trials` or the end of a trial, holds in no moment of
            a trial, is there twice, or gives a longer name than a folder can have.
    """
    try:
        interventions = tuple(parse(part) for part in text.split("+"))
    except ValueError as error:
        about = "" if repr(text) in str(error) else f"the intervention {text!r}: "
        raise UserError(f"{about}{str(error).rstrip('.')}.") from None
    for i in interventions:
        _check_when(text, i.when, sessions, trials, TOTAL_S[timing])
    done = [one for i in interventions for one in _kinds(i, trials, TOTAL_S[timing])]
    if len(set(done)) < len(done):
        raise UserError(f"the intervention {text!r} does the same twice in the same mice; name it once.")
    name = text.strip().lower().replace("@", "-at-").replace("+", "-and-")
    name = re.sub(r"[^a-z0-9._]+", "-", name).strip("-")
    if len(name) > LONGEST_NAME:
        raise UserError(
            f"the intervention {text[:40]!r}… makes a group's name of {len(name)} letters; {LONGEST_NAME} is the most. "
            "Join fewer in one group."
        )
    try:
        return Group(name, interventions, role="sham" if all(map(is_sham, interventions)) else "treated")
    except ValueError as error:
        raise UserError(f"the intervention {text!r}: {error}.") from None


def _check_when(text: str, when: When, sessions: int, trials: int | None, total_s: float) -> None:
    if when.sessions[1] > sessions:
        raise UserError(
            f"the intervention {text!r} asks for session {when.sessions[1]}; there are {sessions} sessions."
        )
    if trials is not None and when.trials is not None and when.trials[1] > trials:
        raise UserError(f"the intervention {text!r} asks for trial {when.trials[1]}; a session has {trials} trials.")
    if when.seconds is None:
        return
    if when.seconds[1] > total_s + 1e-9:
        raise UserError(f"the intervention {text!r} asks for second {when.seconds[1]:g}; a trial lasts {total_s:g} s.")
    if not any(when.lasts(step * CONTROL_DT) for step in range(round(total_s / CONTROL_DT))):
        raise UserError(
            f"the intervention {text!r} holds at no moment of a trial, which goes in steps of {CONTROL_DT:g} s; give it longer."
        )


def _kinds(i: Intervention, trials: int | None, total_s: float) -> list[Hashable]:
    """What an intervention does, without the choice of words: all trials are no trials named, both is m1 and striatum."""
    all_trials = i.when.trials is None or (trials is not None and i.when.trials == (1, trials))
    seconds = i.when.seconds
    all_of_it = seconds is None or (seconds[0] == 0 and seconds[1] >= total_s - 1e-9)
    when = When(i.when.sessions, None if all_trials else i.when.trials, None if all_of_it else seconds)
    return [(target, when, i.effect) for target in dopamine_at(i) or (i.target,)]


def _alike(a: Group, b: Group, trials: int, timing: str) -> bool:
    """Whether the same is done to the mice of two groups."""
    one, other = ({k for i in g.interventions for k in _kinds(i, trials, TOTAL_S[timing])} for g in (a, b))
    return one == other and (a.variant, a.perturbations, a.litter) == (b.variant, b.perturbations, b.litter)


def _choose(
    name: str,
    named: Named,
    groups: Sequence[str],
    interventions: Sequence[str],
    sessions: int,
    trials: int,
    timing: str,
) -> tuple[Group, ...]:
    there = {g.name: g for g in named.groups(sessions, trials)}
    for wanted in groups:
        if wanted not in there:
            raise unknown(f"of the design {name!r} the group", wanted, there)
    controls = tuple(g.name for g in there.values() if g.role == "control")
    base = groups or (controls if interventions else named.default_groups)
    if not base:
        raise UserError(
            f"the design {name!r} has no control group for a further group to stand beside; name some with --groups: "
            f"there is {listed(there)}."
        )
    chosen = [there[g] for g in base] + [intervention_group(text, sessions, trials, timing) for text in interventions]
    twice = [g.name for i, g in enumerate(chosen) if g.name in [c.name for c in chosen[:i]]]
    if twice:
        raise UserError(f"the group {twice[0]!r} is asked for twice; every group needs a name of its own.")
    for k, added in enumerate(chosen[len(base) :], start=len(base)):
        for before in chosen[:k]:
            if _alike(before, added, trials, timing):
                raise UserError(f"the groups {before.name!r} and {added.name!r} are alike; leave one of them out.")
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
