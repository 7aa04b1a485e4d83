"""One session of a batch of mice, in lockstep: the loop in which a brain meets the world. No files, no processes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from reachenv.lab.design.design import Design, Subject
from reachenv.lab.design.group import intervention_label, perturbation_label
from reachenv.lab.design.perturbations import change_at, reset_options
from reachenv.lab.design.seeds import brain_seed, world_seed
from reachenv.lab.records.recording import TRIAL_COLUMNS, Tape


@dataclass(frozen=True)
class SessionResult:
    """What a session left, per mouse of the batch: trial rows, and recordings (empty where nothing was recorded)."""

    rows: list[list[dict]]
    recordings: list[dict[str, np.ndarray]]


def run_session(
    design: Design,
    subjects: Sequence[Subject],
    session: int,
    world,
    brain,
    record: bool,
    on_trial: Callable[[int, np.ndarray], None] = lambda trial, success: None,
) -> SessionResult:
    """Run every trial of a session. `brain` has begun the session; `on_trial(trial, success (B,))` follows along."""
    inner = world.unwrapped
    tape = Tape(len(subjects), design.trials) if record else None
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
                tape.step(trial, paw_mm, action, brain.taps(Tape.WATCHED), inner.qpos)
            obs, reward, terminated, truncated, info = world.step(action)
            total += reward
            ended = bool(np.any(terminated | truncated))
        if tape:
            tape.end_trial()
        learned = brain.end_trial(reward)
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


def _cell(values, i: int):
    """Mouse i's entry of what the world or the brain told of all mice."""
    cell = values[i]
    return cell.item() if hasattr(cell, "item") else cell
