"""What a baseline is to learn, and the folder that says so. Light to import: the command line reads it before anything else."""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path

from reachenv.agents.interventions import Intervention, Scale, When, parse
from reachenv.lab.errors import UserError
from reachenv.lab.records.config import (
    EVERY_RUN,
    check_config,
    mapping,
    number,
    one_of,
    read_json,
    record,
    several,
    text,
    whole,
)
from reachenv.lab.records.folder import Run, refuse_links_outward

AGENTS = ("ppo", "sac", "recurrent_ppo")
FORMAT = "reachenv-baseline"
TESTS = 20  # in a run
STEPS = {"spinal": 3_000_000, "muscle": 20_000_000}
REWARDS = ("shaped", "sparse")
DEVICES = ("cpu", "cuda", "auto")
MOST_STEPS = 10**10
MOST_SEED = 2**32 - 1  # that torch and stable-baselines3 take
AGAIN = "reachenv baseline --resume"


@dataclass(frozen=True)
class Task:
    """What is to be trained on what. steps: control steps of 10 ms, over all worlds.

    lesion: "rpe:6-10" keeps the reward prediction error from the policy in these sessions; a session is what lies between two tests.
    """

    agent: str
    control: str = "spinal"
    reward: str = "shaped"
    steps: int = STEPS["spinal"]
    seed: int = 0
    lesion: str = ""

    def lesioned(self, session: int) -> bool:
        """Whether the reward prediction error is blocked in a session, from 1."""
        first, last = self.sessions() if self.lesion else (0, -1)
        return first <= session <= last

    def sessions(self) -> tuple[int, int]:
        """First and last session of the lesion; UserError where it is none that a baseline can have."""
        try:
            block = parse(self.lesion)
        except ValueError as error:
            raise UserError(f"--intervention: {error}.") from None
        if block != Intervention("rpe", When(block.when.sessions), Scale(0.0)):
            raise UserError(
                f"--intervention {self.lesion!r} is none that a baseline can have; one is written rpe:6-10 "
                f"(reward prediction error blocked from session 6 to 10 of {TESTS})."
            )
        first, last = block.when.sessions
        if last > TESTS:
            raise UserError(f"--intervention {self.lesion} must lie within sessions 1 to {TESTS}.")
        return first, last


CONFIG = record(
    {
        "status": EVERY_RUN["status"],
        "task": record(
            {"agent": one_of(AGENTS)},
            {
                "control": one_of(STEPS),
                "reward": one_of(REWARDS),
                "steps": whole(1, MOST_STEPS),
                "seed": whole(0, MOST_SEED),
                "lesion": text,
            },
        ),
    },
    EVERY_RUN | {"made_longer": several(text), "training_timing": mapping(number(0, 60))},
)
"""What the config.json of a baseline holds: see `lab.records.config`."""


def is_baseline(path: Path) -> bool:
    """Whether a folder is the run of a baseline, by the format that its config.json names."""
    try:
        config = read_json(Path(path) / "config.json")
    except (OSError, UserError):
        return False
    return isinstance(config, dict) and config.get("format") == FORMAT


def open_baseline(path: Path) -> tuple[Run, Task] | None:
    """The run and task of a baseline's folder; None where `path` is none: who opens runs of mice says what is wrong with it.

    Raises:
        UserError: it is one, and its config.json is damaged.
    """
    path = Path(path)
    if not is_baseline(path):
        return None
    config = check_config(path, read_json(path / "config.json"), CONFIG)
    unknown = sorted(set(config["task"]) - {f.name for f in fields(Task)})
    if unknown:
        raise UserError(f"{path} cannot be used: its config.json is damaged: a task has no {unknown[0]!r}.")
    task = Task(**config["task"])
    try:
        if task.lesion:
            task.sessions()
    except UserError as error:
        raise UserError(f"{path} cannot be used: its config.json is damaged: {error}") from None
    refuse_links_outward(path)
    return Run(path), task
