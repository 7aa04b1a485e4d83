"""What is done to a mouse as a reader says it, from the labels of the trials table: for the film and the report."""

from __future__ import annotations

import re

NAMES = {
    "gpi": "GPi", "gpe": "GPe", "stn": "STN", "d1": "D1 cells", "d2": "D2 cells", "it": "loop cortex", "m1_l23": "M1 layer 2-3",
    "thalamus>it": "loop", "m1": "M1 dopamine", "both": "dopamine", "snc": "nigral cells",
}  # fmt: skip
_LABEL = re.compile(
    r"^(?P<what>[a-z0-9_>]+?)(x(?P<factor>[0-9.]+)|@(?P<loss>[0-9.]+)|~(?P<wave>[a-z-]+)=[0-9.]+)(/(?P<clock>.*))?$"
)
_MOVED = re.compile(r"(\w+)=(\([^)]*\)|\S+)")


def intervention_words(label: str) -> str:
    """'gpix0+snc@0.6' → 'GPi silenced + 60% of nigral cells lost'; '' for ''."""
    return " + ".join(_one(part) for part in label.split("+")) if label else ""


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


def _one(label: str) -> str:
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
    return said + (f" at {found['clock'].replace('s', ' s')}" if found["clock"] else "")
