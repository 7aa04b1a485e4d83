"""Train a baseline, test it on the sparse task as it learns, leave a folder: `reachenv baseline`.

    runs/NAME/  config.json        settings with their reasons, versions, seed, status
                evaluation.parquet one row a test trial, without exploration, sparse task, compact timing
                checkpoints/       the agent after each test (`agents.rl.store`)   tensorboard/   rollout.mp4

A run goes on from its last checkpoint. Unlike a run of mice it does not end bit-identical: neither library keeps the
trial in progress, the random generators, or SAC's replay buffer. `--resume RUN --steps N` makes one longer.
"""

from __future__ import annotations

import re
import time
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd
from stable_baselines3.common.base_class import BaseAlgorithm
from stable_baselines3.common.vec_env import VecEnv, VecMonitor

from reachenv.agents import checkpoint
from reachenv.agents.rl import baselines
from reachenv.agents.rl import store as baselines_store
from reachenv.lab.baselines.task import AGAIN, FORMAT, Task
from reachenv.lab.errors import UserError
from reachenv.lab.records import provenance
from reachenv.lab.records.folder import Run, create_run, write_whole
from reachenv.lab.records.recording import TRIAL_COLUMNS, written
from reachenv.lab.records.table import read_table, write_table

TEST_TRIALS = 50
TEST_SEED = 1_000_003  # test trials are the same ones each time, and none of training
TRAINING = {"tone": 0.5, "turn_lead": 0.5, "response_window": 0.9, "total": 1.4}
"""Timing in training [s]: as compact, where waiting and the time after the outcome are cut; tests are in compact itself.

.9 s after the tone is time for a reach to the mouth (a scripted one takes .7 s: a test), and staying near the pellet is paid for no longer.
"""


def make_worlds(
    task: Task, n: int, *, test: bool = False, threads: int = 2, timing: dict[str, float] = TRAINING
) -> VecMonitor:
    """Worlds to train (in `timing`) or to test in, as an SB3 VecEnv."""
    import gymnasium
    from gymnasium.vector import AutoresetMode

    import reachenv  # noqa: F401  registers the environment
    from reachenv.agents.rl.sb3_env import PelletVecEnv

    options = {"timing": "compact"} if test else {"timing": timing, "reward": task.reward, "stop_early": True}
    return VecMonitor(
        PelletVecEnv(
            gymnasium.make_vec(
                "reachenv/PelletReach-v0",
                num_envs=n,
                control=task.control,
                nthread=threads,
                autoreset_mode=AutoresetMode.DISABLED,
                **options,
            )
        )
    )


def create(path: Path, task: Task, film: bool, typed: str, now: datetime) -> Run:
    """A new folder that says what is going to be done. typed: the command line."""
    chosen = asdict(baselines.BASELINES[task.agent])
    config = {
        "format": FORMAT,
        "status": "running",
        "command": typed,
        "task": asdict(task),
        "settings": chosen,
        "training_timing": TRAINING,
        "film": film,
        "versions": provenance.versions(),
        "git": provenance.git_revision(),
        "machine": provenance.machine(),
        "started": now.isoformat(timespec="seconds"),
        "finished": None,
        "resumed": [],
    }
    return create_run(path, config)


