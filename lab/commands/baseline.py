"""`reachenv baseline`: its options, and what is done with them. `reachenv train --agent ppo` comes here, too."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from reachenv.lab.baselines import task as tasks
from reachenv.lab.baselines.task import (
    AGAIN,
    AGENTS,
    DEVICES,
    MOST_SEED,
    MOST_STEPS,
    REWARDS,
    STEPS,
    Task,
    is_baseline,
    open_baseline,
)
from reachenv.lab.commands.options import Section, add_options, option, read_options
from reachenv.lab.commands.parser import MOST_WORKERS, Command, one_of, whole
from reachenv.lab.errors import UserError, listed
from reachenv.lab.records import provenance
from reachenv.lab.records.folder import Run, check_name, disk_trouble, free_name
from reachenv.trial import timing

RUNS = Path("runs")

TASK = Section("what learns, and what")
FOLDER = Section("where it is kept")
GOING = Section("how long and on what; these can be given with --resume, too", resumes=True)


@dataclass(frozen=True)
class Options:
    """What can be asked of `reachenv baseline`."""

    agent: str = option(
        TASK, "ppo", f"Algorithm: {', '.join(AGENTS)}.", "--agent sac", "--agent",
        metavar="NAME", type=one_of(AGENTS),
    )  # fmt: skip
    control: str = option(
        TASK, "spinal", f"What the actions command: {' or '.join(STEPS)}.", "--control muscle",
        metavar="NAME", type=one_of(STEPS),
    )  # fmt: skip
    reward: str = option(
        TASK, "shaped", f"Reward in training, {' or '.join(REWARDS)}; tests are on the sparse task.", "--reward sparse",
        metavar="NAME", type=one_of(REWARDS),
    )  # fmt: skip
    intervention: tuple[str, ...] = option(
        TASK, (), f"Keep the reward prediction error from the policy of ppo or recurrent_ppo in these of {tasks.TESTS} sessions.",
        "--intervention rpe:6-10", "--intervention", "--lesion", metavar="rpe:SESSIONS", action="append", shown="none",
    )  # fmt: skip
    seed: int = option(TASK, 0, "Seed of the training.", "--seed 7", metavar="N", type=whole(0, MOST_SEED))
    name: str | None = option(
        FOLDER, None, "Name of the run folder under runs/.", "--name pilot", metavar="NAME", shown="agent and time"
    )
    output: Path | None = option(
        FOLDER, None, "The run folder itself, anywhere; it must not exist.", "--output /data/pilot",
        metavar="DIR", type=Path, shown="runs/NAME",
    )  # fmt: skip
    resume: Path | None = option(
        GOING, None, "Continue a run from its last checkpoint; with --steps, make a finished one longer.",
        "--resume runs/pilot", metavar="RUN", type=Path, shown="a new run",
    )  # fmt: skip
    steps: int | None = option(
        GOING, None, "Steps of 10 ms to learn from, over all worlds.", "--steps 1000000",
        metavar="N", type=whole(1, MOST_STEPS), shown=", ".join(f"{control} {n:,}" for control, n in STEPS.items()),
    )  # fmt: skip
    workers: int | None = option(
        GOING, None, "Threads that step the worlds. Results do not depend on it.", "--workers 8",
        metavar="N", type=whole(1, MOST_WORKERS), shown="at most 2",
    )  # fmt: skip
    device: str = option(
        GOING, "cpu", f"Where the network runs: {', '.join(DEVICES)}.", "--device cuda",
        metavar="NAME", type=one_of(DEVICES),
    )  # fmt: skip
    film: bool = option(
        GOING, True, "Make rollout.mp4 at the end.", "--no-film", "--film",
        action=argparse.BooleanOptionalAction, shown="film",
    )  # fmt: skip


def is_meant(words: Sequence[str]) -> bool:
    """Whether words that were given to `reachenv train` ask for a baseline: by --agent, or by a folder to go on with.

    --brain ppo is another thing: a policy that stands in a design in the place of a mouse's brain.
    """
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    parser.add_argument("--agent", nargs="?")
    parser.add_argument("--resume", nargs="?", type=Path)
    asked, _ = parser.parse_known_args(list(words))
    return is_baseline(asked.resume) if asked.resume else asked.agent in AGENTS


def run(parsed: argparse.Namespace) -> None:
    """Raises UserError, with nothing written, where it cannot be done."""
    from reachenv.lab.baselines import train as training
    from reachenv.lab.commands.plan import number_of_workers

    options = read_options(Options, parsed)
    threads = number_of_workers(options.workers)
    _check_device(options.device)
    run, task, changes = (_gone_on if options.resume else _begun)(options, parsed.typed)
    film = options.film and run.config().get("film", True)
    try:
        with run.alone():
            before = provenance.cores(run.config()) if changes else 0
            changes["workers"] = max(
                threads, before
            )  # the most that it had: its speed a core is told from it, and not too high
            run.update(**changes)
            run.sweep()
            print(
                f"Run {run.path}: {task.agent}, control {task.control}, reward {task.reward}, seed {task.seed}"
                + (f", lesion {task.lesion}." if task.lesion else "."),
                flush=True,
            )
            training.train(run, task, tasks.TESTS, training.TEST_TRIALS, threads, device=options.device)
            if film:
                from reachenv.lab.baselines.film import film_baseline

                film_baseline(run, task)
            run.update(status="finished", finished=datetime.now().isoformat(timespec="seconds"))
    except KeyboardInterrupt:
        print(f"\nStopped; checkpoints are kept. Go on: {AGAIN} {run.path}", file=sys.stderr)
        raise
    except BrokenPipeError:
        raise
    except OSError as error:
        trouble = disk_trouble(error, run.path, AGAIN)
        raise trouble or error from None
    left = [n for n in ("evaluation.parquet", "checkpoints", "tensorboard", "rollout.mp4") if (run.path / n).exists()]
    print(f"\nDone: {run.path}/ ({', '.join(left)})")


def _begun(options: Options, typed: str) -> tuple[Run, Task, dict[str, Any]]:
    """A new run, its task checked; no changes."""
    from reachenv.agents.rl import baselines
    from reachenv.lab.baselines.train import create

    if options.intervention and options.agent not in baselines.LESIONABLE:
        raise UserError(
            f"--intervention of a baseline is for {listed(baselines.LESIONABLE)}; --agent {options.agent} given."
        )
    if len(options.intervention) > 1:
        raise UserError(f"a baseline takes one --intervention; {len(options.intervention)} given.")
    lesion = options.intervention[0] if options.intervention else ""
    steps = STEPS[options.control] if options.steps is None else options.steps
    task = Task(options.agent, options.control, options.reward, steps, options.seed, lesion)
    if task.lesion:
        task.sessions()
    try:
        baselines.algorithm(task.agent)
    except ImportError as error:
        raise UserError(str(error)) from None
    if options.output is not None and options.name is not None:
        raise UserError("--output and --name both name the run folder; give one of them.")
    now = datetime.now()
    name = free_name(RUNS, task.agent, now) if options.name is None else check_name(options.name)
    return create(RUNS / name if options.output is None else options.output, task, options.film, typed, now), task, {}


def _gone_on(options: Options, typed: str) -> tuple[Run, Task, dict[str, Any]]:
    """The run that --resume names, and what changes in its config.json: it is longer where --steps asks for more than it was to have."""
    assert options.resume is not None
    found = open_baseline(options.resume)
    if found is None:
        raise UserError(f"{options.resume} is no run of a baseline; one of mice goes on with reachenv train --resume.")
    run, task = found
    try:
        timing(run.config()["training_timing"])
    except (ValueError, TypeError) as error:
        raise UserError(f"{run.path} cannot go on: training_timing in its config.json: {error}") from None
    changes: dict[str, Any] = {"resumed": [*run.config()["resumed"], datetime.now().isoformat(timespec="seconds")]}
    if options.steps is not None:
        if task.lesion:
            raise UserError(
                f"{run.path} has an intervention, whose sessions are parts of the whole: it cannot be made longer."
            )
        if options.steps <= task.steps:
            raise UserError(
                f"{run.path} is to have {task.steps:,} steps; --steps {options.steps} given, which is not more."
            )
        task = replace(task, steps=options.steps)
        changes |= {"task": asdict(task), "status": "running", "finished": None}
        changes["made_longer"] = [*run.config().get("made_longer", []), typed]
    elif run.finished():
        longer = "" if task.lesion else f"; to train it longer, give it more than {task.steps:,} steps with --steps"
        raise UserError(f"{run.path} is finished{longer}.")
    return run, task, changes


def _check_device(device: str) -> None:
    """The device is not part of the task: a run may go on elsewhere."""
    if device == "cuda":
        import torch

        if not torch.cuda.is_available():
            raise UserError(
                "--device cuda given, and torch finds no GPU here; --device auto takes one where there is one."
            )


COMMAND = Command(
    "baseline",
    "train a reinforcement learner (PPO, SAC, RecurrentPPO) on the same task instead of mice",
    "--agent ppo --steps 5000000",
    lambda parser: add_options(parser, Options),
    run,
    details="It is tested on the sparse task as it learns. A run that was interrupted goes on from its last checkpoint with --resume.",
)
