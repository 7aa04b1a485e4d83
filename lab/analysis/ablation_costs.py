"""What each ablation costs: success and learning of mice that lack one mechanism, against their twins that have it."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from reachenv.lab.analysis.behaviour import by_session
from reachenv.lab.analysis.stats import Interval, bootstrap_mean, paired_permutation
from reachenv.lab.design import protocols
from reachenv.lab.design.design import Design


@dataclass(frozen=True)
class Cost:
    """A group without one mechanism.

    first, last: success in the first and last session. gain: last − first. against: gain minus that of control's twins,
    over pairs, with P by sign flip; kept: gain as a share of control's, None where control did not gain.
    """

    group: str
    about: str
    first: Interval
    last: Interval
    gain: Interval
    against: Interval | None
    p: float | None
    kept: float | None


def costs(design: Design, trials: pd.DataFrame) -> list[Cost]:
    """A row for control and one for each ablated group; none where no group lacks anything."""
    success = by_session(trials, "success")
    ablated = [g for g in design.groups if g.variant in protocols.ABLATIONS and g.name in success]
    control = design.control()
    if not ablated or control is None or control.name not in success:
        return []
    gains = {name: table[:, -1] - table[:, 0] for name, table in success.items()}
    usual = bootstrap_mean(gains[control.name])
    rows = []
    for group in (control, *ablated):
        table, gain = success[group.name], bootstrap_mean(gains[group.name])
        apart = gains[group.name] - gains[control.name]
        rows.append(
            Cost(
                group.name,
                _about(group.variant),
                bootstrap_mean(table[:, 0]),
                bootstrap_mean(table[:, -1]),
                gain,
                None if group is control else bootstrap_mean(apart),
                None if group is control else paired_permutation(apart),
                gain.mean / usual.mean if group is not control and usual.mean > 0 else None,
            )
        )
    return rows


def table(rows: Sequence[Cost]) -> str:
    """The rows in Markdown; intervals are 95 % bootstrap intervals over mice, P is of a sign flip over pairs of twins."""
    lines = [
        "| brains in which | n | first session | last session | gain | gain against control | P | share kept |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for row in rows:
        against = "–" if row.against is None else _interval(row.against)
        p = "–" if row.p is None else f"{row.p:.3g}"
        kept = "–" if row.kept is None else f"{100 * row.kept:.0f} %"
        cells = (
            f"{row.about} (`{row.group}`)",
            row.gain.n,
            f"{row.first.mean:.2f}",
            f"{row.last.mean:.2f}",
            _interval(row.gain),
        )
        lines.append("| " + " | ".join(map(str, (*cells, against, p, kept))) + " |")
    return "\n".join(lines)


def _about(variant: str) -> str:
    """What brains of this kind lack, from the brain's own registry; the kind's name where it is not there."""
    if not variant:
        return "nothing is missing"
    from reachenv.agents.brain.variants import ABLATIONS  # only where a run has ablated mice

    doc = inspect.getdoc(ABLATIONS[variant]) if variant in ABLATIONS else None
    return doc[0].lower() + doc.splitlines()[0][1:].rstrip(".") if doc else variant


def _interval(value: Interval) -> str:
    return f"{value.mean:+.2f} [{value.low:+.2f}, {value.high:+.2f}]"
