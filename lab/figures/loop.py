"""Figures of the loop by itself, from what `lab.probes.dynamics` probed, and of the designs that try it, from their files."""

from __future__ import annotations

from reachenv.lab.figures.style import GROUP_COLOURS, STYLE, colours  # first: it chooses how matplotlib draws

# isort: split
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure

from reachenv.agents.brain.cortex import PHASES
from reachenv.agents.brain.params import GangliaParams
from reachenv.lab.analysis import adaptation as aim
from reachenv.lab.design.design import Design
from reachenv.lab.design.perturbations import change_at
from reachenv.lab.findings.loop import THRESHOLD as ANALYTIC  # cortico-striatal gain above which opponents part

SHOWN = (-0.3, 1.5)  # s around the tone
NAMES = {
    "striatum_d1": "striatum, D1", "striatum_d2": "striatum, D2", "stn": "STN", "gpe": "GPe", "gpi": "GPi", "thalamus": "thalamus",
}  # fmt: skip
GAIN = GangliaParams().corticostriatal_gain
CHANNELS = ("go", "x", "y", "z", "tempo", "pronation", "grip")
BLUE, ORANGE, GREEN, GREY = GROUP_COLOURS[0], GROUP_COLOURS[1], GROUP_COLOURS[2], "#888888"


def trial(course) -> Figure:
    """One trial of one mouse through all nuclei: layer 2-3 as a raster, every nucleus by channel, the command."""
    shown = (course.time >= SHOWN[0]) & (course.time <= SHOWN[1])
    time = course.time[shown]
    with plt.rc_context(STYLE):
        figure, axes = plt.subplots(5, 2, figsize=(11, 10), layout="constrained", sharex=True)
        rates = course.traces["m1_l23"][shown].T
        order = np.argsort(rates.argmax(1), kind="stable")
        scaled = rates[order] / np.maximum(rates[order].max(1, keepdims=True), 1e-9)
        axes[0, 0].imshow(
            scaled, aspect="auto", cmap="magma", extent=(time[0], time[-1], len(order), 0), interpolation="nearest"
        )
        axes[0, 0].set(title="M1 layer 2-3, by time of peak", ylabel="cell")
        axes[0, 1].plot(time, course.traces["command"][shown], lw=1.4)
        axes[0, 1].set(title="command", ylabel="−1 to 1", ylim=(-1.1, 1.6), yticks=(-1, 0, 1))
        axes[0, 1].legend(("x", "y", "z", "pronation", "grip"), ncols=5, fontsize=7, loc="upper right")
        for axis, (name, title) in zip(axes[1:4].flat, NAMES.items(), strict=True):
            channels = course.traces[name][shown].reshape(len(time), -1, 2)
            axis.plot(time, channels[:, 0, 0], color=ORANGE, lw=1.8)
            axis.plot(time, channels[:, 0, 1], color=ORANGE, lw=1.2, ls=":")
            axis.plot(time, channels[:, 1:4, 0], color=BLUE, lw=1.1)
            axis.plot(time, channels[:, 1:4, 1], color=BLUE, lw=0.9, ls=":")
            axis.set(title=title, ylabel="rate", ylim=(0, None))
        axes[1, 0].text(0.99, 0.95, "orange: go; blue: x, y, z\n– more, ··· less", transform=axes[1, 0].transAxes,
                        ha="right", va="top", fontsize=8, color=GREY)  # fmt: skip
        axes[4, 0].plot(time, course.traces["dopamine_m1"][shown], color=GREEN, lw=1.6)
        axes[4, 0].set(title="dopamine", ylabel="arriving in M1", ylim=(0, None))
        axes[4, 1].plot(time, course.traces["value"][shown], color=GREEN, lw=1.6)
        axes[4, 1].set(title="expected reward")
        for axis in axes.flat:
            axis.axvline(0, color=GREY, lw=0.8)
        for axis in axes[-1]:
            axis.set_xlabel("time from the tone [s]")
        return figure


