"""L6: motor babbling. From what the making of the novice told of itself, as the run's config.json keeps it."""

from __future__ import annotations

from lab.findings.verdict import Evidence, Judged, missing


def babbling(evidence: Evidence) -> Judged:
    """L6: a blank mouse's reaches scatter widely and narrow with experience before reward learning refines them."""
    return missing(
        "the misses of several blank mice by the number of their babbles; the novice keeps one brain's alone"
    )
