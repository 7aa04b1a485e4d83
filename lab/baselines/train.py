"""`python train.py --agent ppo …`: train a baseline, test it on the sparse task as it learns, leave a folder.

    runs/NAME/  config.json        settings with their reasons, versions, seed, status
                evaluation.parquet one row a test trial, without exploration, sparse task, compact timing
                checkpoints/       the agent after each test (`agents.rl.store`)   tensorboard/   rollout.mp4

A run goes on from its last checkpoint. Unlike a run of mice it does not end bit-identical: neither library keeps the
trial in progress, the random generators, or SAC's replay buffer. `--resume runs/NAME --steps N` makes one longer.
"""

from __future__ import annotations

import json
import shlex
import sys
import time
from dataclasses import asdict, dataclass, fields, replace
from datetime import datetime
from pathlib import Path

import pandas as pd

from reachenv.agents.rl import baselines
from reachenv.agents.rl import store as baselines_store
from reachenv.lab.commands.options import checked_workers, spelled
from reachenv.lab.errors import UserError
from reachenv.lab.records import provenance
from reachenv.lab.records.folder import Run, check_name, create_run, free_name, write_whole
from reachenv.lab.records.recording import TRIAL_COLUMNS

FORMAT = "reachenv-baseline"
TESTS = 20  # in a run
TEST_TRIALS = 50
TEST_SEED = 1_000_003  # test trials are the same ones each time, and none of training
OWN = {"steps", "control", "reward", "device"}
GOES_ON = {"resume", "steps", "workers", "device", "film"}  # options that a run may go on with
DEVICES = ("cpu", "cuda", "auto")
STEPS = {"spinal": 3_000_000, "muscle": 20_000_000}
TRAINING = {"tone": 0.5, "turn_lead": 0.5, "response_window": 0.9, "total": 1.4}
"""Timing in training [s]: as compact, where waiting and the time after the outcome are cut; tests are in compact itself.

.9 s after the tone is time for a reach to the mouth (a scripted one takes .7 s: a test), and staying near the pellet is paid for no longer.
"""


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
        """First and last session of the lesion."""
        return _sessions(self.lesion)


def _sessions(lesion: str) -> tuple[int, int]:
    """First and last session of a lesion; UserError where it is none that a baseline can have."""
    try:
        return baselines.blocked_sessions(lesion, TESTS)
    except ValueError as error:
        raise UserError(f"{error}.") from None


def make_worlds(task: Task, n: int, *, test: bool = False, threads: int = 2, timing: dict[str, float] = TRAINING):
    """Worlds to train (in `timing`) or to test in, as an SB3 VecEnv."""
    import gymnasium
    from gymnasium.vector import AutoresetMode
    from stable_baselines3.common.vec_env import VecMonitor

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


def create(path: Path, task: Task, film: bool, words: list[str] | None, now: datetime) -> Run:
    """A new folder that says what is going to be done."""
    chosen = asdict(baselines.BASELINES[task.agent])
    config = {
        "format": FORMAT,
        "status": "running",
        "command": "python train.py " + shlex.join(sys.argv[1:] if words is None else words),
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


def train(run: Run, task: Task, tests: int, test_trials: int, threads: int = 2, **changes) -> None:
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
        baselines_store.load(last, worlds, **changes)
        if last
        else baselines.make(task.agent, worlds, task.seed, **changes)
    )
    agent.set_logger(configure(str(run.path / "tensorboard"), ["tensorboard"]))
    tested = baselines.worlds_to_test(agent, task.agent, make_worlds(task, test_trials, test=True, threads=threads))
    table = _kept(run, baselines.steps_taken(agent, task.agent))
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
    worlds.close(), tested.close()


def last_checkpoint(run: Run) -> Path | None:
    """The agent after the last test that was finished."""
    found = sorted((run.path / "checkpoints").glob("step-*.zip"))
    return found[-1] if found else None


def _test(run: Run, task: Task, agent, tested, table: pd.DataFrame, trials: int, seconds: float) -> pd.DataFrame:
    """Test the agent, say how it does, and keep both: the checkpoint, last, says that the test is whole.

    trials, seconds: what it has learned from, and how long that took, tests left out.
    """
    steps = baselines.steps_taken(agent, task.agent)
    told = baselines.trials(agent, tested, seed=TEST_SEED)
    known = [name for name in TRIAL_COLUMNS if name in told[0]]
    rows = [
        {"steps": steps, "trials_learned": int(trials), "seconds_learning": float(seconds), "trial": i + 1}
        | {"success": bool(t["is_success"]), **{name: t[name] for name in known}}
        for i, t in enumerate(told)
    ]
    table = pd.concat([table, pd.DataFrame(rows)], ignore_index=True)
    write_whole(run.path / "evaluation.parquet", lambda part: table.to_parquet(part, index=False))
    write_whole(
        run.path / "checkpoints" / f"step-{steps:010d}.zip",
        lambda part: baselines_store.save(agent, part),
    )
    print(
        f"After {steps:,} of {task.steps:,} steps {task.agent} eats {sum(r['success'] for r in rows)} of {len(rows)} pellets "
        f"on the sparse task, without exploring.",
        flush=True,
    )
    return table


def _kept(run: Run, steps: int) -> pd.DataFrame:
    """The tests up to the checkpoint that the run goes on from."""
    path = run.path / "evaluation.parquet"
    if not path.exists():
        return pd.DataFrame()
    table = pd.read_parquet(path)
    return table[table["steps"] <= steps].reset_index(drop=True)


