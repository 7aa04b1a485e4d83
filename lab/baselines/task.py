"""What a baseline is to learn, and the folder that says so. Light to import: the command line reads it before anything else."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from reachenv.agents.interventions import Intervention, Scale, When, parse
from reachenv.lab.errors import UserError
from reachenv.lab.records.folder import Run, refuse_links_outward

AGENTS = ("ppo", "sac", "recurrent_ppo")
FORMAT = "reachenv-baseline"
TESTS = 20  # in a run
STEPS = {"spinal": 3_000_000, "muscle": 20_000_000}
REWARDS = ("shaped", "sparse")
DEVICES = ("cpu", "cuda", "auto")


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


def open_baseline(path: Path) -> tuple[Run, Task] | None:
    """The run and task of a baseline's folder; None where `path` is none."""
    try:
        config = json.loads((Path(path) / "config.json").read_text(encoding="utf-8"))
        if config["format"] != FORMAT:
            return None
        refuse_links_outward(Path(path))
        return Run(Path(path)), Task(**config["task"])
    except (OSError, ValueError, KeyError, TypeError):
        return None  # not ours: who opens runs of mice says what is wrong with it
