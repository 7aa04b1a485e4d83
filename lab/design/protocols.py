"""The groups of every named design, from the published protocols: which intervention on whom, given the run's size.

Designs that try experts have them train first: the protocol takes the last sessions of the run, however many there are,
so that a run that starts from trained mice (`--from`) holds the protocol alone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from reachenv.agents.interventions import LOOP, Deplete, Intervention, Scale, Stimulate, When, taken
from reachenv.lab.design.group import Group
from reachenv.lab.design.perturbations import WorldChange

CONTROL = Group("control", role="control")
# Kinds of brain that lack one mechanism; what each lacks is the brain's to say.
ABLATIONS = ("no-m1-plasticity", "no-striatal-plasticity", "no-consolidation", "no-homeostasis", "open-loop")


def acquisition(sessions: int, trials: int) -> tuple[Group, ...]:
    """Ghanayim et al. 2025: seven sessions of learning, M1 dopamine blocked in sessions 2–4.

    Sham mice get the drug without its receptor, as long: their M1 dopamine times 1.
    """
    span = (2, min(4, sessions))
    return (CONTROL, _blocked("m1-block", span), Group("sham", (_dopamine("m1", span, 1.0),), role="sham"))


def expert_block(sessions: int, trials: int) -> tuple[Group, ...]:
    """Ghanayim et al. 2025: M1 dopamine blocked in mice that have learned, here in the last two sessions."""
    return (CONTROL, _blocked("m1-block-expert", (sessions - 1, sessions)))


def ablation(sessions: int, trials: int) -> tuple[Group, ...]:
    """One mechanism taken from the brain of each group, from birth on, in matched pairs with the same control mice."""
    return (CONTROL, *(Group(name, variant=name) for name in ABLATIONS))


def single(sessions: int, trials: int) -> tuple[Group, ...]:
    """One group without an intervention."""
    return (CONTROL,)


# --------------------------------------------------------------------------------------- what the basal ganglia are for

LOOP_GAINS = (0.0, 0.25, 0.5, 0.75, 1.0)  # of the usual one; 1 is the whole loop
# To the right, across the reach, and further than the tolerance of the pellet: a shift that costs no reward drives no learning. In steps
# mice go on meeting the pellet; shifted at once (`abrupt`) they came as far by the end of a long session (docs/results/loop/adaptation).
PLATE_MM = (0.0, -3.5, 0.0)
ROTATION_DEG = 30.0  # turns the place of the pellet, 10.2 mm from the perch in the plane, by 5.3 mm
FIELD = 0.25  # mN per cm/s: 8 mN at the 33 cm/s of a reach
STEPS_A_SESSION = 35  # a step lasts this part of a session
# Of a session in which the world is perturbed in steps: one trial a step. Mice need some hundred to adapt.
FEWEST_TRIALS = STEPS_A_SESSION


@dataclass(frozen=True)
class Kind:
    """A kind of perturbation. prefix: of its groups' names. steps: in how many it comes. fields(share) → those of a WorldChange.

    Steps are no more than half a millimetre each where a reach ends; the field bends its way more than its end.
    """

    prefix: str
    steps: int
    fields: Callable[[float], dict[str, Any]]

    def change(self, share: float, session: int, span: tuple[int, int]) -> WorldChange:
        """This share of the whole perturbation, in these trials of a session."""
        return WorldChange(When((session, session), span), **self.fields(share))


PLATE = Kind("", 7, lambda share: {"plate_shift_mm": tuple(share * v for v in PLATE_MM)})
ROTATION = Kind("rotation-", 11, lambda share: {"command_rotation_deg": share * ROTATION_DEG})
FORCE_FIELD = Kind("field-", 7, lambda share: {"force_field": share * FIELD})


def adaptation(sessions: int, trials: int) -> tuple[Group, ...]:
    """Leblois et al. 2025: experts meet a perturbed world, each group with another gain of its loops.

    All in the last session: a few trials are as before (loop gain alone), then the world is perturbed, until three fifths of the
    trials are over; then it is as before: washout. For the reference group it is perturbed at once: how far that shifts a reach
    is what adaptation is measured against.
    """
    last, groups = 3 * trials // 5, [CONTROL]
    for kind in (PLATE, ROTATION, FORCE_FIELD):
        steps = in_steps(kind, sessions, trials, last)
        groups += [_weakened(f"{kind.prefix}gain-{gain:g}", sessions, gain, steps) for gain in LOOP_GAINS]
        groups.append(_abrupt(kind, sessions, trials, last))
    return tuple(groups)


def in_steps(kind: Kind, session: int, trials: int, last: int) -> tuple[WorldChange, ...]:
    """A world that is perturbed after a twentieth of a session's trials, in equal steps, and stays so until `last`."""
    first, step, count = _before(trials) + 1, trials // STEPS_A_SESSION, kind.steps
    spans = [(first + part * step, first + (part + 1) * step - 1) for part in range(count - 1)] if step else []
    steps = (kind.change((part + 1) / count, session, span) for part, span in enumerate(spans))
    return (*at_once(kind, session, trials, last), *steps)


def at_once(kind: Kind, session: int, trials: int, last: int) -> tuple[WorldChange, ...]:
    """The same without steps."""
    return (kind.change(1.0, session, (_before(trials) + 1, last)),)


