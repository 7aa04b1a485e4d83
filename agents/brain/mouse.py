"""A mouse at the start of the experiment: the shipped novice, made one individual by its own seed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from reachenv import assets
from reachenv.agents.brain import cortex
from reachenv.agents.brain.learning.rule import Site
from reachenv.agents.brain.params import ACTIONS, IndividualParams, LoopParams
from reachenv.agents.brain.regions import event_cells
from reachenv.agents.brain.wiring import PARAMETERS
from reachenv.agents.checkpoint import load

MouseSeed = int
# To the faces, edges and corners of a cube, (26, 3): where a reach's error may lie. Between them what is near counts.
DIRECTIONS = np.array([d / np.linalg.norm(d) for d in np.array(list(product((-1, 0, 1), repeat=3))) if d.any()])
NEARNESS = 20.0  # how sharply: weights fall as exp(NEARNESS (cosine - 1))
NEAR_PELLET = ("reach", "descend", "close")  # the phases that a reach's systematic error is in


@dataclass(frozen=True)
class Novice:
    """What babbling and shaping left behind.

    posture (phases, actions): command that each phase of the sequence calls for. scale (actions,): change of command that moves the
    paw by 1 mm (pronation and grip: what counts as much). forgives (26,): how far off a reach may be [mm] in each of
    DIRECTIONS for a quarter of such reaches still to succeed. critic (features,), reward_rate: first expectations.
    """

    posture: np.ndarray
    scale: np.ndarray
    forgives: np.ndarray
    critic: np.ndarray
    reward_rate: float


def load_novice(path: str | Path) -> Novice:
    """Read a novice file; CheckpointError if it is not one."""
    state, meta = load(path)
    return Novice(state["posture"], state["scale"], state["forgives"], state["critic"], float(meta["reward_rate"]))


def individual(
    seed: MouseSeed, novice: Novice, params: LoopParams, where: Mapping[str, slice]
) -> dict[str, np.ndarray]:
    """What mouse `seed` is born with: own cells and wires, and an own systematic error in the phases near the pellet.

    Returns l23 (N, N + S), onward (P, N), rate (N,), pattern (N, P) (see `cortex.Cortex`), gate (2, N) that reads from layer 2-3
    whether the present phase is aimed and how much there is of any, layer5 (2 A, N): weights onto A agonist, then A antagonist
    populations; apical (N, A): change of a cell's gain for each unit of command by which the loop asks an agonist to depart;
    and event cells, see `event_cells.grow`.
    """
    rng = np.random.default_rng(np.random.SeedSequence([int(seed), 0xB1B7]))
    grown = cortex.grow(params.cortex, where, rng)
    posture = novice.posture + params.individual.posture * rng.standard_normal(novice.posture.shape)
    error = novice.scale * aim_error(params.individual, novice.forgives, rng)
    for phase in NEAR_PELLET:
        posture[cortex.PHASE_INDEX[phase]] += error
    gate = np.stack([grown.decode[[cortex.PHASE_INDEX[phase] for phase in cortex.AIMED]].sum(0), grown.decode.sum(0)])
    half = 0.5 * posture.T @ grown.decode
    if params.skill_site == "layer23":
        half += 0.5 * novice.scale[:, None] * cortex.steering(grown)
    layer5 = np.concatenate([half, -half]).astype(np.float32)
    apical = (grown.apical / (0.5 * novice.scale)).astype(np.float32)
    cells = {"l23": grown.weights, "onward": grown.onward, "rate": grown.rate, "pattern": grown.pattern}
    return cells | {"gate": gate, "layer5": layer5, "apical": apical} | event_cells.grow(params.events, where, rng)


def aim_error(p: IndividualParams, forgives: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A mouse's systematic error (ACTIONS,) [mm, and what counts as much], in a direction of its own.

    Its size is the pellet's tolerance in that direction, times `aim`: shaping ends, for each mouse, when it eats now and then,
    so that no mouse starts as an expert and none without a chance.
    """
    direction = rng.standard_normal(3)
    direction /= np.linalg.norm(direction)
    near = np.exp(NEARNESS * (DIRECTIONS @ direction - 1))
    size = p.aim * (1 + p.aim_spread * np.clip(rng.standard_normal(), -2, 2)) * (near @ forgives) / near.sum()
    return np.r_[size * direction, rng.standard_normal(len(ACTIONS) - 3)]


def born(
    mice: Sequence[MouseSeed], novices: Sequence[Novice], params: LoopParams, where: Mapping[str, slice]
) -> dict[str, Tensor]:
    """What many mice are born with, mice first: see `individual`."""
    each = [individual(seed, novice, params, where) for seed, novice in zip(mice, novices, strict=True)]
    return {name: torch.from_numpy(np.stack([one[name] for one in each])) for name in each[0]}


def sites(birth: Mapping[str, Tensor], novices: Sequence[Novice], params: LoopParams, dt: float) -> dict[str, Site]:
    """The synapses that can learn, by the name of their projection in the wiring table, with their weights at birth."""
    b, channels, cells = len(novices), len(PARAMETERS), params.cortex.units
    striatum = torch.full((b, 2 * channels, cells), params.ganglia.striatal_weight)
    lateral = torch.full((b, cells, cells), params.cortex.lateral_weight)
    assemblies = birth["pattern"] * birth["rate"][..., None]
    critic = torch.from_numpy(np.stack([novice.critic for novice in novices]))[:, None]
    all_sites = (
        Site("m1_l23>m1_l23", lateral, dt, together=assemblies),
        Site("m1_l23>m1_l5", birth["layer5"], dt, "halves"),
        Site("senses>m1_events", birth["event_senses"], dt),
        Site("m1_l23>d1", striatum, dt, "neighbours"),
        Site("m1_l23>d2", striatum, dt, "neighbours"),
        Site("senses>critic", critic, dt),
    )
    return {site.name: site for site in all_sites}


def default_novice() -> Novice:
    """The novice shipped with the package."""
    return load_novice(assets.path("novice.safetensors"))
