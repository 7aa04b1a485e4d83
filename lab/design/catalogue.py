"""The designs with a name: what each asks, its groups, the paper it follows, and its usual size."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from reachenv.lab.design import protocols
from reachenv.lab.design.group import Group

TOTAL_S = {"compact": 4.0, "ghanayim2025": 12.0}  # of a trial, by the name of its timing in `reachenv.trial`
TIMINGS = tuple(TOTAL_S)
TRIALS_A_MINUTE = 600  # in compact timing, on two cores: published runs (docs/results) made 360 to 1,000

GHANAYIM = "Ghanayim et al. 2025, doi 10.1038/s41467-024-55317-4"
LEBLOIS = "Leblois et al. 2025, doi 10.1073/pnas.2515994122"
PIRON = "Piron et al. 2016"
WESSEL = "Wessel et al. 2023"


@dataclass(frozen=True)
class Named:
    """A design with a name: sizes unless others are asked for, and its groups given the numbers of sessions and trials.

    Attributes:
        question: it answers.
        about: its protocol, in a line.
        groups: (sessions, trials) → all groups that it has.
        default_groups: names of those that are run unless others are asked for.
        paper: whose protocol it follows; "" for ours.
        training: how many of the sessions come before the protocol; a run that starts from trained mice leaves them out.
        timings: those that its protocol, where it gives seconds, fits.
    """

    question: str
    about: str
    groups: Callable[[int, int], tuple[Group, ...]]
    default_groups: tuple[str, ...]
    paper: str = ""
    mice: int = 6
    sessions: int = 7
    trials: int = 40
    fewest_sessions: int = 1
    fewest_trials: int = 1
    training: int = 0
    timings: tuple[str, ...] = TIMINGS

    @property
    def minutes(self) -> int:
        """Roughly how long it takes at its usual size on two cores."""
        return math.ceil(len(self.default_groups) * self.mice * self.sessions * self.trials / TRIALS_A_MINUTE)


DESIGNS = {
    "acquisition": Named(
        "Does learning to reach need dopamine in M1?",
        "learning over 7 sessions, M1 dopamine blocked in sessions 2-4 in one group; sham on request",
        protocols.acquisition,
        ("control", "m1-block"),
        GHANAYIM,
        fewest_sessions=2,
    ),
    "expert-block": Named(
        "Do experts need dopamine in M1 to perform?",
        "7 sessions of learning, then M1 dopamine blocked in the last two of 9",
        protocols.expert_block,
        ("control", "m1-block-expert"),
        GHANAYIM,
        sessions=9,
        fewest_sessions=3,
        training=7,
    ),
    "ablation": Named(
        "What does each mechanism of the brain contribute to learning?",
        "learning over 7 sessions in brains that lack one mechanism each, beside control",
        protocols.ablation,
        ("control", *protocols.ABLATIONS),
        fewest_sessions=2,
    ),
    "adaptation": Named(
        "How strong must the cortex-basal ganglia loop be for experts to adapt?",
        "experts meet a perturbed world, then it is as before; each group with another gain of its loops",
        protocols.adaptation,
        (*(f"gain-{gain:g}" for gain in protocols.LOOP_GAINS), "abrupt"),
        LEBLOIS,
        sessions=8,
        fewest_sessions=2,
        fewest_trials=protocols.FEWEST_TRIALS,
        training=7,
    ),
    "gpi-off": Named(
        "Which performance depends on the output of the basal ganglia?",
        "output of the basal ganglia silenced in experts, in mice that adapt, and in novices",
        protocols.gpi_off,
        ("control", "expert-off", "adapting", "adapting-off", "abrupt"),
        LEBLOIS,
        sessions=8,
        fewest_sessions=2,
        fewest_trials=protocols.FEWEST_TRIALS,
        training=7,
    ),
    "covert": Named(
        "Do mice learn while the output of their basal ganglia is silenced?",
        "output of the basal ganglia silenced in the first half of training, or M1 dopamine blocked, then released",
        protocols.covert,
        ("control", "gpi-block", "m1-block"),
        PIRON,
        sessions=6,
        fewest_sessions=2,
    ),
    "depletion": Named(
        "What does striatum without its dopamine change that a block in M1 does not?",
        "nigro-striatal cells lost from session 2 on, in grades; beside it M1 dopamine blocked",
        protocols.depletion,
        ("control", *(f"loss-{loss:g}" for loss in protocols.LOSSES), "m1-block"),
        fewest_sessions=2,
    ),
    "stimulation": Named(
        "Does stimulation of striatum raise learning, and more so in aged mice?",
        "striatum driven by theta bursts in training, sham and high-frequency control, in young and aged mice",
        protocols.stimulation,
        tuple(f"{age}-{waveform}" for age in protocols.AGES for waveform in protocols.WAVEFORMS),
        WESSEL,
        sessions=5,
        fewest_sessions=2,
    ),
    "partial-block": Named(
        "How much M1 dopamine does learning need, and at which time of the trial?",
        "M1 dopamine blocked in sessions 2-4 in part: a quarter, half, three quarters; at the tone or at the outcome alone",
        protocols.partial_block,
        ("control", *(f"m1-at-{depth:g}" for depth in protocols.DEPTHS), "m1-block", "m1-tone", "m1-outcome"),
        sessions=4,
        fewest_sessions=2,
        timings=("compact",),
    ),
    "adapting-block": Named(
        "Which dopamine do experts need to adapt, and which to know it on the next day?",
        "experts meet a shifted plate on two days, dopamine blocked on the first: in M1, in striatum, in both",
        protocols.adapting_block,
        ("adapting", "adapting-m1", "adapting-striatum", "adapting-both", "abrupt"),
        sessions=9,
        fewest_sessions=3,
        fewest_trials=protocols.FEWEST_TRIALS,
        training=7,
    ),
    "single": Named(
        "What does one mouse do?",
        "one mouse without an intervention: to look at",
        protocols.single,
        ("control",),
        mice=1,
    ),
}
