"""What a judgement is made of: the evidence of a run, the verdicts there are, and when there is too little to judge."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from reachenv.agents.interventions import Intervention, When, dopamine_at
from reachenv.lab.analysis.behaviour import by_session
from reachenv.lab.analysis.equivalence import ALPHA, Equivalence
from reachenv.lab.analysis.results import Result, read_result
from reachenv.lab.design.design import Design, Subject
from reachenv.lab.design.group import Group, blocked_sessions
from reachenv.lab.records.folder import Run
from reachenv.lab.records.provenance import of_brain
from reachenv.lab.records.recording import USUAL, read_recording, read_trials, recorded_areas
from reachenv.schema import FEWEST_MICE

REPRODUCED, FAILED, UNDECIDED = "reproduced", "not reproduced", "not enough data"

# Sessions shorter than this are not tested: the sampling error of 20 trials (s.d. 0.11 at a success of one half) is about as
# large as the differences between mice; that of fewer hides them.
FEWEST_TRIALS = 20
# What n counts where a finding is judged from a probe of the model that a run cites, not from the run's own mice.
PROBED = "novices of a probe"


@dataclass(frozen=True)
class Judged:
    """What the data say about one finding.

    measure: what `statistic` is, with unit. interval: of the statistic, NaN where there is none. unit: what n counts.
    parts: where several things must hold at once, each of them; the whole then shows the weakest.
    """

    verdict: str
    measure: str = ""
    statistic: float = np.nan
    interval: tuple[float, float] = (np.nan, np.nan)
    p: float = np.nan
    n: int = 0
    unit: str = "mice"
    note: str = ""
    parts: tuple[Judged, ...] = ()


@dataclass(frozen=True)
class Evidence:
    """What a run left: its design, one row a trial, and a reader of recordings (None where nothing was recorded).

    tape(group name, mouse, session, names of arrays) → the arrays. babbling: what blank mice did, see `lab.probes.babbling`.
    result(analysis, group name, mouse) → what `lab.commands.analyse` found, None where it has not been there.
    dynamics: what a probe of the loop by itself found, see `lab.probes.dynamics`. areas: of the brain, that were recorded.
    """

    design: Design
    trials: pd.DataFrame
    tape: Callable[[str, int, int, Sequence[str]], dict[str, np.ndarray]] | None = None
    babbling: dict | None = None
    result: Callable[[str, str, int], Result | None] = lambda analysis, group, mouse: None
    dynamics: dict | None = None
    areas: frozenset[str] = frozenset(USUAL)

    def recorded(self, *areas: str) -> bool:
        """Whether there are recordings, and these areas of the brain are in them."""
        return self.tape is not None and self.areas.issuperset(areas)

    def results(self, analysis: str, group: Group) -> dict[int, Result]:
        """What an analysis found of a group: mouse → tables and arrays by name, for the mice that were analysed."""
        found = {mouse: self.result(analysis, group.name, mouse) for mouse in range(1, self.design.mice + 1)}
        return {mouse: result for mouse, result in found.items() if result is not None}

    def success(self, group: Group) -> np.ndarray:
        """Success of a group, (mice, sessions), NaN where a session is not done."""
        table = np.full((self.design.mice, self.design.sessions), np.nan)
        found = by_session(self.trials, "success").get(group.name, table[:0, :0])
        table[: found.shape[0], : found.shape[1]] = found
        return table

    def control(self) -> Group | None:
        """The group without any intervention."""
        return self.design.control()

    def m1_blocked(self) -> Group | None:
        """The first group of control's twins whose only interventions block all M1 dopamine, in whole sessions."""
        control = self.control()
        fits = (g for g in self.design.groups if _m1_alone(g) and control and g.litter == control.litter)
        return next(fits, None)

    def blocked_between(self, first: int, last: int) -> Group | None:
        """The M1-blocked group, if exactly these sessions are blocked in it."""
        group = self.m1_blocked()
        sessions = blocked_sessions(group, self.design.sessions) if group else []
        return group if sessions == list(range(first, last + 1)) else None


