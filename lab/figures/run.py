"""The figures of a run, each from its files alone:  reachenv figures RUN

Colours are those of Okabe and Ito, told apart by every kind of colour vision.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from reachenv.lab.analysis import behaviour
from reachenv.lab.analysis.behaviour import OUTCOMES
from reachenv.lab.design.design import Design
from reachenv.lab.design.perturbations import change_at
from reachenv.lab.design.wording import stretches
from reachenv.lab.errors import UserError
from reachenv.lab.figures import loop as figures_loop
from reachenv.lab.figures import network as figures_network
from reachenv.lab.figures import outcome as figures_outcome
from reachenv.lab.figures.style import STYLE, bars_above, colours, curves, mark_treated, marked_sessions, shade_treated
from reachenv.lab.findings.verdict import evidence_of
from reachenv.lab.records.folder import Run, write_whole
from reachenv.lab.records.recording import read_trials, recorded_areas

OUTCOME_COLOURS = ("#009E73", "#F0E442", "#E69F00", "#D55E00", "#999999", "#2B2B2B")
OUTCOME_NAMES = ("success", "drop", "slip", "knock", "miss", "no reach")


PARTS = 20  # of a single session, where there is no other course to show
FEWEST = 5  # trials in such a part: an s.d. is taken of them


def learningcurves(design: Design, trials: pd.DataFrame) -> Figure:
    """Success by session, by trial where there is one session: mice faint, their mean with its 95 % bootstrap interval."""
    with plt.rc_context(STYLE):
        figure, axis = plt.subplots(figsize=(7.2, 4.1 + 0.25 * len(design.groups)), layout="constrained")
        pad = _courses(axis, design, trials, lambda table: behaviour.by_session(table, "success"), label=True)
        axis.set(ylim=(0, 1), ylabel="success (share of trials)")
        axis.set_title("Learning to reach" if design.sessions > 1 else "Success within the session", pad=pad)
        figure.legend(loc="outside upper right", ncols=2 if len(design.groups) > 3 else 3)
        return figure


def _courses(
    axis: Axes,
    design: Design,
    trials: pd.DataFrame,
    measure: Callable[[pd.DataFrame], dict[str, np.ndarray]],
    label: bool = False,
) -> float:
    """Curves by session, or through the parts of the only one: moved trials in grey, a bar above where a group has an intervention.

    measure: trials → group → values. label: name interventions on the bar. Returns the room that the bars take below a title [points].
    """
    tone = float(trials["tone_time"].median()) if "tone_time" in trials else np.nan
    if design.sessions > 1:
        shade_treated(axis, design)
        curves(axis, design, measure(trials))
        return bars_above(axis, design, label, tone)
    parts = max(1, min(PARTS, design.trials // FEWEST))
    each = range(1, design.trials + 1)
    for first, last in stretches([t for t in each if any(change_at(g.perturbations, 1, t) for g in design.groups)]):
        axis.axvspan(first - 0.5, last + 0.5, color="black", alpha=0.06, lw=0)
    of_part = behaviour.in_parts(pd.DataFrame({"trial": each}), parts, design.trials).groupby("session").trial
    curves(axis, design, measure(behaviour.in_parts(trials, parts, design.trials)), of_part.mean().to_numpy())
    return bars_above(axis, design, label, tone)


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
                mark_treated(axis, design, group, per_session=1 if axis is row[0] else trials.trial.max())
            row[0].set_title(group.name, pad=12)
        axes[0, 1].set_title("every trial, one row a mouse", pad=12)
        axes[-1, 0].set_xlabel("session")
        axes[-1, 1].set_xlabel("trial, sessions parted by lines")
        handles = [Patch(color=c, label=n) for c, n in zip(OUTCOME_COLOURS, OUTCOME_NAMES, strict=True)]
        figure.legend(handles=handles, loc="outside lower center", ncols=len(OUTCOMES))
        return figure


def kinematics(design: Design, trials: pd.DataFrame) -> Figure:
    """Reach duration, peak speed, aim error and scatter of endpoints by session (or trial: `_courses`), beside the animal's range."""
    measures = behaviour.movement(trials)
    with plt.rc_context(STYLE):
        figure, axes = plt.subplots(1, len(measures), figsize=(3.6 * len(measures), 3.8), layout="constrained")
        for i, (axis, measure) in enumerate(zip(axes, measures, strict=True)):
            if measure.animal:
                low, high = measure.animal
                axis.axhspan(low, high, color="#000000", alpha=0.06, lw=0)
                axis.text(0.98, high, "real mice", transform=axis.get_yaxis_transform(),
                          ha="right", va="bottom", color="#777777", fontsize=8)  # fmt: skip
            pad = _courses(axis, design, trials, partial(_movement, i))
            axis.set_ylim(0, 1.08 * axis.get_ylim()[1])
            axis.set_title(measure.name, pad=pad)
        axes[0].legend(loc="lower left")
        return figure


def _movement(which: int, trials: pd.DataFrame) -> dict[str, np.ndarray]:
    return behaviour.movement(trials)[which].values


