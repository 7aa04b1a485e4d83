"""What is done to a mouse's dopamine: where, in which sessions, how strongly. Data only."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

TARGETS = ("m1", "striatum", "both")
_FORM = re.compile(r"^(?P<target>[a-z0-9]+):(?P<first>\d+)(-(?P<last>\d+))?(@(?P<depth>[0-9.]+))?$")


@dataclass(frozen=True)
class Block:
    """Dopamine kept from arriving at a target.

    target: "m1", "striatum" or "both". sessions: first and last, from 1, both included. depth: share kept out, in (0, 1].
    """

    target: str
    sessions: tuple[int, int]
    depth: float = 1.0

    def __post_init__(self):
        first, last = self.sessions
        if self.target not in TARGETS:
            raise ValueError(f"block target {self.target!r} is none of {', '.join(TARGETS)}")
        if not 1 <= first <= last:
            raise ValueError(f"block sessions {first}-{last}: sessions count from 1 and the last is not before the first")
        if not 0 < self.depth <= 1:
            raise ValueError(f"block depth {self.depth:g} is outside (0, 1]")

    def __str__(self) -> str:
        first, last = self.sessions
        span = f"{first}" if first == last else f"{first}-{last}"
        return f"{self.target}:{span}" + ("" if self.depth == 1 else f"@{self.depth:g}")


def parse(text: str) -> Block:
    """Read "m1:2-4", "both:3" or "striatum:1-7@0.5"; ValueError says what is allowed."""
    found = _FORM.match(text.strip().lower())
    if not found:
        raise ValueError(f"block {text!r} does not read as TARGET:FIRST-LAST[@DEPTH], for example m1:2-4 or striatum:3@0.5")
    first = int(found["first"])
    try:
        depth = float(found["depth"] or 1.0)
    except ValueError:
        raise ValueError(f"block {text!r}: depth {found['depth']!r} is not a number") from None
    return Block(found["target"], (first, int(found["last"] or first)), depth)


def depth_at(blocks: Iterable[Block], target: str, session: int) -> float:
    """Share of dopamine kept from `target` ("m1" or "striatum") in a session: the deepest block that applies, else 0."""
    return max(
        (b.depth for b in blocks if b.target in (target, "both") and b.sessions[0] <= session <= b.sessions[1]),
        default=0.0,
    )