def open_baseline(path: Path) -> tuple[Run, Task] | None:
    """The run and task of a baseline's folder; None where `path` is none."""
    try:
        config = json.loads((Path(path) / "config.json").read_text(encoding="utf-8"))
        return (Run(Path(path)), Task(**config["task"])) if config["format"] == FORMAT else None
    except (OSError, ValueError, KeyError, TypeError):
        return None  # not ours: who opens runs of mice says what is wrong with it


def asked(options) -> bool:
    """Whether the options ask for a baseline, by name or by a folder to go on with; UserError where they mix it with mice."""
    if options.resume is not None:
        return open_baseline(options.resume) is not None
    baseline = options.agent in baselines.BASELINES
    allowed = {"agent", "seed", "name", "output", "film", "lesion", "workers"}
    for field in fields(options):
        given = getattr(options, field.name) != field.default
        if given and baseline and field.name not in allowed | OWN:
            raise UserError(
                f"{spelled(field.name)} is of experiments with mice; --agent {options.agent} takes no such option."
            )
        if given and not baseline and field.name in OWN:
            raise UserError(
                f"{spelled(field.name)} is for baselines; give --agent {', '.join(baselines.BASELINES)} with it."
            )
    return baseline


def start(options, words: list[str] | None = None, runs: Path = Path("runs")) -> None:
    """What `train.py` does where a baseline is asked for; raises UserError where it cannot."""
    threads, device = checked_workers(options.workers), _device(options.device)
    run, task, film = _planned(options, words, runs)
    before = provenance.cores(run.config()) if run.config()["resumed"] else 0
    run.update(workers=max(threads, before))  # the most that it had: its speed a core is told from it, and not too high
    try:
        with run.alone():
            run.sweep()
            print(
                f"Run {run.path}: {task.agent}, control {task.control}, reward {task.reward}, seed {task.seed}"
                + (f", lesion {task.lesion}." if task.lesion else "."),
                flush=True,
            )
            train(run, task, TESTS, TEST_TRIALS, threads, device=device)
            if film:
                from reachenv.lab.baselines.film import film_baseline

                film_baseline(run, task)
            run.update(status="finished", finished=datetime.now().isoformat(timespec="seconds"))
    except KeyboardInterrupt:
        print(f"\nStopped; checkpoints are kept. Go on: python train.py --resume {run.path}", file=sys.stderr)
        raise
    print(f"\nDone: {run.path}/ (evaluation.parquet, checkpoints/, tensorboard/, rollout.mp4)")


def _gone_on(options, words: list[str] | None) -> tuple[Run, Task, bool]:
    """The run that --resume names, made longer where --steps asks for more than it was to have."""
    run, task = open_baseline(options.resume)
    for field in fields(options):
        if field.name not in GOES_ON and getattr(options, field.name) != field.default:
            raise UserError(
                f"--resume goes on with a run's own settings; {spelled(field.name)} cannot be given with it "
                f"(only {', '.join(spelled(name) for name in sorted(GOES_ON - {'resume'}))})."
            )
    changes = {}
    if options.steps is not None:
        if task.lesion:
            raise UserError(
                f"{run.path} has a lesion, whose sessions are parts of the whole: it cannot be made longer."
            )
        if options.steps <= task.steps:
            raise UserError(
                f"{run.path} is to have {task.steps:,} steps; --steps {options.steps} given, which is not more."
            )
        task = replace(task, steps=options.steps)
        said = "python train.py " + shlex.join(sys.argv[1:] if words is None else words)
        changes = {"task": asdict(task), "status": "running", "finished": None}
        changes["made_longer"] = [*run.config().get("made_longer", []), said]
    elif run.finished():
        longer = "" if task.lesion else f"; to train it longer, give it more than {task.steps:,} steps with --steps"
        raise UserError(f"{run.path} is finished{longer}.")
    run.update(resumed=[*run.config()["resumed"], datetime.now().isoformat(timespec="seconds")], **changes)
    return run, task, options.film and run.config()["film"]


def _device(asked: str | None) -> str:
    """Where the net runs. Not part of the task: a run may go on elsewhere."""
    device = asked or "cpu"
    if device not in DEVICES:
        raise UserError(f"the device {device!r} is not known; there is {', '.join(DEVICES)}.")
    if device == "cuda":
        import torch

        if not torch.cuda.is_available():
            raise UserError(
                "--device cuda given, and torch finds no GPU here; --device auto takes one where there is one."
            )
    return device


def _planned(options, words, runs: Path) -> tuple[Run, Task, bool]:
    if options.resume is not None:
        return _gone_on(options, words)
    control = options.control or "spinal"
    if control not in STEPS:
        raise UserError(f"the control {control!r} is not known; there is {' and '.join(STEPS)}.")
    if options.lesion and options.agent not in baselines.LESIONABLE:
        raise UserError(
            f"--lesion of a baseline is for {', '.join(baselines.LESIONABLE)}; --agent {options.agent} given."
        )
    if len(options.lesion) > 1:
        raise UserError(f"a baseline takes one --lesion; {len(options.lesion)} given.")
    task = Task(
        options.agent,
        control,
        options.reward or "shaped",
        STEPS[control] if options.steps is None else options.steps,
        options.seed or 0,
        options.lesion[0] if options.lesion else "",
    )
    if task.lesion:
        _sessions(task.lesion)
    if task.reward not in ("shaped", "sparse"):
        raise UserError(f"the reward {task.reward!r} is not known; there is shaped and sparse.")
    if not 1 <= task.steps <= 10**10:
        raise UserError(f"the number of steps must lie between 1 and 10,000,000,000; --steps {task.steps} given.")
    try:
        baselines.algorithm(task.agent)
    except ImportError as error:
        raise UserError(str(error)) from None
    now = datetime.now()
    name = check_name(options.name) if options.name else free_name(runs, task.agent, now)
    return create(options.output or runs / name, task, options.film, words, now), task, options.film
