"""The groups of every named design, from the published protocols: what is done to whom, given the run's size.

Designs that try experts have them train first: the protocol takes the last sessions of the run, however many there are,
so that a run that starts from trained mice (`--from`) holds the protocol alone.
"""

from __future__ import annotations

from reachenv.agents.interventions import LOOP, TARGETS, Block, Depletion, Scaling, Stimulation, When
from reachenv.lab.design.group import Group
from reachenv.lab.design.perturbations import Change

CONTROL = Group("control")

# The names are those of `agents.brain.ablations`.
ABLATIONS = {
    "no-m1-plasticity": "synapses in M1 do not change",
    "no-striatal-plasticity": "cortico-striatal synapses do not change",
    "no-consolidation": "nights capture nothing of what M1 learned by day",
    "no-homeostasis": "layer 2-3 cells do not hold the strength of their senses",
    "open-loop": "thalamus does not reach back to cortex",
}


def acquisition(sessions: int, trials: int) -> tuple[Group, ...]:
    """Ghanayim et al. 2025: seven sessions of learning, M1 dopamine blocked in sessions 2–4.

    Sham mice get the drug without its receptor, as long: their M1 dopamine times 1.
    """
    span = (2, min(4, sessions))
    sham = Group("sham", interventions=(Scaling("m1", When(span), 1.0),))
    return (CONTROL, Group("m1-block", (Block("m1", span, 1.0),)), sham)


def expert_block(sessions: int, trials: int) -> tuple[Group, ...]:
    """Ghanayim et al. 2025: M1 dopamine blocked in mice that have learned, here in the last two sessions."""
    return (CONTROL, Group("m1-block-expert", (Block("m1", (sessions - 1, sessions), 1.0),)))


def ablation(sessions: int, trials: int) -> tuple[Group, ...]:
    """One mechanism taken from the brain of each group, from birth on, in twins of the same control mice."""
    return (CONTROL, *(Group(name, ablation=name) for name in ABLATIONS))


def single(sessions: int, trials: int) -> tuple[Group, ...]:
    return (CONTROL,)


# --------------------------------------------------------------------------------------- what the basal ganglia are for

LOOP_GAINS = (0.0, 0.25, 0.5, 0.75, 1.0)  # of the usual one; 1 is the whole loop
# To the right, across the reach, and further than a pellet forgives: what costs no reward teaches nothing. In steps mice go on meeting
# the pellet; moved all at once (`abrupt`) they came as far by the end of a long session (docs/results/loop/adaptation).
PLATE_MM = (0.0, -3.5, 0.0)
ROTATION_DEG = 30.0  # turns the place of the pellet, 10.2 mm from the perch in the plane, by 5.3 mm
FIELD = 0.25  # mN per cm/s: 8 mN at the 33 cm/s of a reach
# In how many steps. No more than half a millimetre each where a reach ends; the field bends its way more than its end.
STEPS = {"plate": 7, "rotation": 11, "field": 7}
STEPS_A_SESSION = 35  # a step lasts this part of a session
# Of a session in which the world is moved in steps: one trial a step. Mice need some hundred to follow.
FEWEST_TRIALS = STEPS_A_SESSION


def adaptation(sessions: int, trials: int) -> tuple[Group, ...]:
    """Leblois et al. 2025: experts meet a shifted world, each group with another gain of its loops.

    All in the last session: a few trials are as before (loop gain alone), then the world is moved, until three fifths of the trials
    are over; then it is as before: washout. For one group it is moved all at once: how far that sets a reach off is what
    adaptation is measured against.
    """
    last, groups = 3 * trials // 5, [CONTROL]
    for kind in ("plate", "rotation", "field"):
        prefix = "" if kind == "plate" else f"{kind}-"
        moved = moves(kind, sessions, trials, last)
        groups += [_shifted(f"{prefix}gain-{gain:g}", sessions, gain, moved) for gain in LOOP_GAINS]
        groups.append(Group(f"{prefix}abrupt", changes=at_once(kind, sessions, trials, last)))
    return tuple(groups)


def moves(kind: str, session: int, trials: int, last: int) -> tuple[Change, ...]:
    """A world that is moved after a twentieth of a session's trials, in equal steps, and stays so until `last`."""
    first, step, count = _before(trials) + 1, trials // STEPS_A_SESSION, STEPS[kind]
    spans = [(first + part * step, first + (part + 1) * step - 1) for part in range(count - 1)] if step else []
    steps = (_change(kind, (part + 1) / count, session, span) for part, span in enumerate(spans))
    return (*at_once(kind, session, trials, last), *steps)


def at_once(kind: str, session: int, trials: int, last: int) -> tuple[Change, ...]:
    """The same without steps."""
    return (_change(kind, 1.0, session, (_before(trials) + 1, last)),)


