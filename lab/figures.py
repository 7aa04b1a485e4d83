"""The figures of a run, each from its files alone:  python -m lab.figures RUN

Colours are those of Okabe and Ito, told apart by every kind of colour vision.
"""

from __future__ import annotations

import sys
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from lab import behaviour
from lab.behaviour import OUTCOMES
from lab.design import Design, blocked_sessions
from lab.errors import UserError
from lab.folder import Run, open_run, write_whole
from lab.record import read_trials
from lab.stats import bootstrap_mean

GROUP_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
OUTCOME_COLOURS = ("#009E73", "#F0E442", "#E69F00", "#D55E00", "#999999", "#2B2B2B")
OUTCOME_NAMES = ("success", "drop", "slip", "knock", "miss", "no reach")

# facts of the animal: reaches of head-fixed mice (A), 30–67 cm/s (A/B); endpoint s.d. an axis .6–1.4 mm (B)
ANIMAL = {"reach_duration": (0.090, 0.165), "peak_speed": (30.0, 67.0)}

STYLE = {
    "font.size": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlesize": 11,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "legend.frameon": False,
    "figure.dpi": 100,
    "savefig.dpi": 160,
    "savefig.facecolor": "white",
}


def colours(design: Design) -> dict[str, str]:
    """A colour for each group, control always the first."""
    names = sorted((g.name for g in design.groups), key=lambda n: n != "control")
    offset = 0 if "control" in names else 1
    return {n: GROUP_COLOURS[(i + offset) % len(GROUP_COLOURS)] for i, n in enumerate(names)}


def learning_curves(design: Design, trials: pd.DataFrame) -> Figure:
    """Success by session: every mouse faint, the mean over mice with its 95 % bootstrap interval."""
    with plt.rc_context(STYLE):
        figure, axis = plt.subplots(figsize=(7.2, 4.6), layout="constrained")
        success = behaviour.by_session(trials, "success")
        _shade_blocks(axis, design)
        _curves(axis, design, success, every_mouse=True)
        axis.set(ylim=(0, 1), ylabel="success (share of trials)", title="Learning to reach")
        figure.legend(loc="outside upper right", ncols=min(3, len(design.groups)))
        return figure


def outcomes(design: Design, trials: pd.DataFrame) -> Figure:
    """Shares of outcomes by session, and every trial of every mouse."""
    groups = [g for g in design.groups if g.name in set(trials.group)]
    shares = behaviour.outcome_shares(trials)
    with plt.rc_context(STYLE):
        figure, axes = plt.subplots(
            len(groups), 2, figsize=(10.5, 2.2 + 1.9 * len(groups)), layout="constrained", squeeze=False,
            width_ratios=(1, 2.2),
        )  # fmt: skip
        for row, group in zip(axes, groups, strict=True):
            _stack(row[0], shares[group.name])
            _raster(row[1], behaviour.outcome_raster(trials, group.name), trials.trial.max())
            for axis in row:
                _mark_blocks(axis, design, group, per_session=1 if axis is row[0] else trials.trial.max())
            row[0].set_title(group.name, pad=12)
        axes[0, 1].set_title("every trial, one row a mouse", pad=12)
        axes[-1, 0].set_xlabel("session")
        axes[-1, 1].set_xlabel("trial, sessions parted by lines")
        handles = [Patch(color=c, label=n) for c, n in zip(OUTCOME_COLOURS, OUTCOME_NAMES, strict=True)]
        figure.legend(handles=handles, loc="outside lower center", ncols=len(OUTCOMES))
        return figure


def kinematics(design: Design, trials: pd.DataFrame) -> Figure:
    """Reach duration, peak speed and aim error by session, beside the animal's range."""
    panels = (
        ("reach_duration", 1000, "reach duration [ms]"),
        ("peak_speed", 1, "peak paw speed [cm/s]"),
        ("aim_error", 1, "aim error [mm]"),
    )
    with plt.rc_context(STYLE):
        figure, axes = plt.subplots(1, 3, figsize=(11.5, 3.8), layout="constrained")
        for axis, (column, scale, label) in zip(axes, panels, strict=True):
            values = {g: scale * v for g, v in behaviour.median_by_session(trials, column).items()}
            if column in ANIMAL:
                low, high = (scale * x for x in ANIMAL[column])
                axis.axhspan(low, high, color="#000000", alpha=0.06, lw=0)
                axis.text(0.98, (low + high) / 2, "mouse, head-fixed", transform=axis.get_yaxis_transform(),
                          ha="right", va="center", color="#777777", fontsize=8)  # fmt: skip
            _shade_blocks(axis, design, label=False)
            _curves(axis, design, values, every_mouse=True)
            axis.set_ylim(bottom=0)
            axis.set_title(label)
        axes[0].legend(loc="lower left")
        return figure


def dopamine(design: Design, run: Run, trials: pd.DataFrame) -> Figure:
    """Phasic dopamine at the tone and at success, by session, where it arrives in M1 and in the striatum."""
    with plt.rc_context(STYLE):
        figure, axes = plt.subplots(2, 2, figsize=(9.5, 6), layout="constrained", sharex=True, sharey="row")
        for row, (target, place) in zip(axes, (("dopamine_m1", "M1"), ("dopamine_striatum", "striatum")), strict=True):
            moments = behaviour.dopamine_by_session(run, trials, target)
            for axis, moment in zip(row, ("tone", "success"), strict=True):
                _shade_blocks(axis, design, label=False)
                axis.axhline(0, color="#999999", lw=0.8)
                _curves(axis, design, {g: m[moment] for g, m in moments.items()}, every_mouse=True)
                when = "at the tone" if moment == "tone" else "at the pellet in the mouth"
                axis.set_title(f"{place}: {when}")
            row[0].set_ylabel("change of dopamine")
        for axis in axes[0]:
            axis.set_xlabel("")
        axes[0, 0].legend(loc="best")
        return figure


