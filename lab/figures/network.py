"""The figures of the imaged population, from what `lab.commands.analyse` left of a run; none where it has not been there."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import cast

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize, TwoSlopeNorm
from matplotlib.figure import Figure
from scipy.cluster.hierarchy import leaves_list, linkage

from reachenv.lab.analysis.results import Result
from reachenv.lab.design.design import Design
from reachenv.lab.figures.style import STYLE, curves, marked_sessions, shade_treated
from reachenv.lab.findings.network import expert_level, session_column
from reachenv.lab.findings.verdict import Evidence
from reachenv.schema import EXPERT_SESSION as EXPERT

CAPTIONS = {
    "network_averages": "The imaged population on average: ΔF/F and the correlation of pairs of neurons, by session.",
    "network_activity": "Mean activity of every neuron around the tone (line), session by session, in the first mouse of "
    "each group. Neurons keep their place: they are sorted by when they peak in the expert session. Each neuron from its "
    "least (dark) to its most (bright) in that session; others may lie beyond. Sorting by a session makes that one look the "
    "tidiest.",
    "network_expert_level": "Share of trials that a classifier of the expert session against session 1 calls expert, in "
    "windows of 1 s, mean over mice; right, mean over the windows after the tone. Both of those sessions are judged out of fold.",
    "network_correlations": "Which neurons are active together: centroids of the sessions' correlation matrices, in the first "
    "mouse of each group. Neurons keep their place: they are clustered by the expert session. The diagonal is left white.",
    "network_diffusion": "Diffusion maps of correlation matrices in the first mouse of each group, coloured by session: left, "
    "trials (evenly spread over each session); right, session centroids, joined in order.",
    "network_strengths": "Connectivity strength of every neuron in the first mouse of each group, sorted by the expert session.",
    "network_configuration": "The configuration of correlations on its way: distance of each session's centroid from the expert "
    "session's; place on the first coordinate of the map of centroids; likeness of the neurons' connectivity strengths to the "
    "expert session's.",
}

Prepared = tuple[list[np.ndarray], tuple[float, float, float, float]]
"""Images, one a session, and their extent."""


def drawings(evidence: Evidence) -> dict[str, Callable[[], Figure]]:
    """By name, how to draw each figure for which there are results."""
    design = evidence.design
    found = {
        name: {g.name: evidence.results(name, g) for g in design.groups}
        for name in ("activity", "kinetics", "configuration")
    }
    found = {name: {g: r for g, r in groups.items() if r} for name, groups in found.items()}
    ways = {}
    if found["activity"]:
        ways["network_averages"] = lambda: averages(evidence)
        ways["network_activity"] = lambda: activity(design, _first_mice(found["activity"]))
    if any(len(r["levels"]) for groups in found["kinetics"].values() for r in groups.values()):
        ways["network_expert_level"] = lambda: expert_levels(evidence, found["kinetics"])
    if found["configuration"]:
        ways["network_correlations"] = lambda: correlations(design, _first_mice(found["configuration"]))
        ways["network_diffusion"] = lambda: diffusion(design, _first_mice(found["configuration"]))
        ways["network_strengths"] = lambda: strengths(design, _first_mice(found["configuration"]))
        ways["network_configuration"] = lambda: configuration(evidence)
    return ways


def averages(evidence: Evidence) -> Figure:
    """Mean ΔF/F and mean pairwise correlation by session."""
    return _by_session(evidence, "activity", {"dff": "mean ΔF/F", "correlation": "mean pairwise correlation"}, True)


def configuration(evidence: Evidence) -> Figure:
    """Distance from the expert centroid, first diffusion coordinate, likeness of strengths, by session."""
    expert = _expert(evidence.design)
    titles = {
        "distance": f"distance from session {expert}",
        "map_1": "first diffusion coordinate",
        "strength_correlation": f"strengths: r with session {expert}",
    }
    return _by_session(evidence, "configuration", titles, False, to_itself=("distance", "strength_correlation"))


def activity(design: Design, mice: dict[str, tuple[int, Result]]) -> Figure:
    """Neurons × time, a column a session, a row a group."""

    def prepare(result: Result) -> Prepared:
        expert = _expert_index(design, result)
        profile, time = result["profile"], result["time_s"]
        order = np.argsort(profile[expert].argmax(0), kind="stable")
        low, high = profile[expert].min(0), profile[expert].max(0)
        scaled = (profile - low) / np.where(high > low, high - low, 1)
        return [s[:, order].T for s in scaled], (time[0], time[-1], profile.shape[2], 0)

    figure, axes = _grid(design, mice, prepare, cmap="magma", norm=Normalize(0, 1))
    for axis in axes.flat:
        axis.axvline(0, color="white", lw=0.8)
    figure.supxlabel("time from the tone [s]", fontsize=10)
    return figure


def correlations(design: Design, mice: dict[str, tuple[int, Result]]) -> Figure:
    """Neurons × neurons, a column a session, a row a group."""

    def prepare(result: Result) -> Prepared:
        expert = result["centroid"][_expert_index(design, result)]
        order = leaves_list(linkage(expert, "average")) if len(expert) > 2 else np.arange(len(expert))
        shown = [c[np.ix_(order, order)] + np.diag(np.full(len(c), np.nan)) for c in result["centroid"]]
        return shown, (0, len(expert), len(expert), 0)

    values = np.concatenate(
        [m["centroid"][:, ~np.eye(m["centroid"].shape[1], dtype=bool)].ravel() for _, m in mice.values()]
    )
    most = float(np.percentile(np.abs(values), 99)) or 1.0
    figure, _ = _grid(
        design, mice, prepare, cmap="RdBu_r", norm=TwoSlopeNorm(0, -most, most), square=True, bar="correlation"
    )
    figure.supxlabel("neuron", fontsize=10)
    return figure


def expert_levels(evidence: Evidence, found: dict[str, dict[int, Result]]) -> Figure:
    """Share of trials that look expert: session × window for each group, and after the tone by session."""
    design = evidence.design
    groups = [g for g in design.groups if any(len(r["levels"]) for r in found.get(g.name, {}).values())]
    with plt.rc_context(STYLE):
        figure, axes = plt.subplots(
            1, len(groups) + 1, figsize=(3.4 * len(groups) + 4.6, 3.8), layout="constrained", squeeze=False,
            width_ratios=[1] * len(groups) + [1.25],
        )  # fmt: skip
        for axis, group in zip(axes[0], groups, strict=False):
            tables = [r["levels"].pivot(index="session", columns="window", values="level") for r in found[group.name].values()
                      if len(r["levels"])]  # fmt: skip
            mean = cast(pd.DataFrame, sum(tables)) / len(tables)
            middle, sessions = mean.columns.to_numpy(float), mean.index.to_numpy(int)
            half = (middle[1] - middle[0]) / 2 if len(middle) > 1 else 0.5
            image = axis.imshow(
                mean.to_numpy(), cmap="viridis", vmin=0, vmax=1, aspect="auto", origin="lower",
                extent=(middle[0] - half, middle[-1] + half, sessions[0] - 0.5, sessions[-1] + 0.5),
            )  # fmt: skip
            axis.axvline(0, color="white", lw=0.8)
            axis.set(title=group.name, xlabel="middle of the window [s from the tone]", yticks=sessions)
        axes[0, 0].set_ylabel("session")
        figure.colorbar(image, ax=axes[0, : len(groups)].tolist(), label="share of trials that look expert", shrink=0.9)
        axis = axes[0, -1]
        shade_treated(axis, design)
        curves(axis, design, {g.name: expert_level(evidence, g) for g in groups})
        axis.set(ylim=(0, 1), title="after the tone", ylabel="expert level")
        axis.legend(loc="upper left", fontsize=8)
        return figure


def diffusion(design: Design, mice: dict[str, tuple[int, Result]]) -> Figure:
    """First two coordinates of trials and of session centroids, a row a group."""
    tint = _session_colours(design)
    with plt.rc_context(STYLE):
        figure, axes = plt.subplots(
            len(mice), 2, figsize=(9, 0.6 + 3.4 * len(mice)), layout="constrained", squeeze=False
        )  # fmt: skip
        for row, (group, (mouse, result)) in zip(axes, mice.items(), strict=True):
            for axis, key, what in zip(row, ("trials", "sessions"), ("trials", "session centroids"), strict=True):
                table = result[key]
                axis.set(title=f"{group}, mouse {mouse}: {what}", xlabel="coordinate 1", ylabel="coordinate 2")
                if "map_2" not in table:
                    continue
                if key == "sessions":
                    axis.plot(table.map_1, table.map_2, color="#999999", lw=1, zorder=0)
                    for at in table.itertuples():
                        axis.annotate(str(at.session), (at.map_1, at.map_2), xytext=(5, 4), textcoords="offset points")
                size = 60 if key == "sessions" else 14
                axis.scatter(table.map_1, table.map_2, c=tint.to_rgba(table.session), s=size, lw=0)
        _session_bar(figure, axes, tint, design)
        return figure


def strengths(design: Design, mice: dict[str, tuple[int, Result]]) -> Figure:
    """Connectivity strength by neuron, a line a session, sorted by the expert session; a panel a group."""
    tint = _session_colours(design)
    with plt.rc_context(STYLE):
        figure, axes = plt.subplots(
            1, len(mice), figsize=(1 + 4.6 * len(mice), 3.8), layout="constrained", squeeze=False, sharey=True
        )  # fmt: skip
        for axis, (group, (mouse, result)) in zip(axes[0], mice.items(), strict=True):
            expert = _expert_index(design, result)
            order = np.argsort(result["strength"][expert])[::-1]
            for session, values in zip(result["session"], result["strength"], strict=True):
                last = session == result["session"][expert]
                colour = "#000000" if last else tint.to_rgba(session)
                axis.plot(values[order], color=colour, lw=1.8 if last else 0.9, zorder=3 if last else 2)
            axis.set(title=f"{group}, mouse {mouse}", xlabel=f"neuron, sorted by session {_expert(design)} (black)")
        axes[0, 0].set_ylabel("connectivity strength, Σⱼ Cᵢⱼ² / N")
        _session_bar(figure, axes, tint, design)
        return figure


# ------------------------------------------------------------------------------------------------ parts of figures


def _by_session(
    evidence: Evidence, analysis: str, titles: dict[str, str], from_zero: bool, to_itself: Sequence[str] = ()
) -> Figure:
    """A panel a column of an analysis' table of sessions, all groups in it.

    to_itself: columns that compare with the expert session; its own value says nothing and is left out.
    """
    design = evidence.design
    with plt.rc_context(STYLE):
        figure, axes = plt.subplots(1, len(titles), figsize=(3.9 * len(titles), 3.9), layout="constrained")
        for axis, (column, title) in zip(axes, titles.items(), strict=True):
            shade_treated(axis, design)
            tables = {g.name: session_column(analysis, column)(evidence, g) for g in design.groups}
            for table in tables.values() if column in to_itself else ():
                table[:, _expert(design) - 1] = np.nan
            curves(axis, design, {name: table for name, table in tables.items() if not np.isnan(table).all()})
            axis.set_title(title)
            if from_zero and axis.get_ylim()[0] > 0:
                axis.set_ylim(0, 1.15 * axis.get_ylim()[1])
        figure.legend(*axes[0].get_legend_handles_labels(), loc="outside upper right", ncols=3)
        return figure


def _grid(
    design: Design,
    mice: dict[str, tuple[int, Result]],
    prepare: Callable[[Result], Prepared],
    cmap: str,
    norm: Normalize,
    square: bool = False,
    bar: str = "",
) -> tuple[Figure, np.ndarray]:
    """An image a session and group. prepare: result → (images, extent)."""
    columns = max(len(result["session"]) for _, result in mice.values())
    height = 1.9 if square else 2.5
    with plt.rc_context(STYLE | {"axes.spines.top": True, "axes.spines.right": True, "image.interpolation": "nearest"}):
        figure, axes = plt.subplots(
            len(mice), columns, figsize=(1.2 + 1.75 * columns, 0.7 + height * len(mice)), layout="constrained",
            squeeze=False, sharex=not square, sharey="row",
        )  # fmt: skip
        for row, (group, (mouse, result)) in zip(axes, mice.items(), strict=True):
            images, extent = prepare(result)
            for axis in row[len(images) :]:
                axis.axis("off")
            for axis, session, image in zip(row, result["session"], images, strict=False):
                drawn = axis.imshow(image, cmap=cmap, norm=norm, aspect="equal" if square else "auto", extent=extent)
                marked = "\nintervention" if session in marked_sessions(design.group(group), design.sessions) else ""
                axis.set_title(f"session {session}{marked}", fontsize=8.5, fontweight="normal")
                axis.tick_params(labelsize=8)
            row[0].set_ylabel(f"{group}, mouse {mouse}\nneuron", fontsize=9)
        if bar:
            figure.colorbar(drawn, ax=axes.ravel().tolist(), label=bar, shrink=0.8, aspect=30)
        return figure, axes


def _session_colours(design: Design) -> ScalarMappable:
    return ScalarMappable(Normalize(1, max(2, design.sessions)), "viridis")


def _session_bar(figure: Figure, axes: np.ndarray, tint: ScalarMappable, design: Design) -> None:
    bar = figure.colorbar(tint, ax=axes.ravel().tolist(), label="session", shrink=0.8, aspect=30)
    bar.set_ticks(range(1, design.sessions + 1))


def _first_mice(groups: dict[str, dict[int, Result]]) -> dict[str, tuple[int, Result]]:
    """Group → (number, result) of its first mouse."""
    return {group: next(iter(results.items())) for group, results in groups.items()}


def _expert(design: Design) -> int:
    return min(EXPERT, design.sessions)


def _expert_index(design: Design, result: Result) -> int:
    """Where the expert session lies in a result; the last one, where it is not there."""
    at = np.flatnonzero(result["session"] == _expert(design))
    return int(at[0]) if len(at) else len(result["session"]) - 1
