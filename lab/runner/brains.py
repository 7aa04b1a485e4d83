"""Where an experiment gets its world and its brain from. The runner knows nothing else of `reachenv` and `agents`.

`Parts` names module-level functions, so that worker processes can import them; tests put other functions there.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from reachenv.lab.design.bodies import body_of
from reachenv.lab.design.design import Design, Subject
from reachenv.lab.design.seeds import birth_seed
from reachenv.lab.errors import UserError


@dataclass(frozen=True)
class Parts:
    """make_world(design, subjects) → vector environment; make_brain(design, subjects, world) → loop. Picklable."""

    make_world: Callable
    make_brain: Callable


def make_world(design: Design, subjects: Sequence[Subject]):
    """The native vector environment, one world a mouse, on one thread; each mouse in its own body."""
    import gymnasium
    from gymnasium.vector import AutoresetMode

    import reachenv  # noqa: F401  registers the environment

    world = gymnasium.make_vec(
        "reachenv/PelletReach-v0",
        num_envs=len(subjects),
        nthread=1,
        timing=design.timing,
        autoreset_mode=AutoresetMode.DISABLED,
    )
    world.unwrapped.set_bodies([body_of(birth) for birth in births(design, subjects)])
    return world


def make_bg_loop(design: Design, subjects: Sequence[Subject], world):
    """The cortex–basal ganglia–thalamus loop, one brain a mouse, each born from that mouse's seed.

    All subjects have brains of one kind: `lab.runner.local` puts no others in one batch.
    """
    from reachenv.agents.brain.make import make_bg_loop as make

    ((ablation, kind),) = {s.group.brain() for s in subjects}
    slices, actions = world.unwrapped.sense_slices, world.single_action_space.shape[0]
    return make(slices, actions, births(design, subjects), variant="+".join(filter(None, (kind, ablation))))


def births(design: Design, subjects: Sequence[Subject]) -> list[int]:
    """The birth seed of every mouse: of its body and of its untrained brain."""
    return [birth_seed(design.birth_cohort(), s.group.litter, s.mouse) for s in subjects]


AGENTS = {"bg_loop": Parts(make_world, make_bg_loop)}
ALONE = ("ppo", "recurrent_ppo", "sac")
"""Baselines: trained without a design, see `lab.baselines.train`."""


def parts_for(agent: str) -> Parts:
    """The parts of a named agent; an unknown one says what there is."""
    if agent in AGENTS:
        return AGENTS[agent]
    raise UserError(f"the agent {agent!r} is not known; there is {', '.join((*AGENTS, *ALONE))}.")