def gpi_off(sessions: int, trials: int) -> tuple[Group, ...]:
    """Output of the basal ganglia silenced: in experts, in mice that adapt, and, where mice train first, in novices.

    All in the last session: silenced throughout in experts; where the plate is shifted, in one of two groups in the last third.
    """
    late = (max(1, trials - trials // 3 + 1), trials)
    shifted = in_steps(PLATE, sessions, trials, trials)
    groups = [
        CONTROL,
        Group("expert-off", (_silenced((sessions, sessions)),)),
        Group("adapting", perturbations=shifted),
        Group("adapting-off", (_silenced((sessions, sessions), late),), perturbations=shifted),
        _abrupt(PLATE, sessions, trials, trials),
    ]
    if sessions > 3:
        groups.append(Group("novice-off", (_silenced((1, 3)),)))
    return tuple(groups)


def covert(sessions: int, trials: int) -> tuple[Group, ...]:
    """Piron et al. 2016: trained with the output of the basal ganglia silenced, then released; against M1 dopamine blocked."""
    span = (1, max(1, sessions // 2))
    return (CONTROL, Group("gpi-block", (_silenced(span),)), _blocked("m1-block", span))


LOSSES = (0.3, 0.6, 0.9)


def depletion(sessions: int, trials: int) -> tuple[Group, ...]:
    """Nigro-striatal cells lost from the second session on, in grades; beside it M1 dopamine blocked as long."""
    later = (2, sessions)
    lost = (Group(f"loss-{loss:g}", (Intervention("snc", When(later), Deplete(loss)),)) for loss in LOSSES)
    return (CONTROL, *lost, _blocked("m1-block", later))


AGES = ("young", "aged")
WAVEFORMS = ("sham", "theta-burst", "high-frequency")


def stimulation(sessions: int, trials: int) -> tuple[Group, ...]:
    """Wessel et al. 2023: striatum driven by theta bursts in training, against sham and a waveform without an envelope."""
    return tuple(
        Group(
            f"{age}-{waveform}",
            (Intervention("striatum", When((2, sessions)), Stimulate(waveform)),),
            variant="" if age == "young" else age,
            role="sham" if waveform == "sham" else "treated",
        )
        for age in AGES
        for waveform in WAVEFORMS
    )


# --------------------------------------------------------------------------------------- what has not been measured yet

DEPTHS = (0.25, 0.5, 0.75)
# [s] from the start of a trial in the compact timing: from the tone to the grasp; and all that follows.
AT_TONE, AT_OUTCOME = (1.0, 1.5), (1.5, 4.0)


def partial_block(sessions: int, trials: int) -> tuple[Group, ...]:
    """M1 dopamine blocked in sessions 2–4 as in `acquisition`, but in part: a share of it, or at one time of the trial alone."""
    span = (2, min(4, sessions))
    depths = (Group(f"m1-at-{depth:g}", (_dopamine("m1", span, taken(depth)),)) for depth in DEPTHS)
    times = {"m1-tone": AT_TONE, "m1-outcome": AT_OUTCOME}
    timed = (Group(name, (Intervention("m1", When(span, seconds=at), Scale(0.0)),)) for name, at in times.items())
    return (CONTROL, *depths, _blocked("m1-block", span), *timed)


def adapting_block(sessions: int, trials: int) -> tuple[Group, ...]:
    """Experts meet a shifted plate in the last two sessions; in the first of the two dopamine is blocked in M1, in striatum, in both."""
    first = sessions - 1
    again = PLATE.change(1.0, sessions, (1, trials))
    shifted = (*in_steps(PLATE, first, trials, trials), again)
    blocked = (
        Group(f"adapting-{target}", (_dopamine(target, (first, first)),), perturbations=shifted)
        for target in ("m1", "striatum", "both")
    )
    return (CONTROL, Group("adapting", perturbations=shifted), *blocked, _abrupt(PLATE, first, trials, trials))


# ------------------------------------------------------------------------------------------------------------ in pieces


def _dopamine(target: str, sessions: tuple[int, int], factor: float = 0.0) -> Intervention:
    return Intervention(target, When(sessions), Scale(factor))


def _blocked(name: str, sessions: tuple[int, int]) -> Group:
    """A group with M1 dopamine blocked."""
    return Group(name, (_dopamine("m1", sessions),))


def _silenced(sessions: tuple[int, int], trials: tuple[int, int] | None = None) -> Intervention:
    return Intervention("gpi", When(sessions, trials), Scale(0.0))


def _weakened(name: str, session: int, gain: float, perturbations: tuple[WorldChange, ...]) -> Group:
    weaker = () if gain == 1 else (Intervention(LOOP, When((session, session)), Scale(gain)),)
    return Group(name, weaker, perturbations=perturbations)


def _abrupt(kind: Kind, session: int, trials: int, last: int) -> Group:
    """The reference of adaptation: perturbed at once."""
    return Group(f"{kind.prefix}abrupt", perturbations=at_once(kind, session, trials, last), role="reference")


def _before(trials: int) -> int:
    """Trials of a session before its world is perturbed: endpoint errors are measured against them."""
    return max(1, trials // 20)
