"""Groups and labels as older run folders hold them, in the form of today.

Until 0.1 a dopamine block was no intervention: it had a field of its own in a group and a column of its own in the trials
table. A group had an ablation or a preset in the place of a variant, and was known as control or sham by its name.
"""

from __future__ import annotations

from typing import Any

from reachenv.agents.interventions import Intervention, Scale, When, taken

_RENAMED = {"changes": "perturbations"}
_GONE = ("blocks", "ablation", "preset")


def as_now(data: dict[str, Any]) -> dict[str, Any]:
    """A group's JSON with today's fields: name, role, litter, variant, interventions, perturbations."""
    new = {_RENAMED.get(name, name): value for name, value in data.items() if name not in _GONE}
    blocks = [str(_block(**block)) for block in data.get("blocks", ())]
    variants = [data.get(name, "") for name in ("variant", "preset", "ablation")]
    return {"litter": 0, "perturbations": [], "role": role_of(data["name"])} | new | {
        "interventions": [*blocks, *data.get("interventions", ())],
        "variant": "+".join(filter(None, variants)),
    }  # fmt: skip


def role_of(name: str) -> str:
    """The role of a group of a design of before groups had one."""
    return {"control": "control", "sham": "sham", "abrupt": "reference"}.get(name.rsplit("-", 1)[-1], "treated")


def merged_label(block: str, intervention: str) -> str:
    """Today's label from an old row's block and intervention: 'm1@0.25', 'gpix0' → 'm1x0.75+gpix0'."""
    blocks = [_scaled(*part.split("@")) for part in block.split("+")] if block else []
    return "+".join([*blocks, *filter(None, [intervention])])


def _block(target: str, sessions: list[int], depth: float) -> Intervention:
    first, last = sessions
    return Intervention(target, When((first, last)), Scale(taken(depth)))


def _scaled(target: str, depth: str = "1") -> str:
    return Intervention(target, When((1, 1)), Scale(taken(float(depth)))).label()