def draw_all(run: Run) -> list[Path]:
    """Write every figure that the run's files allow; the paths, in the order of the report."""
    design, trials = run.design(), read_trials(run)
    if not len(trials):
        raise UserError(f"{run.path} holds no finished session yet: there is nothing to draw.")
    drawings = {
        "learning_curves": lambda: learning_curves(design, trials),
        "outcomes": lambda: outcomes(design, trials),
        "kinematics": lambda: kinematics(design, trials),
    }
    if run.recorded():
        drawings["dopamine"] = lambda: dopamine(design, run, trials)
    paths = []
    for name, draw in drawings.items():
        figure = draw()
        path = run.path / "figures" / f"{name}.png"
        write_whole(path, lambda part, figure=figure: figure.savefig(part, format="png"))
        plt.close(figure)
        paths.append(path)
    return paths


# ------------------------------------------------------------------------------------------------------ the strokes


def _curves(axis, design: Design, values: dict[str, np.ndarray], every_mouse: bool) -> None:
    """values: group → (mice, sessions)."""
    sessions = np.arange(1, design.sessions + 1)
    for group, colour in colours(design).items():
        if group not in values:
            continue
        table = np.full((design.mice, design.sessions), np.nan)
        table[: values[group].shape[0], : values[group].shape[1]] = values[group]
        if every_mouse and design.mice > 1:
            axis.plot(sessions, table.T, color=colour, alpha=0.22, lw=0.9)
        means = [bootstrap_mean(column) for column in table.T]
        axis.fill_between(sessions, [m.low for m in means], [m.high for m in means], color=colour, alpha=0.18, lw=0)
        n = int((~np.isnan(table)).any(1).sum())
        label = f"{group} (n = {n} {'mouse' if n == 1 else 'mice'})"
        axis.plot(sessions, [m.mean for m in means], "o-", color=colour, lw=2.4, ms=5, label=label)
    axis.set(xlabel="session", xticks=sessions, xlim=(0.6, design.sessions + 0.4))


def _shade_blocks(axis, design: Design, label: bool = True) -> None:
    """Shade each group's blocked sessions in its own colour."""
    for i, group in enumerate(g for g in design.groups if g.blocks):
        colour = colours(design)[group.name]
        for start, end in _stretches(blocked_sessions(group, design.sessions)):
            axis.axvspan(start - 0.5, end + 0.5, color=colour, alpha=0.09, lw=0)
            if label:
                targets = " + ".join(dict.fromkeys({"m1": "M1"}.get(b.target, b.target) for b in group.blocks))
                axis.text((start + end) / 2, 0.02 + 0.05 * i, f"{targets} dopamine blocked",
                          transform=axis.get_xaxis_transform(), ha="center", color=colour, fontsize=9)  # fmt: skip


def _mark_blocks(axis, design: Design, group, per_session: int) -> None:
    """A bar over a group's blocked sessions, in its colour."""
    for start, end in _stretches(blocked_sessions(group, design.sessions)):
        left, right = (start - 0.5, end + 0.5) if per_session == 1 else ((start - 1) * per_session, end * per_session)
        axis.plot((left, right), (1.03, 1.03), transform=axis.get_xaxis_transform(), clip_on=False, lw=4,
                  color=colours(design)[group.name], solid_capstyle="butt")  # fmt: skip


def _stretches(sessions: list[int]) -> list[tuple[int, int]]:
    """Runs of neighbouring numbers: [2, 3, 4, 7] → [(2, 4), (7, 7)]."""
    stretches: list[tuple[int, int]] = []
    for s in sessions:
        if stretches and stretches[-1][1] == s - 1:
            stretches[-1] = (stretches[-1][0], s)
        else:
            stretches.append((s, s))
    return stretches


def _stack(axis, shares: np.ndarray) -> None:
    """shares: (outcomes, sessions), a bar a session."""
    sessions = np.arange(1, shares.shape[1] + 1)
    bottom = np.zeros(len(sessions))
    for share, colour in zip(shares, OUTCOME_COLOURS, strict=True):
        axis.bar(sessions, share, bottom=bottom, color=colour, width=0.85)
        bottom = bottom + np.nan_to_num(share)
    axis.set(xticks=sessions, ylim=(0, 1), ylabel="share of trials")


def _raster(axis, raster: np.ndarray, trials: int) -> None:
    """raster: (mice, sessions × trials) of outcome numbers, −1 for none."""
    colour_map = ListedColormap(["white", *OUTCOME_COLOURS])
    height, width = raster.shape
    axis.imshow(raster + 1, cmap=colour_map, vmin=0, vmax=len(OUTCOMES), aspect="auto", interpolation="nearest",
                extent=(0, width, height + 0.5, 0.5))  # fmt: skip
    for session in range(1, width // trials):
        axis.axvline(session * trials, color="white", lw=2)
    step = max(1, height // 6)
    axis.set(ylabel="mouse", yticks=np.arange(1, height + 1, step))


if __name__ == "__main__":
    try:
        for drawn in draw_all(open_run(Path(sys.argv[1]))) if len(sys.argv) == 2 else ():
            print(drawn)
        if len(sys.argv) != 2:
            raise UserError("give one run folder: python -m lab.figures runs/NAME")
    except UserError as error:
        print(f"lab.figures: {error}", file=sys.stderr)
        sys.exit(error.code)
