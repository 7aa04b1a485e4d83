"""The loop beside the baselines:  reachenv compare RUN ... --mice RUN --out FOLDER

Reads finished runs of baselines (`reachenv baseline`) and one of mice (design acquisition), prints a table, and leaves
in FOLDER that table, the learning curves, and of every baseline's run its tests, its last agent and its film.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from reachenv.agents.rl import baselines
from reachenv.lab import findings
from reachenv.lab.baselines.task import TESTS, Task, open_baseline
from reachenv.lab.baselines.train import last_checkpoint, read_tests
from reachenv.lab.errors import UserError
from reachenv.lab.figures.style import STYLE
from reachenv.lab.records import provenance
from reachenv.lab.records.folder import Run, write_whole
from reachenv.lab.records.recording import read_trials
from reachenv.lab.report.publish import without_machine

LEVELS = (0.50, 0.70)  # success that a learner comes to; at the last it counts as having learned the task
LAST = 3  # tests at the end of a run that its success is taken from
NEVER = "not reached"
NO_ERROR = "does not apply: no prediction error scales what its policy learns"
HELD = (
    "The policy of PPO (or RecurrentPPO) is held as it is while its prediction error is blocked "
    "(`agents.rl.baselines.block_reward_errors`): that it gains nothing then is so by construction, and no finding. "
    "That mice gain little is one: their striatum learns on."
)


@dataclass(frozen=True)
class Curve:
    """Success (k,) after so many trials (k,) of learning; pace: control steps learned from in a second, on one of its cores."""

    trials: np.ndarray
    success: np.ndarray
    cores: float
    pace: float

    def needed(self, level: float) -> float:
        """Trials after which success first was at `level`; NaN where it never was."""
        there = np.flatnonzero(self.success >= level)
        return float(self.trials[there[0]]) if len(there) else np.nan

    def gain(self, first: int, last: int) -> float:
        """What sessions `first` to `last` (from 1; entry 0 is before any) added to success."""
        return float(self.success[min(last, len(self.success) - 1)] - self.success[first - 1])


@dataclass(frozen=True)
class Row:
    """One line of the table. needed: (learners, LEVELS); cores, pace: of each learner; blocked: what a block left of the gain."""

    name: str
    n: str
    success: np.ndarray
    needed: np.ndarray
    cores: np.ndarray
    pace: np.ndarray
    blocked: str


def read_baseline(run: Run) -> Curve:
    """The curve of one baseline's run, from its tests."""
    table = read_tests(run).groupby("steps", as_index=False)[
        ["success", "trials_learned", "seconds_learning"]
    ].mean()  # fmt: skip
    seconds, cores = table.seconds_learning.iloc[-1], provenance.cores(run.config())
    pace = table.steps.iloc[-1] / seconds / cores if seconds else np.nan
    return Curve(table.trials_learned.to_numpy(), table.success.to_numpy(float), cores, float(pace))


def read_mice(run: Run) -> tuple[Curve, str]:
    """Mean curve of the control mice, session by session, and what a block of M1 dopamine left of their gain (B2)."""
    config = run.config()
    design = config["design"]
    table = read_trials(run)
    control = run.design().control()
    success = table[table.group == (control.name if control else "")].groupby("session").success.mean().to_numpy(float)
    trials = design["trials"] * np.arange(1, len(success) + 1)
    seconds = (pd.Timestamp(config["finished"]) - pd.Timestamp(config["started"])).total_seconds()
    if config.get("resumed"):
        seconds = np.nan  # nobody knows how long it lay still
    share = next((row["statistic"] for row in findings.read(run)["findings"] if row["id"] == "B2"), None)
    left = "not measured" if share is None else f"{share:.2f} of the gain left (M1 dopamine, sessions 2–4)"
    steps = 400 if design["timing"] == "compact" else 1200
    cores = provenance.cores(config)
    return Curve(trials, success, cores, len(table) * steps / seconds / cores), left


