"""Blank mice babble: how far their reaches miss, by how much they have babbled. Nothing is rewarded.

    reachenv babbling        writes assets/babbling.json, about a minute on one core

The same phase as the novice's first (`lab.probes.novice`), once more and by itself, with mice apart: each learns from where its own
paw was felt to be after its own random commands, and then reaches for places with what it has learned so far.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from reachenv.agents.brain.params import ACTIONS
from reachenv.lab.probes.novice import CM_TO_MM, HOLD_STEPS, SEED, learn_map, make_world
from reachenv.lab.records.folder import write_whole
from reachenv.lab.records.provenance import shipped_brain
from reachenv.lab.runner.world import World

FORMAT, VERSION = "reachenv-babbling", 1
LEVELS = (1, 2, 4, 8, 16, 32, 64, 128)  # babbles behind a mouse when it reaches
RANGE = 0.8  # of the command's, either way, as in the making of the novice


def hold(world: World, commands: np.ndarray, seed: int, touching: bool = False) -> np.ndarray:
    """Hold commands (holds, mice, 3) one after another in one trial; where the paw came, (holds, mice, 3) [mm].

    NaN where it touched something, and was held up, unless `touching` is asked for.
    """
    where = world.unwrapped.sense_slices
    world.reset(seed=[int(s) for s in np.random.SeedSequence([SEED, seed]).generate_state(world.num_envs)])
    places = []
    for command in commands:
        action = np.zeros((world.num_envs, len(ACTIONS)))
        action[:, :3] = command
        for _ in range(HOLD_STEPS):
            obs, *_ = world.step(action)
        felt = CM_TO_MM * obs[:, where["paw"]].astype(float)
        if not touching:
            felt[obs[:, where["touch"]].sum(1) > 0] = np.nan
        places.append(felt)
    return np.array(places)


def misses(mice: int, targets: int = 20) -> np.ndarray:
    """Median distance [mm] of each mouse's reaches from where they should go, (mice, LEVELS)."""
    rng = np.random.default_rng([SEED, 4])
    world = make_world(mice)
    holds = world.unwrapped.timing.steps // HOLD_STEPS
    trials = int(np.ceil((1.2 * LEVELS[-1] + targets) / holds))  # some babbles touch something
    tried = rng.uniform(-RANGE, RANGE, (trials, holds, mice, 3))
    felt = np.concatenate([hold(world, commands, trial) for trial, commands in enumerate(tried)])
    tried = tried.reshape(-1, mice, 3)
    aims = felt[-targets:]  # places that a paw can be at; never learned from
    out = np.full((mice, len(LEVELS)), np.nan)
    for column, level in enumerate(LEVELS):
        plans = np.empty((targets, mice, 3))
        for mouse in range(mice):
            free = np.flatnonzero(~np.isnan(felt[:-targets, mouse]).any(1))[:level]
            learned = learn_map(tried[free, mouse], felt[free, mouse])
            plans[:, mouse] = np.clip(np.nan_to_num(aims[:, mouse]) @ learned.matrix.T + learned.offset, -1, 1)
        chunks = [plans[i : i + holds] for i in range(0, targets, holds)]
        seeds = [1000 * (column + 1) + i for i in range(len(chunks))]
        # A reach that is held up has missed, too: after one babble a mouse may know no other.
        came = np.concatenate([hold(world, *one, touching=True) for one in zip(chunks, seeds, strict=True)])
        out[:, column] = np.nanmedian(np.linalg.norm(came - aims, axis=2), axis=0)
    world.close()
    return out


def write(folder: Path, mice: int) -> Path:
    """Write babbling.json into a folder, show its medians, and return its path."""
    found = misses(mice)
    told = {
        "format": FORMAT, "version": VERSION, "made_by": "reachenv babbling", "brain": shipped_brain(), "seed": SEED,
        "babbles": LEVELS, "miss_mm": np.round(found, 3).tolist(),
    }  # fmt: skip
    path = folder / "babbling.json"
    write_whole(path, lambda part: part.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8"))
    print("babbles", *(f"{level:>6}" for level in LEVELS))
    print("miss mm", *(f"{miss:>6.2f}" for miss in np.median(found, 0)), f"  median of {mice} mice; {path}")
    return path
