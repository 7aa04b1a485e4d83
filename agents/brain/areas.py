"""What of the brain can be recorded and intervened on, from its wiring table."""

from __future__ import annotations

from reachenv.agents.brain.params import LoopParams
from reachenv.agents.brain.regions.layer5 import CELLS as LAYER5_CELLS
from reachenv.agents.brain.wiring import PARAMETERS, POPULATION_TABLE, mouse_loop
from reachenv.agents.protocol import Area

ALIASES = {"thalamus>it": ("loop",)}
NAMES = {
    "d1": "striatum_d1",
    "d2": "striatum_d2",
}  # of areas that are not called as in the wiring table, which is their alias
# What has one number for each mouse: name, meaning, whether it is dopamine.
NUMBERS = {
    "vta": "firing of the dopamine cells of VTA [arbitrary unit]; SNc fires alike",
    "rpe": "prediction error of the critic [reward]",
    "value": "expected reward of the critic",
    "exploration": "size of exploration in this trial [input to a D1 cell]",
    "dopamine_m1": "dopamine that arrives in M1 [firing of VTA]",
    "dopamine_striatum": "dopamine that arrives in striatum [firing of VTA]",
}


def areas(p: LoopParams) -> tuple[Area, ...]:
    """Layers of motor cortex, nuclei, single numbers; then what can be intervened on alone: dopamine's targets, projections."""
    rate, opponents = "rate [of a saturated cell]", 2 * len(PARAMETERS)
    cortex = (
        Area("m1_l23", f"M1 layer 2-3 with its event cells, {rate}", p.cortex.units + p.events.cells, ("scale",)),
        Area("m1_l5", "M1 layer 5, agonists then antagonists, rate [command]", LAYER5_CELLS),
    )
    nuclei = tuple(
        Area(
            NAMES.get(n.name, n.name),
            f"{n.label}, more and less of {', '.join(PARAMETERS)}, rate [arbitrary unit]",
            opponents,
            ("scale", "stimulate"),
            (n.name,) if n.name in NAMES else (),
        )
        for n in POPULATION_TABLE
    )
    numbers = tuple(Area(name, about, 1) for name, about in NUMBERS.items())
    targets = (
        Area("m1", "dopamine that arrives in M1", effects=("scale",)),
        Area(
            "striatum",
            "dopamine that arrives in striatum; stimulated: its D1 and D2 cells",
            effects=("scale", "stimulate"),
        ),
        Area("both", "dopamine that arrives in M1 and in striatum", effects=("scale",)),
        Area("snc", "nigral cells, whose dopamine reaches striatum", effects=("deplete",)),
    )
    projections = tuple(
        Area(name, "what this projection carries", effects=("scale",), aliases=ALIASES.get(name, ()))
        for name in dict.fromkeys(one.name for one in mouse_loop(1.0))
    )
    return cortex + nuclei + numbers + targets + projections
