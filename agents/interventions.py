"""Interventions on a mouse's brain: where, when, and what. Data only; every one reads from and prints as text.

    m1:2-4  m1:2-4x0.5         `Scale` of the dopamine that arrives in m1, striatum or both: blocked in sessions 2-4; half of it left
    gpi:8  stn:3x0.5           `Scale` of a nucleus: silenced; half of its activity left
    thalamus>it:1-7x0.4        `Scale` of a projection; loop:1-7x0.4 is the same
    striatum:2-4~theta-burst   `Stimulate` a nucleus with a waveform; ~theta-burst=0.05 with pulses of another size
    snc:2-7@0.6                `Deplete`: 60 % of the nigro-striatal cells lost

SESSIONS may be followed by /TRIALS (gpi:8/21-40) and by /FROM-TOs, seconds from the start of the trial (gpi:8/1.0-1.5s).
Instead of the factor that is left, @ may give the share that is taken away: m1:2-4@0.25 is m1:2-4x0.75.

Which targets there are depends on the brain (`reachenv.agents.protocol.Brain.areas`). What acts when in the loop of this
project is worked out in `reachenv.agents.brain.effects`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import ClassVar, Literal, TypeVar

from reachenv.agents.waveforms import WAVEFORMS

# Target of dopamine → where it arrives.
DOPAMINE: dict[str, tuple[str, ...]] = {
    "m1": ("m1",),
    "striatum": ("striatum",),
    "both": ("m1", "striatum"),
    "dopamine_m1": ("m1",),
    "dopamine_striatum": ("striatum",),
}
LOOP = "thalamus>it"
DEPLETED = "snc"
MOST = 10.0  # times as much as usual: more is a slip of the keyboard
FORM = "TARGET:FIRST-LAST[/TRIALS][/FROM-TOs][xFACTOR, @SHARE or ~WAVEFORM[=SIZE]]"
EXAMPLES = "m1:2-4, striatum:3x0.5, gpi:8 or snc:2-7@0.6"
_TARGET = re.compile(r"[a-z0-9_>]+")
_FORM = re.compile(
    r"(?P<target>[a-z0-9_>]+):(?P<first>\d{1,6})(-(?P<last>\d{1,6}))?"
    r"(/(?P<trials>\d{1,6}(-\d{1,6})?))?(/(?P<seconds>[0-9.]+-[0-9.]+)s)?"
    r"(@(?P<share>[0-9.]+)|x(?P<factor>[0-9.]+)|~(?P<waveform>[a-z-]+)(=(?P<size>[0-9.]+))?)?"
)
N = TypeVar("N", int, float)


@dataclass(frozen=True)
class When:
    """Sessions first and last, trials first and last of each, both from 1; seconds [s] from and to in each trial. None: all."""

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
        """The part of the trial, such as '/1-1.5s'; '' for all of it."""
        return "" if self.seconds is None else "/{}-{}s".format(*map(_plain, self.seconds))

    def holds(self, session: int, trial: int | None = None) -> bool:
        """Whether it is on in this session, and in this trial where one is given."""
        within = self.sessions[0] <= session <= self.sessions[1]
        return within and (trial is None or self.trials is None or self.trials[0] <= trial <= self.trials[1])

    def lasts(self, seconds: float) -> bool:
        """Whether it is on at this time [s] of a trial in which it holds."""
        return self.seconds is None or self.seconds[0] <= seconds + 1e-9 < self.seconds[1]


@dataclass(frozen=True)
class Scale:
    """Activity of a nucleus, what a projection carries, or dopamine that arrives, times `factor` in [0, MOST].

    0 silences (of dopamine: blocks); 1 changes nothing.
    """

    factor: float = 0.0
    kind: ClassVar[Literal["scale"]] = "scale"

    def __post_init__(self) -> None:
        if not 0 <= self.factor <= MOST:
            raise ValueError(f"the factor {self.factor:g} is outside [0, {MOST:g}]")


@dataclass(frozen=True)
class Stimulate:
    """Input to a nucleus, alike to all its cells, that follows a waveform of `reachenv.agents.waveforms`.

    size: of a pulse, in (0, 1], in the loop's units of input; by default about as much as a D1 cell fires in a planned movement.
    """

    waveform: str
    size: float = 0.02
    kind: ClassVar[Literal["stimulate"]] = "stimulate"

    def __post_init__(self) -> None:
        if self.waveform not in WAVEFORMS:
            raise ValueError(f"the waveform {self.waveform!r} is not known; there is {', '.join(WAVEFORMS)}")
        if not 0 < self.size <= 1:
            raise ValueError(f"the size {self.size:g} of a stimulus is outside (0, 1]")


@dataclass(frozen=True)
class Deplete:
    """Nigro-striatal cells lost: less dopamine in the striatum, tonic and phasic, and what follows for its excitability.

    loss: share of them, in [0, 1]. A dopamine block changes commands through learning alone; a depletion also directly.
    """

    loss: float = 1.0
    kind: ClassVar[Literal["deplete"]] = "deplete"

    def __post_init__(self) -> None:
        if not 0 <= self.loss <= 1:
            raise ValueError(f"the loss of nigral cells {self.loss:g} is outside [0, 1]")


@dataclass(frozen=True)
class Intervention:
    """One intervention. target: a name of lower-case letters, digits, _ and >; "loop" is read as thalamus>it."""

    target: str
    when: When
    effect: Scale | Stimulate | Deplete

    def __post_init__(self) -> None:
        if not _TARGET.fullmatch(self.target):
            raise ValueError(f"the target {self.target!r} may have lower-case letters, digits, _ and > alone")
        if self.target == "loop":
            object.__setattr__(self, "target", LOOP)
        if self.effect.kind == "deplete" and self.target != DEPLETED:
            raise ValueError(f"{self.target} loses no cells; a loss is written snc:2-7@0.6")
        if self.effect.kind == "scale" and self.target == DEPLETED:
            raise ValueError(f"{DEPLETED} takes a loss of cells, for example snc:2-7@0.6, and no factor")
        if self.effect.kind == "deplete" and self.when.seconds is not None:
            raise ValueError("cells do not come back within a trial: a loss of nigral cells takes sessions and trials")

    def __str__(self) -> str:
        silenced = self.effect.kind == "scale" and self.effect.factor == 0
        return f"{self.target}:{self.when}" + ("" if silenced else self._strength())

    def label(self) -> str:
        """The intervention without its sessions and trials, such as 'm1x0.5' or 'gpix0/1-1.5s'."""
        return self.target + self._strength() + self.when.clock()

    def _strength(self) -> str:
        if self.effect.kind == "scale":
            return f"x{_plain(self.effect.factor)}"
        if self.effect.kind == "stimulate":
            return f"~{self.effect.waveform}={_plain(self.effect.size)}"
        return f"@{_plain(self.effect.loss)}"


def parse(text: str) -> Intervention:
    """Read what the module's text shows, such as "m1:2-4" or "gpi:8/21-40"; ValueError says what is allowed."""
    found = _FORM.fullmatch(text.strip().lower())
    if not found:
        raise ValueError(f"{text!r} does not read as {FORM}, for example {EXAMPLES}")
    first = int(found["first"])
    when = When(
        (first, int(found["last"] or first)),
        _pair(found["trials"], int) if found["trials"] else None,
        _pair(found["seconds"], lambda number: _number(text, "time", number)) if found["seconds"] else None,
    )
    return Intervention(found["target"], when, _effect(text, found))


