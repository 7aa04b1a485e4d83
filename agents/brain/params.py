"""Every number of the brain that is not a wire, as frozen data with a source or the word choice."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, is_dataclass, replace
from typing import Any

from reachenv.agents.brain.cortex import CortexParams
from reachenv.agents.brain.dopamine import DopamineParams
from reachenv.agents.brain.regions.event_cells import EventCellParams

ACTIONS = ("x", "y", "z", "pronation", "grip")
MOST_CELLS = 8192
"""Of one population in a saved brain, so that a stranger's file cannot ask for more memory than there is."""
LARGEST = 1e9
"""Size of any parameter in a saved brain."""


@dataclass(frozen=True)
class GangliaParams:
    """Basal ganglia and thalamus. All choices, within the regimes of Leblois 2006."""

    corticostriatal_gain: float = (
        0.33  # subcritical and non-oscillating; symmetry breaking of the published circuit at 0.445
    )
    loop_gain: float = 1.0
    plan_drive: float = 0.12  # layer 2-3 onto the loop's cortical cells while a movement is aimed
    tone_drive: float = 0.1  # tone onto the D1 cells of the channel that starts a movement
    # Reaction time: the decision to move rises linearly to 1, at a pace that differs from trial to trial (Carpenter & Williams 1995).
    rise: float = 5.0  # [1/s]
    rise_sd: float = 1.0
    rise_slowest: float = 2.2
    relay_gate: float = 0.2  # thalamic rate above which thalamus relays the tone by itself; 0.25 where GPi is silent
    relay_gain: float = 4.0
    striatal_weight: float = 0.002  # resting cortico-striatal weight of one layer 2-3 cell
    # Exploration: spontaneous striatal activity, one draw a reach plus a slow drift. Its size falls with the average reward
    # that the critic expects (regulated variability: Dhawale 2019).
    exploration: float = 0.0028
    drift: float = 0.4  # of the per-reach draw
    drift_tau: float = 0.3  # [s]
    # Intrinsic variability of cortex, left where basal ganglia are silent, whatever the reward; about half of a reach's
    # variability is there before it begins (Churchland 2006), and about half of song's is left without its basal ganglia loop
    # (Kao & Brainard 2006). One draw a reach each: of the loop's cortical cells, heard by M1 and by striatum alike and amplified
    # by the loop; and of what M1 makes of the loop, in the loop's units of opponent difference, which M1 alone can learn from.
    cortical_restlessness: float = 0.001
    m1_restlessness: float = 0.015
    # Fall of exploration per unit of average reward: next to nothing is left where reward is reliable (Dhawale 2019; Kao 2008).
    calm: float = 1.25
    calm_floor: float = 0.05


@dataclass(frozen=True)
class PlasticityParams:
    """Speeds of learning. Choices, at the animal's own number of trials (about 55 a session)."""

    tag: float = 0.8  # eligibility time constant [s] (about 1 s: Yagishita 2014)
    striatum: float = 0.00216  # per unit of a D1 cell's own exploration
    striatum_fade_trial: float = 0.01
    striatum_fade_night: float = 0.8  # a fifth outlasts a night
    striatum_cap: float = 0.15  # how far a cortico-striatal weight departs at most, of its resting value
    cortex: float = 0.0003  # of the synapses of M1 that hold the skill: see `LoopParams.skill_site`
    cortex_fade_trial: float = 0.02  # share of labile potentiation lost in a trial: it lasts hours (Frey & Morris 1997)
    # Strength of labile potentiation once expressed, against consolidated: a tag waits for proteins (Luft 2004, in motor cortex;
    # Redondo & Morris 2011).
    expression: float = 0.1
    # Share of its expression that what one night captured loses if the day after it has no dopamine: a second, later window of
    # dopamine makes a memory persist (Rossato 2009).
    unsettled: float = 0.8
    # Learned input at most that a cell gets from the cells of one assembly, of its own rate. Below 1 no activity sustains itself
    # through what was learned. Scaling of a cell's synapses: Turrigiano 1998; the size is our choice.
    lateral_limit: float = 0.9
    senses: float = 0.006  # senses onto event cells of layer 2-3
    senses_limit: float = 8.0  # of one such synapse, where nothing else bounds it
    homeostasis: bool = True  # an event cell scales its synapses to the strength that they had at birth
    capture: float = 0.25  # share of labile potentiation captured in a night with dopamine
    # Share of what was not captured that a night takes: early potentiation lasts hours (Frey & Morris 1997).
    night_fade: float = 0.6
    mean_rate: float = (
        0.03  # per step, running mean of a striatal cell's activity in movement, with `skill_site` "layer5"
    )


@dataclass(frozen=True)
class IndividualParams:
    """How mice differ at birth (choices; what comes of them is reported beside the animals' own spread). Bodies: `lab.design.bodies`."""

    aim: float = 1.45  # systematic error of the learned reach, against one with which a quarter succeed; tuned: see `lab.probes.novice`
    aim_spread: float = 0.15  # of it between mice, relative
    posture: float = 0.01  # idiosyncrasy of every other posture, command units


@dataclass(frozen=True)
class LoopParams:
    """The whole brain.

    skill_site: the synapses of M1 that learn the skill. "layer23": lateral synapses of layer 2-3, whose bias from the loop and learned
    input choose which cells of an assembly fire. "layer5": those of layer 2-3 onto layer 5, where the bias of the loop is added, as
    in releases before this one.
    reach_mm: how far the paw moves per unit of opponent difference in the loop; what that is in commands, babbling taught.
    tempo_gain: speed-up of the reach-to-eat sequence per unit of opponent difference.
    """

    cortex: CortexParams = field(default_factory=CortexParams)
    events: EventCellParams = field(default_factory=EventCellParams)
    ganglia: GangliaParams = field(default_factory=GangliaParams)
    dopamine: DopamineParams = field(default_factory=DopamineParams)
    plasticity: PlasticityParams = field(default_factory=PlasticityParams)
    individual: IndividualParams = field(default_factory=IndividualParams)
    skill_site: str = "layer23"
    reach_mm: float = 45.0
    tempo_gain: float = 2.0


def to_json(params: LoopParams) -> dict[str, Any]:
    """Nested plain data."""
    return asdict(params)


def from_json(data: Mapping[str, Any], kind: Any = LoopParams) -> Any:
    """Inverse of `to_json`; ValueError names a field that this version does not know, or a value of another type or size."""
    if not isinstance(data, Mapping):
        raise ValueError(f"{kind.__name__} is {type(data).__name__}, not an object with names")
    known = {f.name for f in fields(kind)}
    for name in data:
        if name not in known:
            raise ValueError(f"{kind.__name__} has no field {name!r}; it has {', '.join(sorted(known))}")
    base = kind()
    return replace(base, **{name: _like(getattr(base, name), value, name) for name, value in data.items()})


def _like(usual: Any, value: Any, name: str) -> Any:
    """A value from a file, of the type of the usual one. Numbers are finite; a number of cells is at most MOST_CELLS."""
    if is_dataclass(usual):
        return from_json(value, type(usual))
    if isinstance(usual, tuple):
        if not isinstance(value, list | tuple) or len(value) != len(usual):
            raise ValueError(f"{name} is no list of {len(usual)} values")
        return tuple(_like(mine, its, name) for mine, its in zip(usual, value, strict=True))
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if isinstance(usual, float) and number and abs(value) <= LARGEST:  # not so for a NaN
        return value
    if type(value) is type(usual) and (not number or 0 <= value <= MOST_CELLS):
        return value
    raise ValueError(f"{name} is {str(value)[:40]!r}; it is a value such as {usual!r}")
