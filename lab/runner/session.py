"""One session of a batch of mice, in lockstep: the loop in which a brain meets the world. No files, no processes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from reachenv.agents.protocol import Brain, recordable
from reachenv.lab.design.design import Design, Subject
from reachenv.lab.design.group import intervention_label, perturbation_label
from reachenv.lab.design.perturbations import change_at, reset_options
from reachenv.lab.design.seeds import brain_seed, world_seed
from reachenv.lab.records.recording import TRIAL_COLUMNS, USUAL, written
from reachenv.lab.records.tape import Tape
from reachenv.lab.runner.world import Bench, World


@dataclass(frozen=True)
class SessionResult:
    """What a session left, per mouse of the batch: trial rows, and recordings (empty where nothing was recorded)."""

    rows: list[list[dict]]
    recordings: list[dict[str, np.ndarray]]


def run_session(
    design: Design,
    subjects: Sequence[Subject],
    session: int,
    world: World,
    brain: Brain,
    record: bool,
    on_trial: Callable[[int, np.ndarray], None] = lambda trial, success: None,
) -> SessionResult:
    """Run every trial of a session. `brain` has begun the session; `on_trial(trial, success (B,))` follows along."""
    inner = world.unwrapped
    tape = Tape(len(subjects), design.trials) if record else None
    watched = watched_areas(brain, design.record)
    between = [area for area in watched if area != "m1_l23"]  # in steps between imaging frames
    rows: list[list[dict]] = [[] for _ in subjects]
    for trial in range(1, design.trials + 1):
        path = [(design.seed, s.group.litter, s.mouse, design.day(session), trial) for s in subjects]
        changed = reset_options([change_at(s.group.perturbations, session, trial) for s in subjects])
        seeds = [world_seed(*p) for p in path]
        obs, _ = world.reset(seed=seeds, options=changed)
        brain.begin_trial([brain_seed(*p) for p in path])
        reward = np.zeros(len(subjects), np.float32)
        total = np.zeros(len(subjects), np.float32)
        ended = False
        while not ended:
            action = brain.step(obs, reward)
            if tape:
                paw_mm = 10 * obs[:, inner.sense_slices["paw"]]  # sensed in cm
                due = watched if tape.sees(trial) else between
                taps = {area: BODY_TAPS[area](inner) if area in BODY_TAPS else brain.tap(area) for area in due}
                tape.step(trial, paw_mm, action, taps, inner.qpos)
            obs, reward, terminated, truncated, info = world.step(action)
            total += reward
            ended = bool(np.count_nonzero(terminated) or np.count_nonzero(truncated))
        if tape:
            tape.end_trial()
        learned = brain.end_trial(reward)
        info = written(info)
        if "endpoint" in info:
            info = {**info, **{f"endpoint_{axis}": info["endpoint"][:, k] for k, axis in enumerate("xyz")}}
        for i, subject in enumerate(subjects):
            told = {k: _cell(source[k], i) for source in (info, learned) for k in source if k in TRIAL_COLUMNS}
            about = {"group": subject.group.name, "mouse": subject.mouse, "session": session, "trial": trial}
            fixed = {"success": bool(info["is_success"][i]), "reward": total[i], "seed": seeds[i]}
            done = {
                "intervention": intervention_label(subject.group, session, trial),
                "perturbation": perturbation_label(subject.group, session, trial),
            }
            rows[i].append({**told, **about, **fixed, **done})
        on_trial(trial, np.asarray(info["is_success"], bool))
    return SessionResult(rows, [tape.arrays(i) for i in range(len(subjects))] if tape else [])


BODY_TAPS: dict[str, Callable[[Bench], np.ndarray]] = {
    "muscles": lambda world: world.muscle_activation(),
    "joints": lambda world: world.joint_angles(),
}


def watched_areas(brain: Brain, asked: Sequence[str]) -> list[str]:
    """The areas that are read in every step: the usual ones that a brain has, then those asked for."""
    there = set(recordable(brain.areas)) - {"command"}  # which is always recorded, as it was sent
    return list(dict.fromkeys([*(a for a in USUAL if a in there), *(a for a in asked if a in there or a in BODY_TAPS)]))


def _cell(values: np.ndarray, i: int) -> Any:
    """Mouse i's entry of what the world or the brain told of all mice."""
    cell = values[i]
    return cell.item() if hasattr(cell, "item") else cell
