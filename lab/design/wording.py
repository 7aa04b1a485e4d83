"""What is done to a mouse as a reader says it, from the labels of the trials table: for the film, the figures and the report."""

from __future__ import annotations

import math
import re

from reachenv.lab.design.group import Group, block_label
from reachenv.lab.design.perturbations import change_at

NAMES = {
    "gpi": "GPi", "gpe": "GPe", "stn": "STN", "d1": "D1 cells", "d2": "D2 cells", "it": "loop cortex", "m1_l23": "M1 layer 2-3",
    "thalamus>it": "loop", "m1": "M1 dopamine", "both": "M1 and striatal dopamine", "snc": "nigral cells",
}  # fmt: skip
DOPAMINE = {"m1": ("M1",), "striatum": ("striatal",), "both": ("M1", "striatal")}
_LABEL = re.compile(
    r"^(?P<what>[a-z0-9_>]+?)(x(?P<factor>[0-9.]+)|@(?P<loss>[0-9.]+)|~(?P<wave>[a-z-]+)=[0-9.]+)(/(?P<clock>.*))?$"
)
_MOVED = re.compile(r"(\w+)=(\([^)]*\)|\S+)")


def treatment_words(group: Group, sessions: int, tone: float = math.nan) -> str:
    """All that is done to a group of mice, and when: 'M1 dopamine blocked in sessions 2–4, GPi silenced in session 8'.

    sessions: how many there are; of a single one it is not said. tone: see `intervention_words`.
    """
    held: dict[tuple, list[int]] = {}
    for session in range(1, sessions + 1):
        for doing in _doings(group, session, tone):
            held.setdefault(doing, []).append(session)
    together: dict[tuple, list[str]] = {}
    for (words, trials), on in held.items():
        together.setdefault((trials, *on), []).append(words)
    said = []
    for (trials, *on), words in together.items():
        when = [_numbered("trial", [trials])] if trials else []
        when += [_numbered("session", stretches(on))] if sessions > 1 else []
        said.append(" ".join([" and ".join(words), *(["in", " of ".join(when)] if when else [])]))
    return ", ".join(said)


def session_words(group: Group, session: int, trial: int | None = None, tone: float = math.nan) -> str:
    """What is done to a group in one session, or one trial of it; '' for nothing."""
    return ", ".join(words for words, _ in _doings(group, session, tone, trial))


def _doings(group: Group, session: int, tone: float, trial: int | None = None) -> list[tuple]:
    """(words, trials or None for all) of what is done in a session: blocks, what is done to the loop, how the world is moved."""
    blocks = block_words(block_label(group, session))
    done = [(blocks, None)] if blocks else []
    done += [
        (intervention_words(i.label(), tone), i.when.trials)
        for i in group.interventions
        if i.when.holds(session, trial)
    ]
    if trial is None:  # the first that is written is the whole move
        change = next((c for c in group.changes if c.holds(session)), None)
    else:
        change = change_at(group.changes, session, trial)
    done += [(perturbation_words(change.label()), None)] if change else []
    return list(dict.fromkeys(done))


def block_words(label: str) -> str:
    """'m1@0.5+striatum' → '50% of M1 and all striatal dopamine blocked'; '' for ''. Of two blocks of one target the deeper counts."""
    depths: dict[str, float] = {}
    for part in label.split("+") if label else ():
        target, _, depth = part.partition("@")
        for name in DOPAMINE.get(target, (target,)):
            depths[name] = max(depths.get(name, 0.0), float(depth or 1))
    if not depths:
        return ""
    shares = ["all " if depth == 1 else f"{depth:.0%} of " for depth in depths.values()]
    if len(set(shares)) == 1:  # said once, and of all of it not at all
        shares = [shares[0].replace("all ", "")] + [""] * (len(shares) - 1)
    return " and ".join(share + name for share, name in zip(shares, depths, strict=True)) + " dopamine blocked"


def intervention_words(label: str, tone: float = math.nan) -> str:
    """'gpix0+snc@0.6' → 'GPi silenced + 60% of nigral cells lost'; '' for ''.

    tone: s from the start of the trial. With it a part of the trial is told from the tone on, as films and figures count time.
    """
    return " + ".join(_one(part, tone) for part in label.split("+")) if label else ""


def stretches(numbers: list[int]) -> list[tuple[int, int]]:
    """Runs of neighbouring numbers: [2, 3, 4, 7] → [(2, 4), (7, 7)]."""
    stretches: list[tuple[int, int]] = []
    for n in numbers:
        if stretches and stretches[-1][1] == n - 1:
            stretches[-1] = (stretches[-1][0], n)
        else:
            stretches.append((n, n))
    return stretches


def perturbation_words(label: str) -> str:
    """'plate_shift_mm=(0.0, -3.0, 0.0)' → 'plate moved 3 mm'; '' for ''."""
    said = []
    for name, value in _MOVED.findall(label):
        numbers = [float(v) for v in re.findall(r"-?\d+\.?\d*", value)]
        if name == "plate_shift_mm":
            said.append(f"plate moved {sum(v * v for v in numbers) ** 0.5:.2g} mm")
        elif name == "command_rotation_deg":
            said.append(f"command turned {numbers[0]:g}°")
        elif name == "force_field":
            said.append(f"force field {numbers[0]:.2g} mN per cm/s")
        else:
            said.append(f"{name} {value}")
    return ", ".join(said)


def _numbered(what: str, spans: list[tuple[int, int]]) -> str:
    """'session 8', 'sessions 2–4 and 7'."""
    one = len(spans) == 1 and spans[0][0] == spans[0][1]
    return what + ("" if one else "s") + " " + " and ".join(f"{a}" if a == b else f"{a}–{b}" for a, b in spans)


def _one(label: str, tone: float) -> str:
    found = _LABEL.match(label)
    if not found:
        return label
    what = found["what"]
    name = "striatal dopamine" if what == "striatum" and not found["wave"] else NAMES.get(what, what)
    if found["wave"]:
        said = f"{found['wave']} on {name}"
    elif found["loss"]:
        said = f"{float(found['loss']):.0%} of {name} lost"
    else:
        said = {0.0: f"{name} silenced", 1.0: f"{name} left as it is"}.get(
            float(found["factor"]), f"{name} × {found['factor']}"
        )
    return f"{said} {_clock(found['clock'], tone)}" if found["clock"] else said


def _clock(clock: str, tone: float) -> str:
    """'1-1.5s', from the start of the trial, in words; from the tone on where that is known."""
    start, end = (float(v) for v in clock.removesuffix("s").split("-"))
    if math.isnan(tone):
        return f"{start:g}–{end:g} s into the trial"
    start, end = round(start - tone, 3), round(end - tone, 3)
    if start >= 0:
        return f"{abs(start):g}–{end:g} s after the tone"
    if end <= 0:
        return f"{abs(start):g}–{abs(end):g} s before the tone"
    return f"from {-start:g} s before to {end:g} s after the tone"