def regimes(found) -> Figure:
    """The published circuit by cortico-striatal gain, against the analytic threshold."""
    panels = (
        ("rhythm", "rhythm under equal input", "s.d. / mean"),
        ("selectivity", "selection, inputs .101 and .099", "(a − b) / (a + b)"),
        ("kept", "activity once the input is gone", "rate"),
        ("growth", "growth of asymmetry", "1/s"),
    )
    with plt.rc_context(STYLE):
        figure, axes = plt.subplots(1, 4, figsize=(13, 3.4), layout="constrained")
        for axis, (name, title, unit) in zip(axes, panels, strict=True):
            axis.plot(found.gains, getattr(found, name), "o-", color=BLUE, lw=2, ms=5)
            axis.axvline(ANALYTIC, color=ORANGE, lw=1.4, ls="--")
            axis.set(title=title, ylabel=unit, xlabel="cortico-striatal gain")
        axes[3].axhline(0, color=GREY, lw=0.8)
        axes[3].text(0.98, 0.04, f"parts at {found.threshold:.3f}\nanalytic {ANALYTIC}", transform=axes[3].transAxes,
                     ha="right", fontsize=8, color=ORANGE)  # fmt: skip
        return figure


def own_regimes(found) -> Figure:
    """The mouse's circuit by cortico-striatal gain: as it runs, and with its delays as they are written."""
    with plt.rc_context(STYLE):
        figure, axes = plt.subplots(1, 2, figsize=(8.6, 3.4), layout="constrained")
        axes[0].plot(found.gains, found.rhythm, "o-", color=BLUE, lw=2, ms=5, label="as the mouse runs, steps of 5 ms")
        axes[0].plot(
            found.gains, found.rhythm_written, "o-", color=GREY, lw=1.4, ms=4, label="delays as written, steps of 1 ms"
        )
        axes[0].set(title="rhythm in a planned movement", ylabel="s.d. / mean", ylim=(-0.05, 1.35))
        axes[0].legend(fontsize=8, loc="upper right")
        axes[1].plot(found.gains, found.selectivity, "o-", color=BLUE, lw=2, ms=5)
        axes[1].set(title="selection, inputs .121 and .119", ylabel="(a − b) / (a + b)", ylim=(0, 1))
        for axis in axes:
            axis.axvline(GAIN, color=ORANGE, lw=1.4, ls="--")
            axis.set_xlabel("cortico-striatal gain")
        axes[1].text(GAIN + 0.02, 0.94, "the mouse's", fontsize=8, color=ORANGE)
        return figure


def attractors(m1, free: dict[str, np.ndarray], time: np.ndarray) -> Figure:
    """Where M1 ends from random mixtures while its traces are held, and where it goes once they are free. free: name → (steps, phases)."""
    with plt.rc_context(STYLE):
        figure, axes = plt.subplots(2, 2, figsize=(10.5, 7.6), layout="constrained")
        shares = [np.bincount(w, minlength=m1.end.shape[2]) / len(w) for w in m1.end.argmax(-1)]
        axes[0, 0].imshow(np.array(shares), aspect="auto", cmap="Blues", vmin=0, interpolation="nearest",
                          extent=(-0.5, len(PHASES) - 0.5, len(shares) + 0.5, 0.5))  # fmt: skip
        axes[0, 0].set(title="traces held: share of starts by end state", ylabel="mouse")
        axes[0, 0].set_xticks(np.arange(len(PHASES)), PHASES, rotation=60, fontsize=8)
        for which, colour, width in (("start", GREY, 1.4), ("end", BLUE, 2.4)):
            axes[0, 1].hist(getattr(m1, which).max(-1).ravel(), bins=np.linspace(0, 1.2, 25), color=colour,
                            label=f"at the {which}", histtype="step", lw=width)  # fmt: skip
        axes[0, 1].set(title="traces held: largest overlap with a phase", xlabel="overlap", ylabel="starts")
        axes[0, 1].legend(fontsize=8, title=f"{m1.states().mean():.1f} stable states a mouse", title_fontsize=8)
        hues = plt.get_cmap("tab10")(np.arange(len(PHASES)))
        for axis, (name, share) in zip(axes[1], free.items(), strict=True):
            axis.stackplot(time, share.T, colors=hues, labels=PHASES, lw=0)
            axis.axvline(0, color="black", lw=1)
            axis.set(title=f"traces free, {name}", xlabel="time from the tone [s]", ylabel="share of starts",
                     ylim=(0, 1), xlim=(time[0], time[-1]))  # fmt: skip
        axes[1, -1].legend(fontsize=8, loc="center left", bbox_to_anchor=(1, 0.5), reverse=True)
        return figure


