"""The picture of the import graph: rooms in layers with the arrows that matter, and below it all arrows as a table of counts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("svg")
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch

PLACES = {
    "lab/commands": 1.3, "lab/baselines": 2.65, "lab/report": 1.45, "lab/probes": 0.42, "lab/figures": 1.3, "lab/film": 2.4,
    "lab/export": -0.1, "lab/findings": 1.3, "lab/analysis": 1.6, "lab/runner": 0.3, "lab/records": 1.0, "lab/design": 1.0,
    "lab": 0.4, "agents/rl": 3.0, "agents/brain": 2.45, "agents": 1.55, "reachenv": 2.4, "reachenv: shared": 1.3,
}  # fmt: skip
"""Where each room stands from left to right; a new one goes to the middle until somebody gives it a place."""
HEIGHT = 0.5
COLOURS = {"lab": ("#DCE9F5", "#0072B2"), "agents": ("#FBE3D3", "#D55E00"), "reachenv": ("#D8EFE7", "#009E73")}


def draw(found: Mapping[tuple[str, str], Sequence[object]], needed: Sequence[tuple[str, str]],
         layers: Sequence[Sequence[str]], path: Path) -> None:  # fmt: skip
    """Write the picture as SVG.

    found: arrows with their imports. needed: those that no way over other rooms replaces. layers: rooms from top to bottom.
    """
    style: dict[Any, Any] = {"svg.hashsalt": "reachenv", "svg.fonttype": "path", "font.size": 9}
    with plt.rc_context(style):
        figure, (above, below) = plt.subplots(2, 1, figsize=(9.2, 16.4), height_ratios=(9.4, 7), layout="constrained")
        _rooms(above, found, needed, layers)
        _counts(below, found, [room for layer in layers for room in layer])
        path.parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(path, format=path.suffix[1:], metadata={"Date": None} if path.suffix == ".svg" else None)
        plt.close(figure)


def _rooms(axis: Axes, found: Mapping[tuple[str, str], Sequence[object]], needed: Sequence[tuple[str, str]],
           layers: Sequence[Sequence[str]]) -> None:  # fmt: skip
    at = {room: (PLACES.get(room, 1.3), -float(y)) for y, layer in enumerate(layers) for room in layer}
    for room, (x, y) in at.items():
        width = 0.2 + 0.037 * len(room)
        fill, edge = COLOURS[room.split("/")[0].split(":")[0]]
        axis.add_patch(FancyBboxPatch((x - width / 2, y - HEIGHT / 2), width, HEIGHT, boxstyle="round,pad=0,rounding_size=0.08",
                                      fc=fill, ec=edge, lw=1.3, zorder=3, mutation_aspect=1.8))  # fmt: skip
        axis.text(x, y, room, ha="center", va="center", fontsize=10.5, fontweight="bold", zorder=4)
    for here, there in needed:
        (x, y), (u, v) = at[here], at[there]
        aside = float(np.clip(u - x, -0.2, 0.2))
        start, end = (x + aside, y - HEIGHT / 2), (u - 0.8 * aside, v + HEIGHT / 2)
        axis.add_patch(FancyArrowPatch(start, end, arrowstyle="-|>", mutation_scale=11, lw=1.2, color="#555555", zorder=2,
                                       shrinkA=0, shrinkB=0))  # fmt: skip
        share = 0.2 / max(start[1] - end[1], 0.2) + 0.06
        axis.text(start[0] + share * (end[0] - start[0]), start[1] + share * (end[1] - start[1]), str(len(found[here, there])),
                  ha="center", va="center", fontsize=8.5, color="#333333", zorder=5,
                  bbox={"boxstyle": "round,pad=0.12", "fc": "white", "ec": "none"})  # fmt: skip
    axis.set(xlim=(-0.5, 3.4), ylim=(-len(layers) + 0.65, 0.45))
    axis.set_title("What rests on what: a room uses rooms below it\n(numbers: imports; an arrow is left out where others lead there)",
                   fontsize=11, loc="left")  # fmt: skip
    axis.axis("off")


def _counts(axis: Axes, found: Mapping[tuple[str, str], Sequence[object]], rooms: Sequence[str]) -> None:
    """Row uses column, so many times; below the diagonal an arrow would run up."""
    n = len(rooms)
    table = np.array([[len(found.get((here, there), ())) for there in rooms] for here in rooms], float)
    axis.imshow(np.where(table > 0, np.sqrt(table), np.nan), cmap="Blues", vmin=-1.5, vmax=9, aspect="auto")
    for i in range(n):
        for j in range(n):
            if table[i, j]:
                wrong = j <= i
                axis.text(j, i, f"{table[i, j]:.0f}", ha="center", va="center", fontsize=9, fontweight="bold" if wrong else None,
                          color="#D55E00" if wrong else "black")  # fmt: skip
            if i == j:
                axis.text(j, i, "·", ha="center", va="center", color="#999999")
    axis.set_xticks(range(n), rooms, rotation=55, ha="left", rotation_mode="anchor", fontsize=9)
    axis.set_yticks(range(n), rooms, fontsize=9)
    axis.xaxis.tick_top()
    axis.tick_params(length=0)
    axis.set_xticks(np.arange(n) - 0.5, minor=True)
    axis.set_yticks(np.arange(n) - 0.5, minor=True)
    axis.grid(which="minor", color="#E5E5E5", lw=0.6)
    axis.tick_params(which="minor", length=0)
    axis.spines[:].set_visible(False)
    axis.set_title("All arrows: how often a row's modules import a column's", fontsize=11, loc="left")
