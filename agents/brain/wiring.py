"""The whole brain's wiring as data: which part reaches which, how, how late, by which rule it learns, on whose authority.

Two kinds of rows. A `Projection` is one of the circuit of basal ganglia and thalamus, with a gain that `circuit.Circuit` steps. A
`Pathway` is any other: its code is in `regions`, its weights are each cell's own or a parameter. `wiring` puts both into one table, from
which diagram, tables and learning rules come.

Gains of the cortex, striatum, STN, GPi and thalamus are those of Leblois et al. 2006 (J Neurosci 26:3567; values as in the
ReScience C 2020 re-implementation). Only sums of delays round each loop are published (direct 26 ms, hyperdirect 20 ms);
how a sum is split between its steps is our choice. The published model has no GPe: its gains are our choice too, small
enough that the subthalamo-pallidal pair does not oscillate by itself.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from reachenv.agents.brain.params import LoopParams

# Movement parameters that the loop can push either way. Each has two opponent channels, "more" and "less": the two circuits
# of Leblois 2006. The first starts a movement, the others shape it.
PARAMETERS = ("go", "x", "y", "z", "tempo", "pronation", "grip")
# Hyperdirect input reaches the opponent channel too: the fraction gamma of Leblois 2006.
SPREAD = 0.4


@dataclass(frozen=True)
class Population:
    """One nucleus: time constant [ms], constant input, where the figures come from, and what figures call it."""

    name: str
    tau_ms: float
    bias: float
    citation: str
    label: str = ""


@dataclass(frozen=True)
class Part:
    """What pathways begin or end at besides nuclei: name, what figures call it, whether it is outside the brain."""

    name: str
    label: str
    outside: bool = False


@dataclass(frozen=True)
class Projection:
    """One bundle of axons between two populations of the circuit, channel by channel.

    gain: input per unit rate, signed (Dale: one sign for each source population).
    delay_ms: axonal delay [ms]. scope: "same" channel, or its "opponent". citation: where anatomy and gain come from.
    rule: name of the rule by which it learns; None: its gain is fixed.
    """

    source: str
    target: str
    gain: float
    delay_ms: float
    citation: str
    scope: Literal["same", "opponent"] = "same"
    rule: str | None = None

    @property
    def name(self) -> str:
        return f"{self.source}>{self.target}"

    @property
    def sign(self) -> str:
        return "+" if self.gain > 0 else "-"


@dataclass(frozen=True)
class Pathway:
    """A connection outside the circuit.

    sign: "+" excites, "-" inhibits, "+/-" both, "*" modulates what others carry or learn. carries: what, in a word or two.
    delay_ms: 0 reads what its source does in the same brain update, 10 what it did in the update before.
    strength: the parameter that scales it, or "" where each synapse has a weight of its own. channels: of the loop, "" where it has none.
    rule: name of the rule by which it learns (`learning.defaults.RULES`); None: it does not.
    """

    source: str
    target: str
    sign: Literal["+", "-", "+/-", "*"]
    delay_ms: float
    carries: str
    citation: str
    strength: str = ""
    channels: str = ""
    rule: str | None = None

    @property
    def name(self) -> str:
        return f"{self.source}>{self.target}"


# The circuit ------------------------------------------------------------------------------------------------------------------

_L06 = "Leblois 2006"
_RAISED = _L06 + ", raised by what GPe takes away at rest"
LEBLOIS_2006_POPULATIONS = (
    Population("it", 5.0, -0.128, _L06, "cortex of the loop"),
    Population("d1", 5.0, 0.0, _L06, "striatum D1"),
    Population("stn", 20.0, 0.1, _L06 + "; slow cortico-subthalamic synapse", "STN"),
    Population("gpi", 5.0, -0.09, _L06, "GPi"),
    Population("thalamus", 5.0, 0.25, _L06, "thalamus"),
)
POPULATION_TABLE = LEBLOIS_2006_POPULATIONS[:2] + (
    Population("d2", 5.0, 0.0, "as D1", "striatum D2"),
    Population("stn", 20.0, 0.25, _RAISED, "STN"),
    Population("gpe", 5.0, 0.25, "our choice", "GPe"),
    Population("gpi", 5.0, 0.06, _RAISED, "GPi"),
    Population("thalamus", 5.0, 0.25, _L06, "thalamus"),
)
POPULATIONS = tuple(p.name for p in POPULATION_TABLE)


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


def mouse_loop(corticostriatal_gain: float, loop_gain: float = 1.0) -> tuple[Projection, ...]:
    """The loop of our mouse: Leblois 2006 with the indirect pathway added; `loop_gain` scales thalamus → cortex."""
    direct = tuple(
        replace(p, gain=p.gain * loop_gain) if p.source == "thalamus" else p for p in leblois_2006(corticostriatal_gain)
    )
    return direct + (
        Projection("it", "d2", corticostriatal_gain, 6.0, "Gerfen 1990: both kinds of spiny cell"),
        Projection("d2", "gpe", -4.0, 5.0, "Gerfen 1990, indirect; gain our choice"),
        Projection("gpe", "gpi", -0.6, 5.0, "Smith 1998; gain our choice"),
        Projection("gpe", "stn", -0.6, 5.0, "Bevan 2002; gain our choice"),
        Projection("stn", "gpe", 0.5, 5.0, "Bevan 2002; gain our choice"),
    )


# Motor cortex, midbrain, senses -----------------------------------------------------------------------------------------------

PARTS = (
    Part("m1_l23", "M1 layer 2-3"),
    Part("m1_events", "M1 layer 2-3, event cells"),
    Part("m1_l5", "M1 layer 5"),
    Part("command", "descending command", outside=True),
    Part("senses", "senses", outside=True),
    Part("critic", "critic"),
    Part("vta", "VTA"),
    Part("snc", "SNc"),
)
_ALL, _SHAPES = "all", "all but go"
_NOW, _BEFORE = 0.0, 10.0  # ms: sources are read in the same brain update, or as they were after the one before
_CHOICE = "our choice"
_STRIATUM = (
    "Gerfen 1990; learns: Shen 2008, Reynolds & Wickens 2002; less what fast-spiking cells take: Koos & Tepper 1999"
)

# Projections whose synapses each have a weight of their own, and can learn: see `learning.rule`.
CAN_LEARN = ("m1_l23>m1_l23", "m1_l23>m1_l5", "m1_l23>d1", "m1_l23>d2", "senses>m1_events", "senses>critic")
SKILL_SITES = ("layer23", "layer5")
_M1_DOPAMINE = "Molina-Luna 2009; Hosp 2011"
_AIMS = "x, y, z, pronation, grip"

_CORTEX = (
    Pathway("senses", "m1_l23", "+/-", _NOW, "own body", _CHOICE, "cortex.sense_gain"),
    Pathway("senses", "m1_l23", "+", _NOW, "touch (hurries the closing)", _CHOICE, "cortex.touch_gain"),
    Pathway("m1_l23", "m1_l23", "+/-", _BEFORE, "holds a phase", _CHOICE + "; attractors", "cortex.hold_gain"),
    Pathway(
        "m1_l23",
        "m1_l23",
        "+/-",
        _BEFORE,
        "hands over to the next phase",
        _CHOICE + "; order: Whishaw 1992",
        "cortex.durations",
    ),
    Pathway("thalamus", "m1_l23", "+/-", _NOW, "go", _CHOICE, "cortex.go_gain", "go"),
    Pathway(
        "thalamus", "m1_l23", "+/-", _NOW, "relay of the tone", "Chevalier & Deniau 1990", "ganglia.relay_gain", "go"
    ),
    Pathway("it", "m1_l23", "*", _NOW, "tempo", _CHOICE, "tempo_gain", "tempo"),
)
_SKILL_IN_LAYER23 = (
    Pathway("it", "m1_l23", "*", _NOW, "bias, onto tufts", _CHOICE + "; gain by tufts: Larkum 2004", "reach_mm", _AIMS),
    Pathway(
        "m1_l23",
        "m1_l23",
        "+",
        _BEFORE,
        "lateral, onto tufts",
        _M1_DOPAMINE + "; lateral synapses: Rioult-Pedotti 1998",
        rule="lateral",
    ),
    Pathway("m1_l23", "m1_l23", "-", _BEFORE, "balance of lateral, onto tufts", _CHOICE, "cortex.lateral_weight"),
    Pathway("m1_l23", "m1_l5", "+/-", _BEFORE, "posture, and which cells fire", _CHOICE),
)
_SKILL_IN_LAYER5 = (
    Pathway("m1_l23", "m1_l5", "+/-", _BEFORE, "posture", _M1_DOPAMINE, rule="consolidated"),
    Pathway("it", "m1_l5", "+/-", _NOW, "bias", _CHOICE, "reach_mm", _AIMS),
)
_OUT = (
    Pathway("m1_l5", "command", "+/-", _NOW, "agonist less antagonist", _CHOICE),
    Pathway("m1_l23", "it", "+", _BEFORE, "plan", _CHOICE, "ganglia.plan_drive", _SHAPES),
)
_STRIATUM_EXPLORED = (
    Pathway("m1_l23", "d1", "+/-", _BEFORE, "bias", _STRIATUM, "", _ALL, "explored"),
    Pathway("m1_l23", "d2", "+/-", _BEFORE, "drive", _STRIATUM.replace("; learns", "; could learn"), "", _ALL),
)
_STRIATUM_OPPONENTS = (
    Pathway("m1_l23", "d1", "+/-", _BEFORE, "bias", _STRIATUM, "", _ALL, "striatal-d1"),
    Pathway("m1_l23", "d2", "+/-", _BEFORE, "bias", _STRIATUM, "", _ALL, "striatal-d2"),
)
_MIDBRAIN = (
    Pathway("senses", "d1", "+", _NOW, "tone, as a go signal", "Carpenter & Williams 1995", "ganglia.tone_drive", "go"),
    Pathway(
        "senses",
        "m1_events",
        "+",
        _NOW,
        "tone, plate, touch, taste",
        "Mao 2011; scaled: Turrigiano 1998",
        rule="scaled",
    ),
    Pathway(
        "senses",
        "critic",
        "+/-",
        _NOW,
        "tone remembered, pellet, touch, taste",
        "Ludvig 2008; Sutton & Barto 2018",
        rule="temporal-difference",
    ),
    Pathway("critic", "vta", "+/-", _NOW, "prediction error", "Schultz 1997", "dopamine.gain"),
    Pathway("critic", "snc", "+/-", _NOW, "prediction error", "Schultz 1997", "dopamine.gain"),
    Pathway("vta", "m1_events", "*", _NOW, "dopamine", _CHOICE),
    Pathway("snc", "d1", "*", _NOW, "dopamine", "Shen 2008; Gerfen & Surmeier 2011"),
    Pathway("snc", "d2", "*", _NOW, "dopamine", "Shen 2008; Gerfen & Surmeier 2011"),
)


def pathways(p: LoopParams) -> tuple[Pathway, ...]:
    """Every connection outside the circuit of a brain with these parameters. ValueError lists the sites where a skill can be learned."""
    if p.skill_site not in SKILL_SITES:
        raise ValueError(f"skill_site is {p.skill_site!r}; there is {', '.join(SKILL_SITES)}")
    in_layer23 = p.skill_site == "layer23"
    skill, striatum = (_SKILL_IN_LAYER23, _STRIATUM_EXPLORED) if in_layer23 else (_SKILL_IN_LAYER5, _STRIATUM_OPPONENTS)
    dopamine = Pathway("vta", "m1_l23" if in_layer23 else "m1_l5", "*", _NOW, "dopamine", _M1_DOPAMINE)
    return (*_CORTEX, *skill, *_OUT, *striatum, *_MIDBRAIN, dopamine)


def wiring(p: LoopParams) -> tuple[Projection | Pathway, ...]:
    """Every connection of a brain with these parameters: cortex and midbrain first, then the circuit."""
    return pathways(p) + mouse_loop(p.ganglia.corticostriatal_gain, p.ganglia.loop_gain)
