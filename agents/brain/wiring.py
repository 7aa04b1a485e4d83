"""The loop's projections as data: which population reaches which, how strongly, how late, on whose authority.

Gains of the cortex, striatum, STN, GPi and thalamus are those of Leblois et al. 2006 (J Neurosci 26:3567; values as in the
ReScience C 2020 re-implementation). Only sums of delays round each loop are published (direct 26 ms, hyperdirect 20 ms);
how a sum is split between its steps is our choice. The published model has no GPe: its gains are our choice too, small
enough that the subthalamo-pallidal pair does not oscillate by itself.
"""

from dataclasses import dataclass, replace
from typing import Literal

# Movement parameters that the loop can push either way. Each has two opponent channels, "more" and "less": the two circuits
# of Leblois 2006. The first starts a movement, the others shape it.
PARAMETERS = ("go", "x", "y", "z", "tempo", "pronation", "grip")
POPULATIONS = ("it", "d1", "d2", "stn", "gpe", "gpi", "thalamus")
# Hyperdirect input reaches the opponent channel too: the fraction gamma of Leblois 2006.
SPREAD = 0.4


@dataclass(frozen=True)
class Projection:
    """One bundle of axons between two populations, channel by channel.

    gain: input per unit rate, signed (Dale: one sign for each source population).
    delay_ms: axonal delay [ms]. scope: "same" channel, or its "opponent".
    plastic: not read. What learns in striatum is layer 2-3's own synapses (`agents.brain.synapses`); runs cite a digest of this table,
    so the field goes when parameters change next. citation: where anatomy and gain come from.
    """

    source: str
    target: str
    gain: float
    delay_ms: float
    citation: str
    scope: Literal["same", "opponent"] = "same"
    plastic: bool = False


@dataclass(frozen=True)
class Population:
    """One nucleus: time constant [ms], constant input, and where the figures come from."""

    name: str
    tau_ms: float
    bias: float
    citation: str


_L06 = "Leblois 2006"
LEBLOIS_2006_POPULATIONS = (
    Population("it", 5.0, -0.128, _L06),
    Population("d1", 5.0, 0.0, _L06),
    Population("stn", 20.0, 0.1, _L06 + "; slow cortico-subthalamic synapse"),
    Population("gpi", 5.0, -0.09, _L06),
    Population("thalamus", 5.0, 0.25, _L06),
)


def leblois_2006(corticostriatal_gain: float) -> tuple[Projection, ...]:
    """The published two-channel circuit: direct and hyperdirect loops, no GPe, no D2 cells."""
    return (
        Projection("it", "d1", corticostriatal_gain, 6.0, _L06),
        Projection("it", "stn", 2.0, 5.0, _L06 + "; Nambu 2002, hyperdirect"),
        Projection("d1", "gpi", -12.14, 10.0, _L06),
        Projection("stn", "gpi", 4.9 * (1 - SPREAD), 5.0, _L06),
        Projection("stn", "gpi", 4.9 * SPREAD, 5.0, _L06 + "; diffuse hyperdirect input", "opponent"),
        Projection("gpi", "thalamus", -0.3, 5.0, _L06),
        Projection("thalamus", "it", 0.969, 5.0, _L06),
    )


POPULATION_TABLE = LEBLOIS_2006_POPULATIONS[:2] + (
    Population("d2", 5.0, 0.0, "as D1"),
    Population("stn", 20.0, 0.25, _L06 + ", raised by what GPe takes away at rest"),
    Population("gpe", 5.0, 0.25, "our choice"),
    Population("gpi", 5.0, 0.06, _L06 + ", raised by what GPe takes away at rest"),
    Population("thalamus", 5.0, 0.25, _L06),
)


def mouse_loop(corticostriatal_gain: float, loop_gain: float = 1.0) -> tuple[Projection, ...]:
    """The loop of our mouse: Leblois 2006 with the indirect pathway added; `loop_gain` scales thalamus → cortex."""
    direct = tuple(
        replace(p, gain=p.gain * loop_gain) if p.source == "thalamus" else replace(p, plastic=p.target == "d1")
        for p in leblois_2006(corticostriatal_gain)
    )
    return direct + (
        Projection("it", "d2", corticostriatal_gain, 6.0, "Gerfen 1990: both kinds of spiny cell", plastic=True),
        Projection("d2", "gpe", -4.0, 5.0, "Gerfen 1990, indirect; gain our choice"),
        Projection("gpe", "gpi", -0.6, 5.0, "Smith 1998; gain our choice"),
        Projection("gpe", "stn", -0.6, 5.0, "Bevan 2002; gain our choice"),
        Projection("stn", "gpe", 0.5, 5.0, "Bevan 2002; gain our choice"),
    )
