"""Parts that the figures share: style, a colour for each group, curves over sessions, marks of interventions."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import matplotlib

matplotlib.use("Agg")
import numpy as np
from matplotlib.transforms import offset_copy

from reachenv.agents.interventions import is_sham
from reachenv.lab.analysis.stats import bootstrap_mean
from reachenv.lab.design.design import Design
from reachenv.lab.design.group import Group, treated_sessions
from reachenv.lab.design.wording import session_words, stretches

# Of Okabe and Ito, but for their yellow, which is pale on white; the brown is as far from all others under any colour vision.
GROUP_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000", "#5D3A1A")
FEW = 4  # groups whose bands can still be told apart
ROW_POINTS = 14.0  # height of a bar above the axes

STYLE: dict[Any, Any] = {
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
    """A colour for each group; the first is control's alone. Beyond eight groups colours come again."""
    others = [g.name for g in design.groups if g.role != "control"]
    found = {g.name: GROUP_COLOURS[0] for g in design.groups if g.role == "control"}
    return found | {n: GROUP_COLOURS[1:][i % (len(GROUP_COLOURS) - 1)] for i, n in enumerate(others)}


def curves(axis, design: Design, values: dict[str, np.ndarray], trials: np.ndarray | None = None) -> None:
    """Every mouse faint, the mean over mice with its 95 % bootstrap interval. values: group → (mice, sessions).

    Of more than FEW groups mice are left out, and intervals are bars beside each other: bands would hide one another.
    trials: the last axis is not of sessions but of parts of one session, whose middles these trials are.
    A group whose mice did exactly what those of another did (sham twins) is dashed over it, so that both are seen.
    """
    at = np.arange(1, design.sessions + 1) if trials is None else trials
    drawn: list[np.ndarray] = []
    crowd = len(values) > FEW
    beside = dict(zip(values, np.linspace(-0.12, 0.12, len(values)) * np.diff(at).min(initial=1), strict=True))
    for group, colour in colours(design).items():
        if group not in values:
            continue
        table = np.full((design.mice, len(at)), np.nan)
        table[: values[group].shape[0], : values[group].shape[1]] = values[group]
        twin = any(np.array_equal(table, other, equal_nan=True) for other in drawn)
        drawn.append(table)
        if design.mice > 1 and not twin and not crowd:
            axis.plot(at, table.T, color=colour, alpha=0.22, lw=0.9)
        means = [bootstrap_mean(column) for column in table.T]
        low, high = [m.low for m in means], [m.high for m in means]
        if not twin and not crowd:
            axis.fill_between(at, low, high, color=colour, alpha=0.18, lw=0)
        elif not twin:
            axis.vlines(at + beside[group], low, high, color=colour, lw=1.6, alpha=0.6)
        n = int((~np.isnan(table)).any(1).sum())
        label = f"{group} (n = {n} {'mouse' if n == 1 else 'mice'})"
        line = {"ls": (0, (2, 2)), "marker": "none"} if twin else {"marker": "o"}
        axis.plot(
            at + (beside[group] if crowd else 0),
            [m.mean for m in means],
            color=colour,
            lw=2.4,
            ms=5,
            label=label,
            **line,
        )
    if trials is None:
        axis.set(xlabel="session", xticks=at, xlim=(0.5, design.sessions + 0.5))
    else:
        axis.set(xlabel="trial", xlim=(0, design.trials + 1))


def shade_treated(axis, design: Design) -> None:
    """Shade the sessions with an intervention: in the group's own colour, grey where several groups have one."""
    shaded: dict[tuple[int, int], list[str]] = {}
    for group in design.groups:
        for stretch in stretches(marked_sessions(group, design.sessions)):
            shaded.setdefault(stretch, []).append(group.name)
    for (start, end), names in shaded.items():
        colour, alpha = (colours(design)[names[0]], 0.09) if len(names) == 1 else ("black", 0.06)
        axis.axvspan(start - 0.5, end + 0.5, color=colour, alpha=alpha, lw=0)


def bars_above(axis, design: Design, say: bool = True, tone: float = math.nan) -> float:
    """A bar above the axes for each treated group, over its sessions (its trials, where there is one session), with its interventions.

    The first group's is uppermost, as in the legend.
    Returns the room that the bars take below a title [points].
    tone: s from the start of the trial; see `lab.design.wording.intervention_words`.
    """
    rows = [(group, row) for group in design.groups if (row := _in_words(group, design, tone))]
    for i, (group, row) in enumerate(reversed(rows)):
        above = offset_copy(axis.get_xaxis_transform(), axis.figure, y=ROW_POINTS * (i + 0.6), units="points")
        for words in dict.fromkeys(row.values()):
            for first, last in stretches([at for at, said in row.items() if said == words]):
                axis.plot((first - 0.5, last + 0.5), (1, 1), transform=above, color=colours(design)[group.name], lw=11, alpha=0.3,
                          clip_on=False, solid_capstyle="butt")  # fmt: skip
                if say:
                    axis.text(
                        (first + last) / 2, 1, words, fontsize=7.5, transform=above, ha="center", va="center_baseline"
                    )
    return 6.0 + ROW_POINTS * len(rows)


def mark_treated(axis, design: Design, group: Group, per_session: int) -> None:
    """A thin bar over a group's marked sessions, in its colour."""
    for start, end in stretches(marked_sessions(group, design.sessions)):
        left, right = (start - 0.5, end + 0.5) if per_session == 1 else ((start - 1) * per_session, end * per_session)
        axis.plot((left, right), (1.03, 1.03), transform=axis.get_xaxis_transform(), clip_on=False, lw=4,
                  color=colours(design)[group.name], solid_capstyle="butt")  # fmt: skip


def marked_sessions(group: Group, sessions: int) -> list[int]:
    """Sessions with an intervention that is no sham and lasts from their first trial to their last."""
    whole = tuple(i for i in group.interventions if i.when.trials is None)
    return treated_sessions(_marked(replace(group, interventions=whole)), sessions)


def _marked(group: Group) -> Group:
    """The group with what figures mark alone: no shams, and not its perturbed world."""
    return replace(group, interventions=tuple(i for i in group.interventions if not is_sham(i)), perturbations=())


def _in_words(group: Group, design: Design, tone: float) -> dict[int, str]:
    """Interventions of a group in words, by session, or by trial of the only one."""
    shown = _marked(group)
    if design.sessions > 1:
        said = {s: session_words(shown, s, tone=tone) for s in marked_sessions(group, design.sessions)}
    else:
        said = {t: session_words(shown, 1, t, tone) for t in range(1, design.trials + 1)}
    return {at: words for at, words in said.items() if words}
