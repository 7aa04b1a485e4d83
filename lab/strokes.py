"""Strokes that the figures share: style, a colour for each group, curves over sessions, marks where something is silenced."""

from __future__ import annotations

import matplotlib

matplotlib.use("Agg")
import numpy as np

from agents.interventions import Scaling
from lab.design import Design, Group, blocked_sessions
from lab.stats import bootstrap_mean
from lab.words import intervention_words

GROUP_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")

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


def curves(axis, design: Design, values: dict[str, np.ndarray], trials: np.ndarray | None = None) -> None:
    """Every mouse faint, the mean over mice with its 95 % bootstrap interval. values: group → (mice, sessions).

    trials: the last axis is not of sessions but of parts of one session, whose middles these trials are.
    A group whose mice did exactly what those of another did (sham twins) is dashed over it, so that both are seen.
    """
    at, drawn = np.arange(1, design.sessions + 1) if trials is None else trials, []
    for group, colour in colours(design).items():
        if group not in values:
            continue
        table = np.full((design.mice, len(at)), np.nan)
        table[: values[group].shape[0], : values[group].shape[1]] = values[group]
        twin = any(np.array_equal(table, other, equal_nan=True) for other in drawn)
        drawn.append(table)
        if design.mice > 1 and not twin:
            axis.plot(at, table.T, color=colour, alpha=0.22, lw=0.9)
        means = [bootstrap_mean(column) for column in table.T]
        if not twin:
            axis.fill_between(at, [m.low for m in means], [m.high for m in means], color=colour, alpha=0.18, lw=0)
        n = int((~np.isnan(table)).any(1).sum())
        label = f"{group} (n = {n} {'mouse' if n == 1 else 'mice'})"
        line = {"ls": (0, (2, 2)), "marker": "none"} if twin else {"marker": "o"}
        axis.plot(at, [m.mean for m in means], color=colour, lw=2.4, ms=5, label=label, **line)
    if trials is None:
        axis.set(xlabel="session", xticks=at, xlim=(0.6, design.sessions + 0.4))
    else:
        axis.set(xlabel="trial", xlim=(0, design.trials + 1))


def shade_blocks(axis, design: Design, label: bool = True) -> None:
    """Shade in each group's own colour the sessions in which its dopamine is blocked or a nucleus of its silenced."""
    for i, group in enumerate(g for g in design.groups if silent_sessions(g, design.sessions)):
        colour = colours(design)[group.name]
        for start, end in stretches(silent_sessions(group, design.sessions)):
            axis.axvspan(start - 0.5, end + 0.5, color=colour, alpha=0.09, lw=0)
            if label:
                axis.text((start + end) / 2, 0.02 + 0.05 * i, _said(group),
                          transform=axis.get_xaxis_transform(), ha="center", color=colour, fontsize=9)  # fmt: skip


def silent_sessions(group: Group, sessions: int) -> list[int]:
    """Sessions in which dopamine is blocked in a group, or a nucleus silenced from the first trial to the last."""
    silenced = [s for s in range(1, sessions + 1) if any(i.when.holds(s) for i in _silenced(group))]
    return sorted({*blocked_sessions(group, sessions), *silenced})


def _silenced(group: Group) -> list[Scaling]:
    whole = (
        i for i in group.interventions if isinstance(i, Scaling) and i.when.trials is None and i.when.seconds is None
    )
    return [i for i in whole if i.factor == 0]


def _said(group: Group) -> str:
    """What is done to a group in its silent sessions, in words."""
    targets = " + ".join(dict.fromkeys({"m1": "M1"}.get(b.target, b.target) for b in group.blocks))
    done = [f"{targets} dopamine blocked"] if targets else []
    return ", ".join([*done, *dict.fromkeys(intervention_words(i.label()) for i in _silenced(group))])


def mark_blocks(axis, design: Design, group, per_session: int) -> None:
    """A bar over a group's silent sessions, in its colour."""
    for start, end in stretches(silent_sessions(group, design.sessions)):
        left, right = (start - 0.5, end + 0.5) if per_session == 1 else ((start - 1) * per_session, end * per_session)
        axis.plot((left, right), (1.03, 1.03), transform=axis.get_xaxis_transform(), clip_on=False, lw=4,
                  color=colours(design)[group.name], solid_capstyle="butt")  # fmt: skip


def stretches(sessions: list[int]) -> list[tuple[int, int]]:
    """Runs of neighbouring numbers: [2, 3, 4, 7] → [(2, 4), (7, 7)]."""
    stretches: list[tuple[int, int]] = []
    for s in sessions:
        if stretches and stretches[-1][1] == s - 1:
            stretches[-1] = (stretches[-1][0], s)
        else:
            stretches.append((s, s))
    return stretches
