"""N7, N8, Ghanayim et al. 2025: the tone gives way to the outcome, and neurons indicative of it emerge, in need of dopamine.

From what `lab.commands.analyse` left: one number per mouse and session. Under the block means: of twins blocked in sessions 2–4,
from session 1 to 4, against control; from session 5 on they learn.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from reachenv.lab.analysis.results import Result
from reachenv.lab.analysis.stats import bootstrap_mean
from reachenv.lab.findings.network import BLOCK, EXPERT, Reading, by_mouse, held, twins
from reachenv.lab.findings.one_sided import one_sided
from reachenv.lab.findings.verdict import FAILED, REPRODUCED, Evidence, Judged, all_of, missing

# Ours, where the table gives none. P as N3 has it. "Not under block": as N4 has it, under half of controls' change, and
# twins differ (lab.findings.network.held). A minority is under one half.
P_CHANGE = 0.01
MINORITY = 0.5
RULE = {"level": 0.01, "windows": 2}  # of the published rules, the one under which shuffled labels give hardly any cell
COLUMNS = slice(0, EXPERT, BLOCK[1] - 1)  # sessions 1, 4 and 7
FIRST, UNDER, LAST = range(3)  # where they lie in the tables below
SPAN = (FIRST + 1, UNDER + 1)


def tone_to_outcome(evidence: Evidence) -> Judged:
    """N7: what the tone adds to the event model falls from session 1 to 7, what success adds rises; under the block neither.

    Success explains the more variance the more even successes and failures are, so a mouse that only succeeds more often
    would show a rise in all of its trials. It must also be there with equal numbers of both in all sessions.
    """
    parts = []
    for event, sign, way in (("tone", -1, "fall"), ("success", +1, "rise")):
        for trials, which in (("all", ""), ("balanced", ", equal numbers")):
            said = f"contribution of {event}{which}"
            found = twins(evidence, contribution(event, trials), COLUMNS, f"{said}, session 7 − session 1")
            if isinstance(found, Judged):
                return found
            control, blocked = found
            note = _with(evidence, event) if trials == "all" else ""
            parts.append(_changes(control, sign, f"{said}, session 7 − session 1, control", note))
            parts.append(held(sign * control, sign * blocked, f"{way} of {said}, session 1 to 4", SPAN))
    return all_of(parts)


def indicative_neurons(evidence: Evidence) -> Judged:
    """N8: the fraction of indicative neurons above that of shuffled labels grows from session 1 to 7, not under the block.

    A cell is the easier to find the more even successes and failures are, so a mouse that only succeeds more often would
    show growth in all of its trials. It must also be there with equal numbers of both in all sessions.
    """
    parts = []
    for trials, which in (("all", ""), ("balanced", ", equal numbers")):
        said = f"indicative neurons above shuffled{which}"
        found = twins(evidence, excess(trials), COLUMNS, f"{said}, session 7 − session 1")
        if isinstance(found, Judged):
            return found
        control, blocked = found
        parts.append(_changes(control, +1, f"{said}, session 7 − session 1, control"))
        parts.append(held(control, blocked, f"growth of {said}, session 1 to 4", SPAN))
    return all_of([*parts, _minority(evidence)])


def contribution(event: str, trials: str = "all") -> Reading:
    """Drop in cross-validated R² without an event, mean over neurons, as (mice, sessions)."""

    def pick(result: Result) -> pd.Series:
        table = result["sessions"]
        return table[(table.event == event) & (table.trials == trials)].set_index("session")["contribution"]

    return lambda evidence, group: by_mouse(evidence, "encoding", group, pick)


def fraction(trials: str, column: str, rule: dict = RULE) -> Reading:
    """Fraction of neurons that are indicative (column `fraction`) or of shuffled labels (`shuffled`), as (mice, sessions)."""

    def pick(result: Result) -> pd.Series:
        table = result["sessions"]
        rows = (table.trials == trials) & np.isclose(table.level, rule["level"]) & (table.windows == rule["windows"])
        return table[rows].set_index("session")[column]

    return lambda evidence, group: by_mouse(evidence, "indicative", group, pick)


def excess(trials: str) -> Reading:
    """The fraction above that of shuffled labels, as (mice, sessions)."""
    return lambda evidence, group: (
        fraction(trials, "fraction")(evidence, group) - fraction(trials, "shuffled")(evidence, group)
    )


def _changes(table: np.ndarray, sign: int, measure: str, note: str = "") -> Judged:
    """Whether what mice (mice, 3) have changes from session 1 to 7 to one side: sign flip over mice."""
    change = table[:, LAST] - table[:, FIRST]
    levels = f"{table[:, FIRST].mean():.3g} in session 1, {table[:, LAST].mean():.3g} in session 7"
    return one_sided(change, sign, measure, P_CHANGE, note="; ".join(filter(None, (levels, note))))


def _minority(evidence: Evidence) -> Judged:
    """Whether under half of control's neurons are indicative in session 7, to the end of the interval over mice."""
    control = evidence.control()
    if control is None:
        return missing("an untreated control group")
    share = bootstrap_mean(fraction("all", "fraction")(evidence, control)[:, EXPERT - 1])
    verdict = REPRODUCED if share.high < MINORITY else FAILED
    return Judged(
        verdict, "fraction of indicative neurons in session 7, control", share.mean, (share.low, share.high), n=share.n
    )


def _with(evidence: Evidence, event: str) -> str:
    """Which events could not be told from this one, in words."""
    pooled = set()
    for group in filter(None, (evidence.control(), evidence.m1_blocked())):
        for result in evidence.results("encoding", group).values():
            table = result["sessions"]
            pooled |= {name for names in table[table.event == event].together for name in names.split("+")}
    others = sorted(pooled - {event})
    return f"{event} and {', '.join(others)} cannot be told apart and are left out together" if others else ""
