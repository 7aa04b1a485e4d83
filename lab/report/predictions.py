"""What the model says that nobody has measured yet, as a page with a figure and a sentence for each.

    reachenv predictions RUN [RUN ...] --out docs/predictions.md

takes finished runs of the designs `partial-block` and `adapting-block` and writes the page, with its figures beside it in
images/. A sentence gives means over mice with 95 % bootstrap intervals; nothing here is judged, since there is nothing to judge by.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from reachenv.lab.figures.style import STYLE, colours  # first: it chooses how matplotlib draws

# isort: split
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from reachenv.agents.interventions import is_dopamine_block, taken
from reachenv.lab.analysis import adaptation as aim
from reachenv.lab.analysis.stats import bootstrap_mean, paired_permutation, ratio_of_means
from reachenv.lab.design.protocols import AT_OUTCOME, AT_TONE
from reachenv.lab.design.wording import session_words
from reachenv.lab.errors import UserError
from reachenv.lab.figures import loop as figures_loop
from reachenv.lab.findings.verdict import Evidence, both, evidence_of, m1_factor
from reachenv.lab.records.folder import Run, open_run, write_whole
from reachenv.lab.report.publish import without_machine
from reachenv.schema import FEWEST_MICE

DPI = 110


@dataclass(frozen=True)
class Prediction:
    """question: what could be measured. says(evidence) → what the model answers. figure(evidence) → its picture."""

    title: str
    question: str
    design: str
    says: Callable[[Evidence], list[str]]
    figure: Callable[[Evidence], Figure]


def gain(evidence: Evidence) -> dict[str, np.ndarray]:
    """Gain in success from the first session to the last, group → (mice,)."""
    success = {g.name: evidence.success(g) for g in evidence.design.groups}
    return {name: table[:, -1] - table[:, 0] for name, table in success.items()}


def depth_says(evidence: Evidence) -> list[str]:
    """A sentence for each depth of the block."""
    by_depth = _by_depth(evidence)
    parts = [
        f"{_percent(d)} of M1 dopamine blocked: {_share(evidence, by_depth[d])}" for d in sorted(by_depth) if d > 0
    ]
    return [*parts, _ordered(evidence, by_depth)]


def time_says(evidence: Evidence) -> list[str]:
    """A sentence for each part of the trial in which M1 dopamine was blocked, and one for their difference."""
    tone, outcome = _at(evidence, AT_TONE), _at(evidence, AT_OUTCOME)
    words = {tone: "blocked from the tone to the grasp alone", outcome: "blocked from the grasp on alone"}
    parts = [f"M1 dopamine {words[name]}: {_share(evidence, name)}" for name in words]
    gains = gain(evidence)
    apart = gains[tone] - gains[outcome]
    return [*parts, f"The two differ by {_interval(apart)}, P = {paired_permutation(apart[~np.isnan(apart)]):.2g}."]


def adapting_says(evidence: Evidence) -> list[str]:
    """What each block leaves of adaptation within the day, and of what is there at the start of the next."""
    design = evidence.design
    moves = {g: move for g in design.groups if (move := aim.move_of(g, design.sessions, design.trials))}
    off = aim.error(evidence.trials, list(moves), design.sessions, design.trials, design.mice)
    if off is None:
        return ["The move set reaches off by less than they scatter."]
    said = []
    for group, move in moves.items():
        if group.role == "reference":
            continue
        day = 1 - off(group, move.moved.end())
        again = aim.Stretch(move.moved.session + 1, 1, design.trials).start()
        words = session_words(replace(group, perturbations=()), move.moved.session)
        what = words[:1].upper() + words[1:] or "Nothing blocked"
        said.append(
            f"{what}: mice make up for {_interval(day)} of the move by the end of the day, and begin the next, with nothing "
            f"blocked, at {_interval(1 - off(group, again))} (n = {int((~np.isnan(day)).sum())} mice)."
        )
    return said


def draw_depth(evidence: Evidence) -> Figure:
    """Gain in success against the share of M1 dopamine that was blocked; dashed, what it were if learning were lost in proportion."""
    by_depth = dict(sorted(_by_depth(evidence).items()))
    with plt.rc_context(STYLE):
        figure, axis = plt.subplots(figsize=(5.6, 4), layout="constrained")
        means = _gains(axis, evidence, {100 * depth: name for depth, name in by_depth.items()}, spread=4.0)
        axis.plot((0, 100), (means[0], means[-1]), "--", color="#888888", lw=1.2, zorder=0, label="in proportion")
        axis.set(xlabel="M1 dopamine blocked [%]", xticks=[100 * depth for depth in by_depth])
        axis.legend()
        return figure


def draw_time(evidence: Evidence) -> Figure:
    """Gain in success with M1 dopamine blocked at the tone or at the outcome alone, between control and the block of the whole trial."""
    by_depth = _by_depth(evidence)
    shown = {
        by_depth[0.0]: "nothing blocked", _at(evidence, AT_TONE): "tone to grasp", _at(evidence, AT_OUTCOME): "grasp on",
        by_depth[1.0]: "whole trial",
    }  # fmt: skip
    with plt.rc_context(STYLE):
        figure, axis = plt.subplots(figsize=(5.6, 4), layout="constrained")
        _gains(axis, evidence, dict(enumerate(shown)), spread=0.16)
        axis.set(xlabel="M1 dopamine blocked", xlim=(-0.5, len(shown) - 0.5))
        axis.set_xticks(range(len(shown)), shown.values())
        return figure


def _gains(axis: Axes, evidence: Evidence, groups: dict[float, str], spread: float) -> list[float]:
    """Gain in success of groups by where they stand: every mouse within ± spread, mean with its 95 % interval. Returns the means."""
    gains, hues, means = gain(evidence), colours(evidence.design), []
    for x, name in groups.items():
        values = gains[name][~np.isnan(gains[name])]
        mean = bootstrap_mean(values)
        apart = np.linspace(-spread, spread, len(values)) if len(values) > 1 else np.zeros(len(values))
        axis.plot(x + apart, values, "o", ms=4, color=hues[name], alpha=0.35, mew=0)
        axis.errorbar(
            x, mean.mean, [[mean.mean - mean.low], [mean.high - mean.mean]], fmt="o", ms=8, lw=2.5, color=hues[name]
        )
        means.append(mean.mean)
    axis.axhline(0, color="#888888", lw=0.8)
    axis.set_ylabel(f"gain in success, session 1 to {evidence.design.sessions}")
    return means


def draw_moved(evidence: Evidence) -> Figure:
    """Errors along the move by trial."""
    figure = figures_loop.moved(evidence.design, evidence.trials)
    if figure is None:
        raise UserError(
            "no world was moved in this run, or reaches were set off by less than they scatter: there is nothing to draw."
        )
    return figure


PREDICTIONS = (
    Prediction(
        "A block of part of the depth", "What if the drug reaches only some of the receptors: is learning lost in "
        "proportion, or only under a full block?", "partial-block", depth_says, draw_depth,
    ),
    Prediction(
        "A block at one time of the trial", "Is it dopamine at the tone or dopamine at the outcome that M1 learns "
        "from? An inhibitory opsin in the terminals could tell.", "partial-block", time_says, draw_time,
    ),
    Prediction(
        "M1 against striatal dopamine while adapting", "Experts meet a plate that is moved. Which dopamine do "
        "they need to follow it, and which to know it on the next day?", "adapting-block", adapting_says, draw_moved,
    ),
)  # fmt: skip


def page(runs: dict[str, tuple[Run, Evidence]], images: Path) -> str:
    """The page, figures written into `images`; runs: design → run and its evidence."""
    lines = [
        "# Predictions", "",
        "What the model says that, to our knowledge, nobody has measured yet. Written by `reachenv predictions` from finished runs; "
        "do not edit. Simulated animals; means over mice, 95 % bootstrap intervals in brackets.", "",
    ]  # fmt: skip
    for number, p in enumerate(PREDICTIONS, 1):
        lines += [f"## {number}. {p.title}", "", p.question, ""]
        if p.design not in runs:
            lines += [f"Not run yet: `reachenv train --design {p.design}`.", ""]
            continue
        run, evidence = runs[p.design]
        drawn = f"prediction_{p.figure.__name__.removeprefix('draw_')}.png"
        _save(p.figure(evidence), images / drawn)
        lines += [f"![{p.title}]({images.name}/{drawn})", ""]
        lines += [f"- {sentence}" for sentence in p.says(evidence)]
        size = f"cohort seed {evidence.design.seed}, {evidence.design.mice} mice a group"
        if evidence.design.mice < FEWEST_MICE:
            lines += [
                "",
                f"{FEWEST_MICE} mice a group are the fewest that anything can rest on: this only shows that the page is made.",
            ]
        lines += ["", f"`{without_machine(run.config()['command'])}` ({size})", ""]
    return "\n".join(lines)


def _by_depth(evidence: Evidence) -> dict[float, str]:
    """Group by the share of M1 dopamine that was blocked, the whole trial long."""
    factors = {g.name: [m1_factor(i) for i in g.interventions] for g in evidence.design.groups if g.role == "treated"}
    found = {name: of[0] for name, of in factors.items() if len(of) == 1 and of[0] is not None}
    return {0.0: _control(evidence)} | {taken(factor): name for name, factor in found.items()}


def _at(evidence: Evidence, seconds: tuple[float, float]) -> str:
    """The group with M1 dopamine blocked in this part of every trial."""
    for group in evidence.design.groups:
        if any(is_dopamine_block(i) and i.when.seconds == seconds for i in group.interventions):
            return group.name
    raise UserError(f"no group has dopamine blocked from {seconds[0]:g} to {seconds[1]:g} s of the trial alone.")


def _control(evidence: Evidence) -> str:
    control = evidence.control()
    if control is None:
        raise UserError("predictions are read against a control group; there is none in this run.")
    return control.name


def _share(evidence: Evidence, name: str) -> str:
    """What a group gained as a share of what its untouched twins did, in words."""
    gains = gain(evidence)
    ours, control = gains[name], gains[_control(evidence)]
    have = both(ours, control)
    n = int(have.sum())
    if n < 2 or control[have].mean() <= 0:
        return f"{_interval(ours)} gained; control gained nothing to compare it with (n = {n} pairs of twins)."
    share, (low, high) = ratio_of_means(ours[have], control[have])
    return f"{share:.2f} [{low:.2f}, {high:.2f}] of what control gains (n = {n} pairs of twins)."


def _ordered(evidence: Evidence, by_depth: dict[float, str]) -> str:
    """Whether gain falls in proportion: the slope of gain on depth, mouse by mouse."""
    gains, depths = gain(evidence), sorted(by_depth)
    table = np.array([gains[by_depth[d]] for d in depths])
    table = table[:, ~np.isnan(table).any(0)]
    if table.shape[1] < 2:
        return "Too few mice for a slope."
    line = np.polyfit(depths, table, 1)
    bent = table.mean(1) - np.polyval(line.mean(1), depths)
    worst = depths[int(np.abs(bent).argmax())]
    return (
        f"The gain falls by {_interval(-line[0])} from no block to a full one; the mean at {_percent(worst)} lies "
        f"{bent[np.abs(bent).argmax()]:+.2f} off a straight line."
    )


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"


def _interval(values: np.ndarray) -> str:
    found = bootstrap_mean(values[~np.isnan(values)])
    ends = f"[{found.low:.2f}, {found.high:.2f}]" if np.isfinite(found.low) else "[too few mice for an interval]"
    return f"{found.mean:.2f} {ends}"


def _save(figure: Figure, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, lambda part: figure.savefig(part, format="png", dpi=DPI))
    plt.close(figure)


def write(paths: Sequence[Path], out: Path) -> None:
    """Write the page from finished runs, its figures beside it; UserError for a run that it cannot be read from."""
    known = {p.design for p in PREDICTIONS}
    runs: dict[str, tuple[Run, Evidence]] = {}
    for path in paths:
        run = open_run(path)
        evidence = evidence_of(run)
        name = evidence.design.name
        if name not in known:
            raise UserError(
                f"{path} is of the design {name!r}; predictions are read from {' and '.join(sorted(known))}."
            )
        if not run.finished():
            raise UserError(f"{path} is not finished; go on with reachenv train --resume {path}")
        if name in runs:
            raise UserError(f"{path} and {runs[name][0].path} are both of the design {name!r}; give one of each.")
        runs[name] = run, evidence
    text = page(runs, out.parent / "images")
    write_whole(out, lambda part: part.write_text(text, encoding="utf-8"))