def dopamine(design: Design, run: Run, trials: pd.DataFrame) -> Figure:
    """Dopamine through a trial, early, midway and late; and its phasic part at tone and outcome by session.

    Of the targets that the brain has; at least one.
    """
    targets = {target: place for target, place in DOPAMINE.items() if target in recorded_areas(run)}
    first = next(iter(targets))
    moments = {"tone": "at the tone", "success": "pellet in the mouth", "failure": "no pellet: lowest"}
    seen = {target: behaviour.dopamine(run, trials, target) for target in targets}
    with plt.rc_context(STYLE):
        rows = 1 + len(targets)
        figure, axes = plt.subplots(rows, 3, figsize=(11.5, 3 * rows), layout="constrained")
        for axis, session in zip(axes[0], _three_sessions(design, trials), strict=False):
            _trace(axis, design, seen[first], session)
            axis.set_title(f"{targets[first]}, session {session} (– success, ··· failure)")
        for axis in axes[0][len(_three_sessions(design, trials)) :]:
            axis.axis("off")
        for row, (target, place) in zip(axes[1:], targets.items(), strict=True):
            for axis, (moment, words) in zip(row, moments.items(), strict=True):
                shade_treated(axis, design)
                axis.axhline(0, color="#999999", lw=0.8)
                curves(axis, design, {g: m for (g, what), m in seen[target].phasic.items() if what == moment})
                axis.set_title(f"{place}: {words}")
            row[0].set_ylabel("change of dopamine")
        for column in axes[1:].T:  # M1 and striatum side by side on one scale
            limits = [axis.get_ylim() for axis in column]
            for axis in column:
                axis.set_ylim(min(low for low, _ in limits), max(high for _, high in limits))
        figure.legend(*axes[1, 0].get_legend_handles_labels(), loc="outside upper right", ncols=3)
        return figure


def draw_all(run: Run) -> list[Path]:
    """Write every figure that the run's files allow; the paths, in the order of the report."""
    design, trials = run.design(), read_trials(run)
    if not len(trials):
        raise UserError(f"{run.path} holds no finished session yet: there is nothing to draw.")
    drawings = {
        "learning_curves": lambda: learningcurves(design, trials),
        "outcomes": lambda: outcomes(design, trials),
        "kinematics": lambda: kinematics(design, trials),
    }
    if set(DOPAMINE) & set(recorded_areas(run)):
        drawings["dopamine"] = lambda: dopamine(design, run, trials)
    evidence = evidence_of(run)
    drawings |= figures_network.drawings(evidence) | figures_outcome.drawings(evidence)
    drawings |= figures_loop.drawings(design, trials)
    paths = []
    for name, draw in drawings.items():
        figure = draw()
        path = run.path / "figures" / f"{name}.png"
        write_whole(path, partial(figure.savefig, format="png"))
        plt.close(figure)
        paths.append(path)
    return paths


DOPAMINE = {"dopamine_m1": "M1", "dopamine_striatum": "striatum"}


def _three_sessions(design: Design, trials: pd.DataFrame) -> list[int]:
    """The first, one in the midst of the interventions (of all sessions, where there are none) and the last, as far as done."""
    last = int(trials.session.max())
    marked = [s for g in design.groups for s in marked_sessions(g, last)]
    middle = marked[len(marked) // 2] if marked else (1 + last) // 2
    return sorted({1, middle, last})


def _trace(axis: Axes, design: Design, seen: behaviour.Dopamine, session: int) -> None:
    """Mean dopamine around the tone in one session: successes drawn through, failures dashed."""
    for group, colour in colours(design).items():
        for won, line in ((True, "-"), (False, (0, (2, 1.2)))):
            if (group, session, won) in seen.traces:
                trace = seen.traces[group, session, won]
                axis.plot(seen.time, trace, ls=line, color=colour, lw=1.8)
    axis.axvline(0, color="#999999", lw=0.8)
    axis.set(xlabel="time from the tone [s]")
    axis.set_ylim(bottom=0)


def _stack(axis: Axes, shares: np.ndarray) -> None:
    """shares: (outcomes, sessions), a bar a session."""
    sessions = np.arange(1, shares.shape[1] + 1)
    bottom = np.zeros(len(sessions))
    for share, colour in zip(shares, OUTCOME_COLOURS, strict=True):
        axis.bar(sessions, share, bottom=bottom, color=colour, width=0.85)
        bottom = bottom + np.nan_to_num(share)
    axis.set(xticks=sessions, ylim=(0, 1), ylabel="share of trials")


def _raster(axis: Axes, raster: np.ndarray, trials: int) -> None:
    """raster: (mice, sessions × trials) of outcome numbers, −1 for none."""
    colour_map = ListedColormap(["white", *OUTCOME_COLOURS])
    height, width = raster.shape
    axis.imshow(raster + 1, cmap=colour_map, vmin=0, vmax=len(OUTCOMES), aspect="auto", interpolation="nearest",
                extent=(0, width, height + 0.5, 0.5))  # fmt: skip
    for session in range(1, width // trials):
        axis.axvline(session * trials, color="white", lw=2)
    step = max(1, height // 6)
    axis.set(ylabel="mouse", yticks=np.arange(1, height + 1, step))
