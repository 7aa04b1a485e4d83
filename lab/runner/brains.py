"""Where an experiment gets its world and its brains from. The runner knows nothing else of the world and of brains.

A brain is named: one of BRAINS, of an installed package's entry point in the group `reachenv.brains`, or package.module:NAME.
What it names is a `reachenv.agents.protocol.MakeBrain`. `Parts` holds module-level functions, so that worker processes can
import them; tests put other parts under a name of BRAINS.
"""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from importlib.metadata import entry_points
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from reachenv.agents import checkpoint
from reachenv.lab.design.bodies import body_of
from reachenv.lab.design.checked import brief
from reachenv.lab.design.design import Design, Subject
from reachenv.lab.design.seeds import birth_seed
from reachenv.lab.errors import UserError, nearest_and_all
from reachenv.lab.records import provenance
from reachenv.lab.records.folder import Run
from reachenv.lab.records.recording import BODY, USUAL
from reachenv.lab.runner.world import World

if TYPE_CHECKING:
    from reachenv.agents.protocol import Brain, MakeBrain


@dataclass(frozen=True)
class Parts:
    """make_world(design, subjects) → vector environment, one world a mouse.

    make_brain(design, subjects, senses, actions) → brain, one mouse for each subject. senses: name → where it lies in an
    observation. actions: length of a command. Both picklable.
    """

    make_world: Callable[[Design, Sequence[Subject]], World]
    make_brain: Callable[[Design, Sequence[Subject], Mapping[str, slice], int], Brain]


BRAINS: dict[str, str | Parts] = {
    "bg_loop": "reachenv.agents.brain.make:make_bg_loop",
    "ppo": "reachenv.agents.rl.policy_brain:make_ppo",
    "sac": "reachenv.agents.rl.policy_brain:make_sac",
    "recurrent_ppo": "reachenv.agents.rl.policy_brain:make_recurrent_ppo",
}
"""Brains by name. The first is the usual one; the others are policies of stable-baselines3 in the place of a mouse's brain."""
GROUP = "reachenv.brains"
ACTIONS = 5  # numbers in a command of the designs' world: spinal control


def make_world(design: Design, subjects: Sequence[Subject]) -> World:
    """The native vector environment, one world a mouse, on one thread; each mouse in its own body."""
    import gymnasium
    from gymnasium.vector import AutoresetMode

    import reachenv  # noqa: F401  registers the environment
    from reachenv.vector_env import PelletReachVectorEnv

    world = gymnasium.make_vec(
        "reachenv/PelletReach-v0",
        num_envs=len(subjects),
        nthread=1,
        timing=design.timing,
        autoreset_mode=AutoresetMode.DISABLED,
    )
    cast(PelletReachVectorEnv, world.unwrapped).set_bodies([body_of(birth) for birth in births(design, subjects)])
    return cast(World, world)


def grow(
    reference: str, design: Design, subjects: Sequence[Subject], senses: Mapping[str, slice], actions: int
) -> Brain:
    """A brain of the kind that `reference` names, one mouse for each subject, each born from that mouse's seed.

    All subjects have brains of one variant: `lab.runner.local` puts no others in one batch.
    """
    (variant,) = {s.group.variant for s in subjects}
    try:
        return find_brain(reference)(
            senses, actions, births(design, subjects), variant=variant, settings=dict(design.settings)
        )
    except ValueError as error:
        raise UserError(f"the brain {reference!r} cannot be grown: {error}") from None


def births(design: Design, subjects: Sequence[Subject]) -> list[int]:
    """The birth seed of every mouse: of its body and of its untrained brain."""
    return [birth_seed(design.birth_cohort(), s.group.litter, s.mouse) for s in subjects]


def find_brain(reference: str) -> MakeBrain:
    """What a name stands for. Raises UserError with what there is."""
    where = known_brains().get(reference, reference)
    module, colon, name = where.partition(":")
    if not colon:
        raise UserError(
            f"the brain {reference!r} is not known; {nearest_and_all(reference, known_brains())}, or package.module:NAME."
        )
    if os.getcwd() not in sys.path:  # a console script does not look for modules where it was called
        sys.path.insert(0, os.getcwd())
    try:
        found = importlib.import_module(module)
    except ModuleNotFoundError as error:
        if error.name and (module == error.name or module.startswith(f"{error.name}.")):
            raise UserError(
                f"the brain {reference!r}: there is no module {error.name!r} in this folder or installed."
            ) from None
        raise UserError(f"the brain {reference!r} needs the package {error.name!r}, which is not installed.") from None
    make = getattr(found, name, None)
    if not callable(make):
        own = ((n, v) for n, v in vars(found).items() if callable(v) and getattr(v, "__module__", "") == module)
        there = [n for n, v in own if not isinstance(v, type) or hasattr(v, "describe")]
        raise UserError(f"the module {module!r} has no brain {name!r}; it has {', '.join(there) or 'none'}.")
    return make