def evidence_of(run: Run) -> Evidence:
    """The evidence in a run's files."""
    design = run.design()
    groups = {g.name: g for g in design.groups}

    def tape(group: str, mouse: int, session: int, names: Sequence[str]) -> dict[str, np.ndarray]:
        return read_recording(run, Subject(groups[group], mouse), session, names)

    def result(analysis: str, group: str, mouse: int) -> Result | None:
        return read_result(run, analysis, Subject(groups[group], mouse))

    config = run.config()
    recorded = tape if run.recorded() else None
    babbling, dynamics = (_of_this_brain(config.get(name), config) for name in ("babbling", "dynamics"))
    areas = frozenset(recorded_areas(run))
    return Evidence(design, read_trials(run), recorded, babbling, result, dynamics, areas)


def _of_this_brain(probe: dict | None, config: dict) -> dict | None:
    """A probe that a run cites, where it is of the brain that the run used; runs of before brains described themselves knew one brain."""
    if "brain" in config:
        return of_brain(probe, config["brain"])
    return probe if config["design"].get("agent", "bg_loop") == "bg_loop" else None


def missing(need: str) -> Judged:
    """This run cannot say: `need` is what a run needs that can."""
    return Judged(UNDECIDED, note=f"needs {need}; not in this run")


def not_analysed() -> Judged:
    """The analyses of the imaged population have not been done on this run."""
    return Judged(UNDECIDED, note="needs the analyses of the imaged population: reachenv analyse RUN")


def too_few(evidence: Evidence, n: int, **known: Any) -> Judged | None:
    """Not enough data, where fewer than FEWEST_MICE mice or FEWEST_TRIALS trials are there; else None."""
    if n < FEWEST_MICE:
        return Judged(UNDECIDED, n=n, **known, note=f"{n} a group; {FEWEST_MICE} are the fewest that can be judged")
    if evidence.design.trials < FEWEST_TRIALS:
        note = f"{evidence.design.trials} trials a session; {FEWEST_TRIALS} are the fewest that can be judged"
        return Judged(UNDECIDED, n=n, **known, note=note)
    return None


def judge_equivalence(
    evidence: Evidence, e: Equivalence, measure: str, also: bool = True, note: str = "", unit: str = "pairs of twins"
) -> Judged:
    """Reproduced where the two one-sided tests say so and `also` holds.

    Too wide an interval could not have said yes and is not held against the finding, unless it lies outside altogether.
    unit: what n counts.
    """
    known: dict[str, Any] = {
        "measure": measure,
        "statistic": e.difference,
        "interval": (e.low, e.high),
        "p": e.p,
        "unit": unit,
    }
    if (short := too_few(evidence, e.n, **known)) is not None:
        return short
    known["n"] = e.n
    if e.p < ALPHA and also:
        return Judged(REPRODUCED, **known, note=note)
    if also and e.too_wide():
        more = f"the 90 % interval is wider than ±{e.margin:g}: about {e.mice_needed()} {unit} would be needed"
        return Judged(UNDECIDED, **known, note="; ".join(filter(None, (note, more))))
    return Judged(FAILED, **known, note=note)


def all_of(parts: Sequence[Judged], note: str = "") -> Judged:
    """One verdict on things that must hold together: that of the weakest, whose numbers are shown."""
    worst = min(parts, key=lambda part: (FAILED, UNDECIDED, REPRODUCED).index(part.verdict))
    return replace(worst, parts=tuple(parts), note="; ".join(filter(None, (note, worst.note))))


def both(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """(n,) which mice have a value in both columns."""
    return ~np.isnan(a) & ~np.isnan(b)


def m1_factor(i: Intervention) -> float | None:
    """The factor of M1 dopamine, where an intervention scales that alone, in whole sessions; else None."""
    if i.effect.kind != "scale" or dopamine_at(i) != ("m1",) or i.when != When(i.when.sessions):
        return None
    return i.effect.factor


def _m1_alone(group: Group) -> bool:
    """Whether M1 dopamine is all that is taken from a group, and all of it."""
    alone = bool(group.interventions) and replace(group, interventions=()).untouched()
    return alone and all(m1_factor(i) == 0 for i in group.interventions)
