"""The figures of outcome in the imaged population, from what `lab.commands.analyse` left of a run; none where it has not been there."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure

from reachenv.lab.analysis.outcome.trials import WINDOW
from reachenv.lab.analysis.results import Result
from reachenv.lab.design.design import Design, Group
from reachenv.lab.figures.style import STYLE, colours, curves, shade_treated
from reachenv.lab.findings.network import by_mouse
from reachenv.lab.findings.outcome import RULE, contribution, fraction
from reachenv.lab.findings.verdict import Evidence, evidence_of
from reachenv.lab.records.folder import Run, write_whole

ANALYSES = ("encoding", "indicative", "separation", "decoder")
CAPTIONS = {
    "outcome_encoding": "What events add to the prediction of a neuron's activity: the drop in cross-validated R² of a model of "
    "all events (tone, lift, grab, at mouth, success) when one is left out, mean over neurons. Events less than 0.2 s apart in "
    "nearly all trials are left out together.",
    "outcome_indicative": "Fraction of neurons from each of which alone success can be told from failure, better than by saying "
    "the commoner outcome. Dotted lines and bands: the same with shuffled outcomes, mean and extremes of ten, mean over mice. Left, in two "
    "windows in a row at P < .01, as judged; middle, with equal numbers of successes and failures in all sessions; right, in "
    "any window at P < .05.",
    "outcome_separation": "How far apart success and failure lie in the space of the population's five main components, by "
    "time and session, mean over mice. Grey: shuffled outcomes, from the lowest to the highest of all sessions' means.",
    "outcome_decoder": "How often the population tells success from failure in a window of 1 s, out of fold, mean over mice; right, "
    "mean over the windows that begin with the tone or after it. Dotted: always saying the commoner outcome.",
}


def drawings(evidence: Evidence) -> dict[str, Callable[[], Figure]]:
    """By name, how to draw each figure for which there are results."""
    found = {name: {g.name: evidence.results(name, g) for g in evidence.design.groups} for name in ANALYSES}
    there = {name: {g: r for g, r in groups.items() if _any_number(name, r)} for name, groups in found.items()}
    ways: dict[str, Callable[[], Figure]] = {}
    if there["encoding"]:
        ways["outcome_encoding"] = lambda: encoding(evidence)
    if there["indicative"]:
        ways["outcome_indicative"] = lambda: indicative(evidence)
    if there["separation"]:
        ways["outcome_separation"] = lambda: separation(evidence.design, there["separation"])
    if there["decoder"]:
        ways["outcome_decoder"] = lambda: decoder(evidence, there["decoder"])
    return ways


def draw(run: Run, folder: Path) -> list[Path]:
    """Write these figures of a run into a folder; their paths."""
    paths = []
    for name, way in drawings(evidence_of(run)).items():
        figure, path = way(), folder / f"{name}.png"
        write_whole(path, partial(figure.savefig, format="png"))
        plt.close(figure)
        paths.append(path)
    return paths


def encoding(evidence: Evidence) -> Figure:
    """Contributions of tone and of success by session, and what the whole model explains."""
    design, titles = evidence.design, {"tone": "contribution of the tone", "success": "contribution of success"}

    def whole(group: Group) -> np.ndarray:
        return by_mouse(evidence, "encoding", group, lambda r: _of_all(r["sessions"]).groupby("session")["r2"].first())

    with plt.rc_context(STYLE):
        figure, axes = plt.subplots(1, 3, figsize=(11.7, 3.9), layout="constrained")
        for axis, (event, title) in zip(axes, titles.items(), strict=False):
            shade_treated(axis, design)
            axis.axhline(0, color="#999999", lw=0.8)
            curves(axis, design, {g.name: contribution(event)(evidence, g) for g in design.groups})
            axis.set(title=title, ylabel="drop in R²")
        shade_treated(axes[2], design)
        curves(axes[2], design, {g.name: whole(g) for g in design.groups})
        axes[2].set(title="all events", ylabel="cross-validated R²", ylim=(0, None))
        figure.legend(*axes[0].get_legend_handles_labels(), loc="outside upper right", ncols=3)
        return figure


def indicative(evidence: Evidence) -> Figure:
    """Fraction of indicative neurons by session with the band of shuffled labels, by three rules."""
    design, strict, loose = evidence.design, RULE, {"level": 0.05, "windows": 1}
    panels = (
        ("all", strict, "two windows, P < .01"),
        ("balanced", strict, "the same, equal numbers"),
        ("all", loose, "any window, P < .05"),
    )
    sessions = np.arange(1, design.sessions + 1)
    with plt.rc_context(STYLE):
        figure, axes = plt.subplots(1, 3, figsize=(11.7, 3.9), layout="constrained")
        for axis, (trials, rule, title) in zip(axes, panels, strict=True):
            shade_treated(axis, design)
            curves(axis, design, {g.name: fraction(trials, "fraction", rule)(evidence, g) for g in design.groups})
            for group, colour in colours(design).items():
                of = next(g for g in design.groups if g.name == group)
                middle, low, high = (
                    _mean(fraction(trials, c, rule)(evidence, of))
                    for c in ("shuffled", "shuffled_low", "shuffled_high")
                )
                axis.plot(sessions, middle, ":", color=colour, lw=1.4)
                axis.fill_between(sessions, low, high, color=colour, alpha=0.12, lw=0)
            axis.set(title=title, ylim=(0, None))
        axes[0].set_ylabel("fraction of neurons")
        figure.legend(*axes[0].get_legend_handles_labels(), loc="outside upper right", ncols=3)
        return figure


def separation(design: Design, found: dict[str, dict[int, Result]]) -> Figure:
    """d′ by time, a line a session, a panel a group, over the range of shuffled labels."""
    tint = ScalarMappable(Normalize(1, max(2, design.sessions)), "viridis")
    with plt.rc_context(STYLE):
        figure, axes = plt.subplots(
            1, len(found), figsize=(1 + 4.6 * len(found), 3.9), layout="constrained", squeeze=False, sharey=True
        )  # fmt: skip
        for axis, (group, results) in zip(axes[0], found.items(), strict=True):
            time = next(iter(results.values()))["time_s"]
            real, chance = (_by_session(design, results, key) for key in ("dprime", "shuffled"))
            some = [s for s in range(design.sessions) if not np.isnan(chance[s]).all()]
            axis.fill_between(
                time, chance[some].min(0), chance[some].max(0), color="#999999", alpha=0.35, lw=0, label="shuffled"
            )
            for s in some:
                axis.plot(time, real[s], color=tint.to_rgba(np.array(s + 1)), lw=1.5)
            axis.axvline(0, color="#999999", lw=0.8)
            n = sum(not np.isnan(r["dprime"]).all() for r in results.values())
            axis.set(
                title=f"{group} (n = {n} {'mouse' if n == 1 else 'mice'})",
                xlabel="time from the tone [s]",
                ylim=(0, None),
            )
            axis.legend(loc="upper left")
        axes[0, 0].set_ylabel("d′ of success and failure")
        bar = figure.colorbar(tint, ax=axes.ravel().tolist(), label="session", shrink=0.8, aspect=30)
        bar.set_ticks(range(1, design.sessions + 1))
        return figure


def decoder(evidence: Evidence, found: dict[str, dict[int, Result]]) -> Figure:
    """Accuracy session × window for each group; and after the tone by session, beside chance."""
    design = evidence.design

    def column(name: str) -> Callable[[Group], np.ndarray]:
        def after(result: Result) -> pd.Series:
            table = result["sessions"]
            return table[table.window > -1e-6].groupby("session")[name].mean()

        return lambda group: by_mouse(evidence, "decoder", group, after)

    with plt.rc_context(STYLE):
        figure, axes = plt.subplots(
            1, len(found) + 1, figsize=(3.4 * len(found) + 4.6, 3.8), layout="constrained", squeeze=False,
            width_ratios=[1] * len(found) + [1.25],
        )  # fmt: skip
        for axis, (name, results) in zip(axes[0], found.items(), strict=False):
            table = pd.concat([r["sessions"] for r in results.values()])
            mean = table.groupby(["session", "window"])["accuracy"].mean().unstack()
            middle, sessions = mean.columns.to_numpy(float) + WINDOW / 2, mean.index.to_numpy(int)
            half = (middle[1] - middle[0]) / 2
            image = axis.imshow(
                mean.to_numpy(), cmap="viridis", vmin=0.5, vmax=1, aspect="auto", origin="lower",
                extent=(middle[0] - half, middle[-1] + half, sessions[0] - 0.5, sessions[-1] + 0.5),
            )  # fmt: skip
            axis.axvline(0, color="white", lw=0.8)
            axis.set(title=name, xlabel="middle of the window [s from the tone]", yticks=sessions)
        axes[0, 0].set_ylabel("session")
        figure.colorbar(image, ax=axes[0, : len(found)].tolist(), label="share of trials told right", shrink=0.9)
        axis = axes[0, -1]
        shade_treated(axis, design)
        curves(axis, design, {g.name: column("accuracy")(g) for g in design.groups})
        for group in design.groups:
            level = _mean(column("chance")(group))
            axis.plot(np.arange(1, design.sessions + 1), level, ":", color=colours(design)[group.name], lw=1.6)
        axis.set(ylim=(0.4, 1), title="after the tone")
        axis.legend(loc="lower right", fontsize=8)
        return figure


def _of_all(table: pd.DataFrame) -> pd.DataFrame:
    return table[table.trials == "all"]


def _any_number(name: str, results: dict[int, Result]) -> bool:
    """Whether an analysis found any number in these mice: short sessions have too few successes or failures."""
    column = {"encoding": "contribution", "indicative": "fraction", "separation": "dprime", "decoder": "accuracy"}[name]
    return any(r["sessions"][column].notna().any() for r in results.values())


def _mean(table: np.ndarray) -> np.ndarray:
    """Mean over mice of (mice, ...), NaN where no mouse has a value."""
    known = ~np.isnan(table)
    count = known.sum(0)
    return np.where(count > 0, np.where(known, table, 0).sum(0) / np.maximum(count, 1), np.nan)


def _by_session(design: Design, results: dict[int, Result], key: str) -> np.ndarray:
    """Mean over mice (and shuffles) of an array (sessions, …, frames): (sessions of the design, frames)."""
    frames = next(iter(results.values()))[key].shape[-1]
    table = np.full((len(results), design.sessions, frames), np.nan)
    for row, result in zip(table, results.values(), strict=True):
        values = result[key] if result[key].ndim == 2 else result[key].mean(1)
        row[result["session"] - 1] = values
    return _mean(table)
