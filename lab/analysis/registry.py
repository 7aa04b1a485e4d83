"""Every analysis of the imaged population, one line each, in the order in which they run."""

from __future__ import annotations

from collections.abc import Sequence

from reachenv.lab.analysis.network import activity, configuration, kinetics
from reachenv.lab.analysis.outcome import decoder, glm, indicative, separation
from reachenv.lab.analysis.results import Analysis
from reachenv.lab.errors import unknown

ANALYSES = (
    Analysis("activity", "average activity and average correlation", activity.analyse),
    Analysis("kinetics", "does activity run as in a beginner or as in an expert", kinetics.analyse),
    Analysis("configuration", "the configuration of correlations and its way to expert", configuration.analyse),
    Analysis("separation", "how far apart success and failure lie", separation.analyse),
    Analysis("decoder", "can the outcome be read from the population", decoder.analyse),
    Analysis("indicative", "can it be read from single neurons", indicative.analyse),
    Analysis("encoding", "what each event of a trial adds to a neuron's activity", glm.analyse),
)


def chosen(names: Sequence[str] | None) -> tuple[Analysis, ...]:
    """The analyses of these names; all where none is named."""
    known = {a.name: a for a in ANALYSES}
    for name in names or ():
        if name not in known:
            raise unknown("the analysis", name, known)
    return tuple(a for a in ANALYSES if not names or a.name in names)
