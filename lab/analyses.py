"""Every analysis of the imaged population, one line each, in the order in which they run."""

from __future__ import annotations

from lab.analysis import Analysis
from lab.errors import UserError
from lab.network import activity, configuration, kinetics

ANALYSES = (
    Analysis("activity", "average activity and average correlation", activity.analyse),
    Analysis("kinetics", "does activity run as in a beginner or as in an expert", kinetics.analyse),
    Analysis("configuration", "the configuration of correlations and its way to expert", configuration.analyse),
)


def chosen(names: list[str] | None) -> tuple[Analysis, ...]:
    """The analyses of these names; all where none is named."""
    known = {a.name: a for a in ANALYSES}
    for name in names or ():
        if name not in known:
            raise UserError(f"there is no analysis {name!r}; there is {', '.join(known)}.")
    return tuple(a for a in ANALYSES if not names or a.name in names)