def rows(runs: Sequence[tuple[Run, Task]], mice: Run) -> list[Row]:
    """The table: mice first, then each kind of agent over its seeds."""
    curve, left = read_mice(mice)
    size = mice.config()["design"]["mice"]
    out = [
        Row(
            "BG loop (`bg_loop`)",
            f"{size} mice",
            np.array([curve.success[-1]]),
            _needed([curve]),
            np.array([curve.cores]),
            np.array([curve.pace]),
            left,
        )
    ]
    whole = {(t.agent, t.control, t.reward, t.seed): read_baseline(run) for run, t in runs if not t.lesion}
    for kind in dict.fromkeys(key[:3] for key in whole):
        curves = {key[3]: c for key, c in whole.items() if key[:3] == kind}
        agent, control, reward = kind
        lesioned = [(run, t) for run, t in runs if t.lesion and (t.agent, t.control, t.reward) == kind]
        out.append(
            Row(
                f"{baselines.BASELINES[agent].algorithm} (`{agent}`), {control}, {reward} reward",
                f"{len(curves)} {'seeds' if len(curves) > 1 else 'seed'}",
                np.array([c.success[-LAST:].mean() for c in curves.values()]),
                _needed(curves.values()),
                np.array([c.cores for c in curves.values()]),
                np.array([c.pace for c in curves.values()]),
                "; ".join(_left(run, t, curves) for run, t in lesioned)
                or ("not measured" if agent in baselines.LESIONABLE else NO_ERROR),
            )
        )
    return out


def _needed(curves: Iterable[Curve]) -> np.ndarray:
    """Trials that each learner needed to each of LEVELS, (learners, levels)."""
    return np.array([[c.needed(level) for level in LEVELS] for c in curves])


def _left(run: Run, task: Task, whole: dict[int, Curve]) -> str:
    """What a lesioned run gained while its prediction error was blocked, over what the same seed gained unblocked."""
    first, last = task.sessions()
    if task.seed not in whole:
        return f"seed {task.seed} was not run without a lesion"
    gain, usual = read_baseline(run).gain(first, last), whole[task.seed].gain(first, last)
    where = f"(prediction error, sessions {first}–{last} of {TESTS})"
    if usual <= 0:
        return f"nothing was gained without it either {where}"
    return f"{gain / usual:.2f} of the gain left {where}"


def table(lines: Sequence[Row]) -> str:
    """The rows as Markdown."""
    out = [
        f"| agent | n | success at the end | {' | '.join(f'trials to {level:.0%}' for level in LEVELS)} | cores "
        "| steps learned a second and core | block of the reward prediction error |",
        "| --- " * (6 + len(LEVELS)) + "|",
    ]
    for row in lines:
        success = _span(row.success, ".2f")
        needed = " | ".join(_trials(trials) for trials in row.needed.T)
        cores, pace = _span(row.cores, "g"), _span(row.pace, ",.0f")
        out.append(f"| {row.name} | {row.n} | {success} | {needed} | {cores} | {pace} | {row.blocked} |")
    return "\n".join(out)


def _trials(needed: np.ndarray) -> str:
    """Trials that learners needed, and how many never got there."""
    there = needed[~np.isnan(needed)]
    if not len(there):
        return NEVER
    missed = f" ({len(needed) - len(there)} of {len(needed)} {NEVER})" if len(there) < len(needed) else ""
    return _span(there, ",.0f") + missed


def _span(values: np.ndarray, form: str) -> str:
    """The mean, and between which values it lies where they differ."""
    if np.isnan(values).any():
        return "not measured"
    mean = f"{values.mean():{form}}"
    return mean if len(set(values)) == 1 else f"{mean} ({values.min():{form}}–{values.max():{form}})"


def draw(runs: Sequence[tuple[Run, Task]], mice: Run) -> Figure:
    """Success against trials learned from, every run."""
    kinds = list(dict.fromkeys((t.agent, t.control, bool(t.lesion)) for _, t in runs))
    with plt.rc_context(STYLE):
        figure, axis = plt.subplots(figsize=(7.5, 4.6), layout="constrained")
        curve, _ = read_mice(mice)
        axis.plot(curve.trials, curve.success, "o-", color="black", ms=3, label="BG loop, mean of its mice")
        shown = set()
        for run, task in runs:
            kind = (task.agent, task.control, bool(task.lesion))
            label = f"{task.agent}, {task.control}" + (f", {task.lesion}" if task.lesion else "")
            c = read_baseline(run)
            axis.plot(
                np.maximum(c.trials, 1), c.success, color=f"C{kinds.index(kind)}", ls="--" if task.lesion else "-",
                lw=1.2, alpha=0.8, label=None if label in shown else label,
            )  # fmt: skip
            shown.add(label)
        axis.axhline(LEVELS[-1], color="0.7", lw=0.8)
        axis.set(
            xscale="log", xlim=(30, None), ylim=(0, 1), xlabel="trials learned from", ylabel="success, sparse task"
        )
        figure.legend(loc="outside upper right", ncols=3)
        return figure