def train(run: Run, task: Task, tests: int, test_trials: int, threads: int = 2, **changes: Any) -> None:
    """Train from the last checkpoint to the end, testing as it goes.

    threads: step the worlds; what they do does not depend on it. changes: see `agents.rl.baselines.make`.
    """
    import torch
    from stable_baselines3.common.logger import configure

    torch.set_num_threads(1)
    timing = run.config()["training_timing"]  # a run goes on as it began
    worlds = make_worlds(task, baselines.BASELINES[task.agent].worlds, threads=threads, timing=timing)
    last = last_checkpoint(run)
    agent = (
        load_agent(last, task, worlds, **changes) if last else baselines.make(task.agent, worlds, task.seed, **changes)
    )
    agent.set_logger(configure(str(run.path / "tensorboard"), ["tensorboard"]))
    tested = baselines.worlds_to_test(agent, task.agent, make_worlds(task, test_trials, test=True, threads=threads))
    table = _kept(run, baselines.steps_taken(agent, task.agent)) if last else pd.DataFrame()
    trials, seconds = (0, 0.0) if table.empty else table.iloc[-1][["trials_learned", "seconds_learning"]]
    if not last:
        table = _test(run, task, agent, tested, table, trials, seconds)
    repeat = baselines.BASELINES[task.agent].repeat
    began, begun_at = time.monotonic(), baselines.steps_taken(agent, task.agent)
    while (done := baselines.steps_taken(agent, task.agent)) < task.steps:
        size = max(1, task.steps // tests)
        chunk = min(size, task.steps - done)
        if task.agent in baselines.LESIONABLE:
            baselines.block_reward_errors(agent, task.lesioned(1 + done // size))
        learning = time.monotonic()
        agent.learn(max(1, chunk // repeat), reset_num_timesteps=False)
        seconds += time.monotonic() - learning
        table = _test(run, task, agent, tested, table, trials + worlds.episode_count, seconds)
        steps = baselines.steps_taken(agent, task.agent)
        pace = (steps - begun_at) / (time.monotonic() - began)
        left = max(0.0, task.steps - steps) / pace / 60
        print(f"  {pace:,.0f} steps a second, tests included; {left:.0f} minutes left.", flush=True)
    worlds.close()
    tested.close()


def load_agent(path: Path, task: Task, worlds: VecEnv, **changes: Any) -> BaseAlgorithm:
    """The agent in a checkpoint of a run; UserError where the file is damaged, or holds another agent than the run's."""
    try:
        agent = baselines_store.load(path, worlds, **changes)
        found, steps = baselines_store.name_of(agent), baselines.steps_taken(agent, task.agent)
    except checkpoint.CheckpointError as error:
        raise UserError(f"{error}; delete that file, and {AGAIN} goes on from the checkpoint before it.") from None
    if found != task.agent or path.name != checkpoint_name(steps):
        raise UserError(
            f"{path} holds an agent {found} after {steps:,} steps, which is not of this run of {task.agent}; "
            f"delete that file, and {AGAIN} goes on from the checkpoint before it."
        )
    return agent


def checkpoint_name(steps: int) -> str:
    return f"step-{steps:010d}.zip"


def last_checkpoint(run: Run) -> Path | None:
    """The agent after the last test that was finished."""
    found = checkpoints(run)
    return found[-1] if found else None


def checkpoints(run: Run) -> list[Path]:
    """The agents of a run, in order; other files in the folder are not looked at."""
    return sorted(p for p in (run.path / "checkpoints").glob("step-*.zip") if re.fullmatch(r"step-\d{10,}", p.stem))


def _test(
    run: Run, task: Task, agent: BaseAlgorithm, tested: VecEnv, table: pd.DataFrame, trials: int, seconds: float
) -> pd.DataFrame:
    """Test the agent, say how it does, and keep both: the checkpoint, last, says that the test is whole.

    trials, seconds: what it has learned from, and how long that took, tests left out.
    """
    steps = baselines.steps_taken(agent, task.agent)
    told = [written(trial) for trial in baselines.trials(agent, tested, seed=TEST_SEED)]
    known = [name for name in TRIAL_COLUMNS if name in told[0]]
    rows = [
        {"steps": steps, "trials_learned": int(trials), "seconds_learning": float(seconds), "trial": i + 1}
        | {"success": bool(t["is_success"]), **{name: t[name] for name in known}}
        for i, t in enumerate(told)
    ]
    table = pd.concat([table, pd.DataFrame(rows)], ignore_index=True)
    write_table(run.path / "evaluation.parquet", table)
    write_whole(
        run.path / "checkpoints" / checkpoint_name(steps),
        lambda part: baselines_store.save(agent, part),
    )
    print(
        f"After {steps:,} of {task.steps:,} steps {task.agent} eats {sum(r['success'] for r in rows)} of {len(rows)} pellets "
        f"on the sparse task, without exploring.",
        flush=True,
    )
    return table


def _kept(run: Run, steps: int) -> pd.DataFrame:
    """The tests up to the checkpoint that the run goes on from; UserError where they are not all there."""
    table = read_tests(run)
    kept = table[table["steps"] <= steps].reset_index(drop=True)
    if kept.empty or kept["steps"].iloc[-1] != steps:
        raise UserError(
            f"{run.path / TESTED} lacks the test after {steps:,} steps, from whose checkpoint the run is to go on; "
            "restore the file from a copy, or delete the checkpoints after its last test."
        )
    return kept


TESTED = "evaluation.parquet"
NEEDED = {"steps": "i", "trials_learned": "i", "seconds_learning": "f", "success": "b"}
"""Columns of evaluation.parquet without which nothing can be said of a run, and their kinds."""


def read_tests(run: Run) -> pd.DataFrame:
    """The tests of a run, one row a test trial; UserError where the file is missing, empty or damaged."""
    path = run.path / TESTED
    try:
        if path.is_dir():
            raise ValueError("it is a folder")
        table = read_table(path)
        if table.empty:
            raise ValueError("it has no rows")
        for name, kind in NEEDED.items():
            if name not in table or table[name].dtype.kind != kind or table[name].isna().any():
                raise ValueError(f"its column {name!r} is missing or of another type")
    except FileNotFoundError:
        raise UserError(f"{path} is not there: no test of this run is finished, or the file was removed.") from None
    except Exception as error:  # pyarrow raises several kinds
        raise UserError(f"{path} is damaged ({error}); restore it from a copy, or begin a new run.") from None
    return table
