"""A mouse at the start of the experiment: the shipped novice, made one individual by its own seed."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from agents import cortex
from agents.checkpoint import load
from agents.params import ACTIONS, LoopParams

MouseSeed = int


@dataclass(frozen=True)
class Novice:
    """What babbling and shaping left behind.

    posture (phases, actions): command that each phase of the act calls for. critic (features,): first expectations.
    """

    posture: np.ndarray
    critic: np.ndarray
    reward_rate: float


@dataclass(frozen=True)
class Birth:
    """One individual's starting weights: its layer 2-3 and its layer 5 (2 A, N): A agonists, then A antagonists."""

    cortex: cortex.Cortex
    layer5: np.ndarray


def load_novice(path: str | Path) -> Novice:
    """Read a novice file; CheckpointError if it is not one."""
    state, meta = load(path)
    return Novice(state["posture"], state["critic"], float(json.loads(json.dumps(meta["reward_rate"]))))


def individual(seed: MouseSeed, novice: Novice, params: LoopParams, n_senses: int) -> Birth:
    """Mouse `seed`: own cells and wires, and an own systematic error of aim in the phases that approach the pellet."""
    rng = np.random.default_rng(np.random.SeedSequence([int(seed), 0xB1B7]))
    born = cortex.grow(params.cortex, n_senses, rng)
    posture = novice.posture + params.individual.posture * rng.standard_normal(novice.posture.shape)
    error = np.asarray(params.individual.aim) * rng.standard_normal(len(ACTIONS))
    for phase in ("reach", "descend", "close"):
        posture[cortex.PHASE_INDEX[phase]] += error
    half = (0.5 * posture.T @ born.decode).astype(np.float32)
    return Birth(born, np.concatenate([half, -half]))


def default_novice() -> Novice:
    """The novice shipped with the package."""
    here = Path(__file__).resolve().parent.parent
    for folder in (here / "assets", here / "reachenv" / "assets"):
        if (folder / "novice.json").exists():
            return load_novice(folder / "novice.safetensors")
    raise FileNotFoundError("assets/novice.safetensors is missing; `python -m lab.novice` makes it")