def dopamine_at(intervention: Intervention) -> tuple[str, ...]:
    """Where an intervention scales the dopamine that arrives: of "m1" and "striatum"; () for any other intervention."""
    return DOPAMINE.get(intervention.target, ()) if intervention.effect.kind == "scale" else ()


def is_dopamine_block(intervention: Intervention) -> bool:
    """Whether it keeps dopamine, all or a part of it, from M1 or striatum, in whole trials or in a part of them."""
    return intervention.effect.kind == "scale" and intervention.effect.factor < 1 and bool(dopamine_at(intervention))


def is_sham(intervention: Intervention) -> bool:
    """Whether it changes nothing by itself: a factor of 1, the waveform sham, no cell lost."""
    effect = intervention.effect
    if effect.kind == "scale":
        return effect.factor == 1
    return effect.waveform == "sham" if effect.kind == "stimulate" else effect.loss == 0


def dopamine_left(interventions: Iterable[Intervention], target: str, session: int, trial: int | None = None) -> float:
    """Factor of the dopamine that arrives at "m1" or "striatum" all trial long; 1 without an intervention on it.

    Several multiply. Those in a part of the trial do not count. trial: None counts all that are on in any trial of the session.
    """
    left = 1.0
    for i in interventions:
        if i.effect.kind == "scale" and target in dopamine_at(i) and i.when.seconds is None:
            left *= i.effect.factor if i.when.holds(session, trial) else 1.0
    return left


def _effect(text: str, found: re.Match[str]) -> Scale | Stimulate | Deplete:
    if found["waveform"]:
        size = {"size": _number(text, "size", found["size"])} if found["size"] else {}
        return Stimulate(found["waveform"], **size)
    if found["factor"]:
        return Scale(_number(text, "factor", found["factor"]))
    share = _number(text, "share", found["share"] or "1")
    if found["target"] == DEPLETED:
        return Deplete(share)
    if not 0 < share <= 1:
        raise ValueError(f"{text!r}: the share {share:g} that is taken away is outside (0, 1]")
    return Scale(taken(share))


def taken(share: float) -> float:
    """The factor that is left where a share is taken away, without the noise of the last binary digits: 0.9 → 0.1."""
    return round(1 - share, 12)


def _span(span: tuple[int, int]) -> str:
    return f"{span[0]}" if span[0] == span[1] else f"{span[0]}-{span[1]}"


def _pair(text: str, read: Callable[[str], N]) -> tuple[N, N]:
    first, _, last = text.partition("-")
    return read(first), read(last or first)


def _number(text: str, what: str, number: str) -> float:
    try:
        return float(number)
    except ValueError:
        raise ValueError(f"{text!r}: the {what} {number!r} is not a number") from None


def _plain(number: float) -> str:
    """The shortest decimal text that reads as the same number, without an exponent."""
    return f"{Decimal(repr(float(number))).normalize():f}"