def known_brains() -> dict[str, str]:
    """Names of brains, and where each is: module:NAME."""
    named = {name: where for name, where in BRAINS.items() if isinstance(where, str)}
    return {point.name: point.value for point in entry_points(group=GROUP)} | named


def parts_for(brain: str) -> Parts:
    """The shipped world, and the brain of this name."""
    known = BRAINS.get(brain)
    return known if isinstance(known, Parts) else Parts(make_world, partial(grow, brain))


def senses_and_actions() -> tuple[Mapping[str, slice], int]:
    """What the world of every design offers and takes: where each sense lies, and the length of a command."""
    from reachenv import senses

    return senses.slices(ACTIONS), ACTIONS


def read_brain(run: Run, subject: Subject, session: int) -> dict[str, np.ndarray]:
    """The state of a mouse's brain as a session left it; CheckpointError where it is damaged, or another's.

    After session 0 it is that of the run which the mouse comes from, where it had another name.
    """
    path = run.session_files(subject, session).brain
    state, about = checkpoint.load(path)
    found = about.get("subject", str(subject)), about.get("session", session)
    if session and found != (str(subject), session):
        raise checkpoint.CheckpointError(
            f"{path}: holds the brain of {brief(found[0], 80)} after session {brief(found[1])}; "
            f"expected {str(subject)!r} after session {session}"
        )
    return state


def meet(design: Design, parts: Parts) -> Brain:
    """One mouse with the usual brain of a design, to ask what it is. Raises UserError where the design asks for what it cannot do."""
    from reachenv.agents.protocol import what_can_be_done

    first: dict[str, Subject] = {}
    for subject in design.subjects():
        first.setdefault(subject.group.variant, subject)
    one = first.get("") or next(iter(first.values()))
    brain = parts.make_brain(design, [one], *senses_and_actions())
    name = brain.describe().name
    for variant, subject in first.items():
        if variant and variant not in brain.variants:
            there = ", ".join(brain.variants) or "none"
            raise UserError(
                f"the group {subject.group.name!r} asks for the variant {variant!r} of the brain {name}; its variants: {there}."
            )
    for group in design.groups:
        for intervention in group.interventions:
            if not brain.supports(intervention):
                can = what_can_be_done(brain.areas)
                raise UserError(
                    f"the brain {name} cannot carry out {str(intervention)!r} (group {group.name!r}); it can: {can}."
                )
    recorded(design.record, brain)
    return brain


def recorded(asked: Sequence[str], brain: Brain) -> tuple[str, ...]:
    """Areas that are to be recorded, by their own names where an alias was given. UserError for one that has nothing to record."""
    from reachenv.agents.protocol import find_area, recordable

    names = []
    for name in asked:
        area = find_area(brain.areas, name)
        if name not in BODY and (area is None or not area.cells):
            there = [*recordable(brain.areas), *BODY]
            raise UserError(
                f"there is no area {name!r} to record in the brain {brain.describe().name}; {nearest_and_all(name, there)}."
            )
        names.append(area.name if area and area.cells else name)
    return tuple(dict.fromkeys(names))


def about_brain(brain: Brain, design: Design, parts: Parts) -> dict[str, Any]:
    """Entries of config.json: what the brain says of itself, its variants' digests, what is recorded, and probes of this very brain."""
    told = brain.describe().to_json()
    variants = {}
    for subject in design.subjects():
        variant = subject.group.variant
        if variant and variant not in variants:
            variants[variant] = parts.make_brain(design, [subject], *senses_and_actions()).describe().digest
    areas = {area.name: area.about for area in brain.areas if area.cells and area.name in (*USUAL, *design.record)}
    areas |= {name: BODY[name] for name in design.record if name in BODY and name != "command"}
    return {"brain": told | {"variants": variants}, "areas": areas, **provenance.probes(told)}