def plan(plans: dict[str, np.ndarray], time: np.ndarray, cue: float) -> Figure:
    """Activity of the plan around a short cue: every mouse faint, the mean in full. plans: name → (steps, mice)."""
    with plt.rc_context(STYLE):
        figure, axis = plt.subplots(figsize=(7.2, 4.2), layout="constrained")
        axis.axvspan(0, cue, color="#F0E442", alpha=0.5, lw=0)
        for colour, (name, activity) in zip((BLUE, ORANGE, GREY), plans.items(), strict=True):
            axis.plot(time, activity, color=colour, lw=0.6, alpha=0.25)
            axis.plot(time, activity.mean(1), color=colour, lw=2.4, label=name)
        axis.set(xlabel=f"time from a tone of {1000 * cue:.0f} ms [s]", ylabel="share of aimed phases in layer 2-3", xlim=(-0.2, 1.6),
                 title="The plan after the cue, without any other sense")  # fmt: skip
        axis.legend()
        return figure


def moved(design: Design, trials) -> Figure | None:
    """Errors along the move by trial, for every group whose world was moved; None where none was."""
    groups = [g for g in design.groups if aim.move_of(g, design.sessions, design.trials)]
    off = aim.error(trials, groups, design.sessions, design.trials, design.mice) if groups else None
    if off is None:
        return None
    moves = [aim.move_of(g, design.sessions, design.trials) for g in groups]
    shown = {m.before.session for m in moves} | {m.after.session for m in moves if m.after}
    shown |= {s for g in groups for c in g.perturbations for s in range(1, design.sessions + 1) if c.when.holds(s)}
    sessions = sorted(shown)
    width = aim.FIRST
    with plt.rc_context(STYLE):
        figure, axes = plt.subplots(
            1,
            len(sessions),
            figsize=(max(7.0, 4.2 * len(sessions)), 3.8),
            layout="constrained",
            sharey=True,
            squeeze=False,
        )
        for axis, session in zip(axes[0], sessions, strict=True):
            starts = range(1, design.trials + 1, width)
            for group in groups:
                bins = [off(group, aim.Stretch(session, t, min(t + width - 1, design.trials))) for t in starts]
                middle = [t + (width - 1) / 2 for t in starts]
                with np.errstate(invalid="ignore"):
                    axis.plot(middle, [np.nanmean(b) if not np.isnan(b).all() else np.nan for b in bins], "o-", ms=3, lw=1.6,
                              color=colours(design)[group.name], label=group.name)  # fmt: skip
            for t in range(1, design.trials + 1):
                if change_at(groups[0].perturbations, session, t):
                    axis.axvspan(t - 0.5, t + 0.5, color="black", alpha=0.06, lw=0)
            axis.axhline(0, color=GREY, lw=0.8)
            axis.set(title=f"session {session}", xlabel="trial")
        axes[0, 0].set_ylabel("error along the move (1: none made up for)")
        axes[0, -1].legend(fontsize=8)
        return figure


CAPTIONS = {
    "moved": "How mice follow a moved world: errors of their reaches along the move, means over mice of five trials each. 1: they "
    "end where they always did; 0: on the pellet; below 0 they err the other way. Grey: trials in which the world was moved.",
}


def drawings(design: Design, trials) -> dict:
    """The figures that a run of these designs has: name → a function that draws it."""
    figure = moved(design, trials)
    return {"moved": lambda: figure} if figure is not None else {}