def publish(runs: Sequence[tuple[Run, Task]], mice: Run, folder: Path, overwrite: bool = False) -> str:
    """Fill the folder; returns the table."""
    if folder.is_dir() and any(folder.iterdir()) and not overwrite:
        raise UserError(f"{folder} holds files already and is not overwritten; give --overwrite, or another folder.")
    said = table(rows(runs, mice))
    figure = draw(runs, mice)
    write_whole(folder / "curves.png", lambda part: figure.savefig(part, format="png", dpi=110))
    plt.close(figure)
    configs = [run.config() for run, _ in runs]
    trained = [command for config in configs for command in (config["command"], *config.get("made_longer", []))]
    commands = without_machine([*trained, mice.config()["command"]])
    for run, _ in runs:
        name = run.path.resolve().name
        for source, target in (
            (run.path / "evaluation.parquet", f"{name}.parquet"),
            (last_checkpoint(run), f"{name}.zip"),
            (run.path / "rollout.mp4", f"{name}.mp4"),
        ):
            if source is not None and source.exists():
                write_whole(folder / target, partial(shutil.copyfile, source))
    machine = runs[0][0].config()["machine"]
    went_on = ", ".join(run.path.resolve().name for run, _ in runs if run.config().get("resumed"))
    lasted = sorted({run.config()["training_timing"]["total"] for run, _ in runs})
    page = [
        "# The loop beside the baselines", "",
        "Written by `reachenv compare` from the files of finished runs; do not edit.", "",
        "```sh", *commands, "```", "", said, "",
        f"Success of a baseline: mean of its last {LAST} tests, 50 trials each, sparse task, without exploring; over seeds, least to most "
        "in brackets. Of mice: last session, exploring as they always do; they begin with a "
        "reach that shaping gave them (`lab.probes.novice`), a baseline with nothing. Trials of a baseline are cut to "
        f"{' or '.join(f'{s:g}' for s in lasted)} s and end with their outcome. "
        "A block keeps the reward prediction error from what acts, not from what expects.", "",
        *([HELD, ""] if any(task.lesion for _, task in runs) else []),
        "Speed: steps of 10 ms that all worlds of a run learned from, over the seconds that it took, over its cores: threads of a "
        "baseline, processes of mice, as config.json says (workers) or, where it does not, the command's --workers (2 unless named). "
        "Of a baseline, learning alone: tests and film are left out. Of mice, all from the start of the command to its end: "
        f"{mice.config()['design']['mice'] * len(mice.config()['design']['groups'])} mice, their recordings, figures, film and report. "
        f"The machine has {machine['cores']} cores, {machine.get('processor')}; what else ran on it is not recorded.", "",
        *([f"Interrupted, and gone on from a checkpoint, which does not end bit-identical: {went_on}.", ""] if went_on else []),
        "![learning curves](curves.png)", "",
        "NAME.parquet: one row a test trial. NAME.zip: the agent, `agents.rl.store.load`. NAME.mp4: before and after training.", "",
    ]  # fmt: skip
    write_whole(folder / "README.md", lambda part: part.write_text("\n".join(page), encoding="utf-8"))
    return said


def finished(path: Path) -> tuple[Run, Task]:
    """A finished run of a baseline and its task; UserError where the folder is none."""
    found = open_baseline(path)
    if found is None:
        raise UserError(f"{path} is no run of a baseline; give folders that reachenv baseline left.")
    if not found[0].finished():
        raise UserError(f"{path} is not finished; first: reachenv baseline --resume {path}")
    return found
