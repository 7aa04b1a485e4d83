"""How much memory this process holds."""

from __future__ import annotations

import resource
import sys
from pathlib import Path

STATUS = Path("/proc/self/status")


def memory_mb() -> dict[str, float]:
    """Resident memory now and at its most [MB of 10⁶ bytes]; NaN now where the system does not tell (macOS).

    On Linux not getrusage's ru_maxrss: a process inherits the peak of the one that started it.
    """
    if STATUS.exists():
        entries = dict(line.split(":", 1) for line in STATUS.read_text().splitlines())
        return {name: int(entries[key].split()[0]) * 1024 / 1e6 for name, key in (("rss", "VmRSS"), ("peak", "VmHWM"))}
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    return {"rss": float("nan"), "peak": peak / 1e6}