def _before(trials: int) -> int:
    """Trials of a session before its world is moved: what reaches err by is measured against them."""
    return max(1, trials // 20)


def _change(kind: str, share: float, session: int, span: tuple[int, int]) -> Change:
    if kind == "plate":
        x, y, z = PLATE_MM
        return Change((session, session), span, plate_shift_mm=(share * x, share * y, share * z))
    if kind == "rotation":
        return Change((session, session), span, command_rotation_deg=share * ROTATION_DEG)
    return Change((session, session), span, force_field=share * FIELD)


def _shifted(name: str, session: int, gain: float, moved: tuple[Change, ...]) -> Group:
    weaker = () if gain == 1 else (Scaling(LOOP, When((session, session)), gain),)
    return Group(name, interventions=weaker, changes=moved)


def gpi_off(sessions: int, trials: int) -> tuple[Group, ...]:
    """Output of the basal ganglia silenced: in experts, in mice that adapt, and, where mice train first, in novices.

    All in the last session: silenced throughout in experts; where the plate is moved, in one of two groups in the last third.
    """
    late = (max(1, trials - trials // 3 + 1), trials)
    moved = moves("plate", sessions, trials, trials)
    groups = [
        CONTROL,
        Group("expert-off", interventions=(Scaling("gpi", When((sessions, sessions))),)),
        Group("adapting", changes=moved),
        Group("adapting-off", interventions=(Scaling("gpi", When((sessions, sessions), late)),), changes=moved),
        Group("abrupt", changes=at_once("plate", sessions, trials, trials)),
    ]
    if sessions > 3:
        groups.append(Group("novice-off", interventions=(Scaling("gpi", When((1, 3))),)))
    return tuple(groups)


def covert(sessions: int, trials: int) -> tuple[Group, ...]:
    """Piron et al. 2016: trained with the output of the basal ganglia blocked, then released; against M1 dopamine blocked."""
    blocked = (1, max(1, sessions // 2))
    return (
        CONTROL,
        Group("gpi-block", interventions=(Scaling("gpi", When(blocked)),)),
        Group("m1-block", (Block("m1", blocked),)),
    )


LOSSES = (0.3, 0.6, 0.9)


def depletion(sessions: int, trials: int) -> tuple[Group, ...]:
    """Nigro-striatal cells lost from the second session on, in grades; beside it M1 dopamine blocked as long."""
    later = (2, sessions)
    lost = (Group(f"loss-{loss:g}", interventions=(Depletion(When(later), loss),)) for loss in LOSSES)
    return (CONTROL, *lost, Group("m1-block", (Block("m1", later),)))


AGES = ("young", "aged")
COURSES = ("sham", "theta-burst", "high-frequency")


def stimulation(sessions: int, trials: int) -> tuple[Group, ...]:
    """Wessel et al. 2023: striatum driven by theta bursts in training, against sham and a course without an envelope."""
    return tuple(
        Group(
            f"{age}-{course}",
            interventions=(Stimulation("striatum", When((2, sessions)), course),),
            preset="" if age == "young" else age,
        )
        for age in AGES
        for course in COURSES
    )


# ------------------------------------------------------------------------------------------ what nobody has measured yet

DEPTHS = (0.25, 0.5, 0.75)
# [s] from the start of a trial in the compact timing: from the tone to the grasp; and all that follows.
AT_TONE, AT_OUTCOME = (1.0, 1.5), (1.5, 4.0)


def partial_block(sessions: int, trials: int) -> tuple[Group, ...]:
    """M1 dopamine blocked in sessions 2–4 as in `acquisition`, but in part: to some depth, or at one time of the trial alone."""
    span = (2, min(4, sessions))
    depths = (Group(f"m1-at-{depth:g}", (Block("m1", span, depth),)) for depth in DEPTHS)
    times = {"m1-tone": AT_TONE, "m1-outcome": AT_OUTCOME}
    timed = (Group(name, interventions=(Scaling("m1", When(span, seconds=at), 0.0),)) for name, at in times.items())
    return (CONTROL, *depths, Group("m1-block", (Block("m1", span, 1.0),)), *timed)


def adapting_block(sessions: int, trials: int) -> tuple[Group, ...]:
    """Experts meet a moved plate in the last two sessions; in the first of the two dopamine is blocked in M1, in striatum, in both."""
    first = sessions - 1
    again = Change((sessions, sessions), (1, trials), plate_shift_mm=PLATE_MM)
    moved = (*moves("plate", first, trials, trials), again)
    blocked = (Group(f"adapting-{target}", (Block(target, (first, first), 1.0),), changes=moved) for target in TARGETS)
    abrupt = Group("abrupt", changes=at_once("plate", first, trials, trials))
    return (CONTROL, Group("adapting", changes=moved), *blocked, abrupt)
