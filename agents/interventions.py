"""What is done to a mouse's brain: where, in which sessions, how strongly. Data only; every kind reads from and prints as text.

    m1:2-4@0.5                 a `Block`: half of the dopamine kept from M1 in sessions 2-4 (m1, striatum or both)
    gpi:8  stn:3x0.5           `Scaling` of a nucleus: silenced; half of its activity left
    thalamus>it:1-7x0.4        `Scaling` of a projection; loop:1-7x0.4 says the same
    m1:2-4/1.0-1.5s            `Scaling` of dopamine that arrives, in a part of the trial alone
    striatum:2-4~theta-burst   `Stimulation` of a nucleus with a waveform
    snc:2-7@0.6                `Depletion`: 60 % of the nigro-striatal cells lost

SESSIONS may be followed by /TRIALS (gpi:8/21-40) and by /FROM-TOs, seconds from the start of the trial (gpi:8/1.0-1.5s).
What acts when is worked out in `agents.brain.effects`.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from reachenv.agents.brain.wiring import POPULATIONS, mouse_loop
from reachenv.agents.waveforms import WAVEFORMS

TARGETS = ("m1", "striatum", "both")  # of dopamine
PROJECTIONS = tuple(dict.fromkeys(f"{p.source}>{p.target}" for p in mouse_loop(1.0)))
LOOP = "thalamus>it"
NUCLEI = ("m1_l23", *POPULATIONS)
STRIATUM = ("d1", "d2")
FORM = "TARGET:FIRST-LAST[/TRIALS][/FROM-TOs][@DEPTH, xFACTOR or ~WAVEFORM[=SIZE]]"
MOST = 10.0  # times as much as usual: more is a slip of the keyboard
_FORM = re.compile(
    r"^(?P<target>[a-z0-9_>]+):(?P<first>\d+)(-(?P<last>\d+))?"
    r"(/(?P<trials>\d+(-\d+)?))?(/(?P<seconds>[0-9.]+-[0-9.]+)s)?"
    r"(@(?P<depth>[0-9.]+)|x(?P<factor>[0-9.]+)|~(?P<waveform>[a-z-]+)(=(?P<size>[0-9.]+))?)?$"
)


@dataclass(frozen=True)
class When:
    """Sessions first and last, trials first and last of each, both from 1; seconds from and to in each trial. None: all."""

    sessions: tuple[int, int]
    trials: tuple[int, int] | None = None
    seconds: tuple[float, float] | None = None

    def __post_init__(self) -> None:
        for what, span in (("sessions", self.sessions), ("trials", self.trials)):
            if span is not None and not 1 <= span[0] <= span[1]:
                raise ValueError(
                    f"{what} {span[0]}-{span[1]}: {what} count from 1 and the last is not before the first"
                )
        if self.seconds is not None and not 0 <= self.seconds[0] < self.seconds[1]:
            raise ValueError(f"seconds {self.seconds[0]:g}-{self.seconds[1]:g}: the end must lie after the start")

    def __str__(self) -> str:
        trials = "" if self.trials is None else f"/{_span(self.trials)}"
        return _span(self.sessions) + trials + self.clock()

    def clock(self) -> str:
        return "" if self.seconds is None else "/{:g}-{:g}s".format(*self.seconds)

    def holds(self, session: int, trial: int | None = None) -> bool:
        """Whether it is on in this session, and in this trial where one is given."""
        within = self.sessions[0] <= session <= self.sessions[1]
        return within and (trial is None or self.trials is None or self.trials[0] <= trial <= self.trials[1])


@dataclass(frozen=True)
class Block:
    """Dopamine kept from arriving at a target.

    target: "m1", "striatum" or "both". sessions: first and last, from 1, both included. depth: share kept out, in (0, 1].
    """

    target: str
    sessions: tuple[int, int]
    depth: float = 1.0

    def __post_init__(self) -> None:
        first, last = self.sessions
        if self.target not in TARGETS:
            raise ValueError(f"block target {self.target!r} is none of {', '.join(TARGETS)}")
        if not 1 <= first <= last:
            raise ValueError(
                f"block sessions {first}-{last}: sessions count from 1 and the last is not before the first"
            )
        if not 0 < self.depth <= 1:
            raise ValueError(f"block depth {self.depth:g} is outside (0, 1]")

    def __str__(self) -> str:
        return f"{self.target}:{_span(self.sessions)}" + ("" if self.depth == 1 else f"@{self.depth:g}")

    def label(self) -> str:
        """What is done, without when."""
        return self.target + ("" if self.depth == 1 else f"@{self.depth:g}")


@dataclass(frozen=True)
class Scaling:
    """Activity of a nucleus, what a projection carries, or dopamine that arrives, times a factor: 0 silences, 1 does nothing.

    target: one of NUCLEI, PROJECTIONS, or TARGETS for dopamine. factor in [0, MOST].
    """

    target: str
    when: When
    factor: float = 0.0

    def __post_init__(self) -> None:
        if self.target not in (*NUCLEI, *PROJECTIONS, *TARGETS):
            raise ValueError(f"there is no {self.target!r}; there is {known()}")
        if not 0 <= self.factor <= MOST:
            raise ValueError(f"the factor {self.factor:g} for {self.target} is outside [0, {MOST:g}]")

    @property
    def sessions(self) -> tuple[int, int]:
        return self.when.sessions

    def __str__(self) -> str:
        return f"{self.target}:{self.when}" + ("" if self.factor == 0 else f"x{self.factor:g}")

    def label(self) -> str:
        """What is done, without when: 'gpix0' says silenced and cannot be taken for a block."""
        return f"{self.target}x{self.factor:g}{self.when.clock()}"


@dataclass(frozen=True)
class Stimulation:
    """Input to a nucleus, alike to all its cells, that follows a waveform of `agents.waveforms`.

    target: one of POPULATIONS, or "striatum" for D1 and D2 cells. size: of a pulse, in the loop's units of input; by default
    about as much as a D1 cell fires in a planned movement.
    """

    target: str
    when: When
    waveform: str
    size: float = 0.02

    def __post_init__(self) -> None:
        if self.target not in (*POPULATIONS, "striatum"):
            raise ValueError(f"{self.target!r} cannot be stimulated; there is {', '.join(POPULATIONS)}, striatum")
        if self.waveform not in WAVEFORMS:
            raise ValueError(f"the waveform {self.waveform!r} is not known; there is {', '.join(WAVEFORMS)}")
        if not 0 < self.size <= 1:
            raise ValueError(f"the size {self.size:g} of a stimulus is outside (0, 1]")

    @property
    def sessions(self) -> tuple[int, int]:
        return self.when.sessions

    def cells(self) -> tuple[str, ...]:
        return STRIATUM if self.target == "striatum" else (self.target,)

    def __str__(self) -> str:
        return f"{self.target}:{self.when}~{self.waveform}={self.size:g}"

    def label(self) -> str:
        return f"{self.target}~{self.waveform}={self.size:g}{self.when.clock()}"


@dataclass(frozen=True)
class Depletion:
    """Nigro-striatal cells lost: less dopamine in the striatum, tonic and phasic, and what follows for its excitability.

    loss: share of them, in [0, 1]. A block of dopamine's plasticity changes no command but through learning; this does.
    """

    when: When
    loss: float = 1.0
    target: str = field(default="snc", init=False)

    def __post_init__(self) -> None:
        if not 0 <= self.loss <= 1:
            raise ValueError(f"the loss of nigral cells {self.loss:g} is outside [0, 1]")
        if self.when.seconds is not None:
            raise ValueError("cells do not come back within a trial: a loss of nigral cells takes sessions and trials")

    @property
    def sessions(self) -> tuple[int, int]:
        return self.when.sessions

    def __str__(self) -> str:
        return f"snc:{self.when}@{self.loss:g}"

    def label(self) -> str:
        return f"snc@{self.loss:g}"


Intervention = Block | Scaling | Stimulation | Depletion


def parse(text: str) -> Intervention:
    """Read what the module's text shows, such as "m1:2-4" or "gpi:8/21-40"; ValueError says what is allowed."""
    found = _FORM.match(text.strip().lower())
    if not found:
        raise ValueError(f"block {text!r} does not read as {FORM}, for example m1:2-4, striatum:3@0.5 or gpi:8")
    first = int(found["first"])
    when = When(
        (first, int(found["last"] or first)),
        _pair(found["trials"], int) if found["trials"] else None,
        tuple(_number(text, "time", v) for v in found["seconds"].split("-")) if found["seconds"] else None,
    )
    target = LOOP if found["target"] == "loop" else found["target"]
    depth, factor = found["depth"], found["factor"]
    if found["waveform"]:
        size = {"size": _number(text, "size", found["size"])} if found["size"] else {}
        return Stimulation(target, when, found["waveform"], **size)
    if target == "snc":
        if factor:
            raise ValueError(f"block {text!r}: a loss of nigral cells has a depth, for example snc:2-7@0.6")
        return Depletion(when, _number(text, "depth", depth or "1"))
    if target in TARGETS and factor is None and when == When(when.sessions):
        return Block(target, when.sessions, _number(text, "depth", depth or "1"))
    if target not in (*NUCLEI, *PROJECTIONS, *TARGETS):
        raise ValueError(f"target {target!r} is none of {', '.join(TARGETS)} (dopamine), {known()}")
    if factor is None:
        depth = _number(text, "depth", depth or "1")
        if not 0 < depth <= 1:
            raise ValueError(f"block depth {depth:g} is outside (0, 1]")
        factor = 1 - depth
    return Scaling(target, when, _number(text, "factor", factor))


def known() -> str:
    """All that can be silenced or scaled, in words."""
    return f"{', '.join(NUCLEI)}, loop, snc, or a projection: {', '.join(PROJECTIONS)}"


def depth_at(blocks: Iterable[Intervention], target: str, session: int) -> float:
    """Share of dopamine kept from `target` ("m1" or "striatum") in a session: the deepest block that applies, else 0."""
    blocks = (b for b in blocks if isinstance(b, Block))
    return max(
        (b.depth for b in blocks if b.target in (target, "both") and b.sessions[0] <= session <= b.sessions[1]),
        default=0.0,
    )


def _span(span: tuple[int, int]) -> str:
    return f"{span[0]}" if span[0] == span[1] else f"{span[0]}-{span[1]}"


def _pair(text: str, kind) -> tuple:
    first, _, last = text.partition("-")
    return kind(first), kind(last or first)


def _number(text: str, what: str, said: str | float) -> float:
    try:
        return float(said)
    except ValueError:
        raise ValueError(f"block {text!r}: {what} {said!r} is not a number") from None
