"""L1–L5, L7, D3, D4: reproduced where the effect is planted, not where it was removed, undecided where there is too little."""

import dataclasses

import pytest
from planted_loop import moved_by, planted

from reachenv.lab.analysis.adaptation import loop_gain
from reachenv.lab.design.catalogue import DESIGNS
from reachenv.lab.findings import loop, striatum
from reachenv.lab.findings.verdict import FAILED, REPRODUCED, UNDECIDED

FAST = 6  # trials in which a mouse adapts, once the whole move is there
WHOLE, GONE = 9, 25  # of 40 trials in session 8: the first with all of the move, in adaptation the first without it


def adapts(share=lambda group: 1.0):
    """In session 8 makes up for what is moved by its group's share, within FAST trials; unlearns it as fast once it is gone."""

    def made_up(group, session, trial):
        if session != 8:
            return 0.0
        if trial >= GONE:
            return share(group) * max(0.0, 1 - (trial - GONE) / FAST)
        return share(group) * (min(1.0, (trial - WHOLE) / FAST) if trial >= WHOLE else 0.0)

    return made_up


def strong(group):
    return 0.95 if loop_gain(group) > 0.4 else 0.05


def test_l1_a_threshold_of_the_loop_gain_is_seen():
    judged = loop.threshold(planted("adaptation", adapts(strong)))
    assert judged.verdict == REPRODUCED and judged.n == 12
    assert judged.statistic == pytest.approx(0.95, abs=0.1)


@pytest.mark.parametrize(
    "share", [lambda g: 0.95, lambda g: 0.05, loop_gain, lambda g: 1 - strong(g)], ids=["all", "none", "graded", "weak"]
)
def test_l1_no_threshold_no_finding(share):
    assert loop.threshold(planted("adaptation", adapts(share))).verdict == FAILED


def test_what_stops_a_reach_short_is_not_taken_for_adaptation():
    """Reaches that err by 60 % of a large move and all of a small one: measured against mice whose world was moved at once."""

    def stopped(group, session, trial):
        return 0.4 * moved_by(group, session, trial) ** 3 if session == 8 else 0.0

    judged = loop.threshold(planted("adaptation", stopped))
    assert judged.verdict == FAILED and judged.statistic == pytest.approx(0.0, abs=0.1)


def test_a_world_that_hardly_moves_reaches_judges_nobody():
    """A tenth of the move is half of what reaches scatter by: whoever follows or drifts, it is not to be told."""

    def bent(group, session, trial):
        return 0.9 * moved_by(group, session, trial) + 0.1 * adapts(strong)(group, session, trial)

    run = planted("adaptation", bent)
    assert loop.threshold(run).verdict == loop.after_effect(run).verdict == UNDECIDED
    assert "less than they scatter" in loop.threshold(run).note
    off = planted("gpi-off", lambda g, s, t: 0.9 * moved_by(g, s, t))
    assert loop.learners(off).verdict == UNDECIDED


def test_l2_the_after_effect_is_seen_and_washes_out():
    judged = loop.after_effect(planted("adaptation", adapts(strong)))
    assert judged.verdict == REPRODUCED and judged.parts[0].statistic < -0.5


def test_l2_no_adaptation_leaves_no_after_effect():
    assert loop.after_effect(planted("adaptation", adapts(lambda g: 0.0))).verdict == FAILED


def test_l2_what_stays_is_not_washed_out():
    never = adapts(strong)
    stays = loop.after_effect(planted("adaptation", lambda g, s, t: never(g, s, min(t, GONE))))
    assert stays.verdict == FAILED and stays.parts[0].verdict == REPRODUCED


def works(without):
    """Success .7, in trials without output `without` of it."""
    return lambda group, session, trial: 0.7 * (without if group.name == "expert-off" and session == 8 else 1.0)


def test_l3_experts_keep_their_performance_without_output():
    judged = loop.experts(planted("gpi-off", success=works(1.0)))
    assert judged.verdict == REPRODUCED and judged.statistic == pytest.approx(1, abs=0.05)


def test_l3_a_loss_is_seen():
    assert loop.experts(planted("gpi-off", success=works(0.6))).verdict == FAILED


def loses(lost, gain=0.9):
    """Adapts in session 8; without output (its last third) that share of the gain is lost at once."""

    def made_up(group, session, trial):
        if session != 8 or not group.perturbations:
            return 0.0
        gained = gain * min(1.0, max(0.0, (trial - WHOLE) / FAST))
        return gained * (1 - lost) if group.name == "adapting-off" and trial >= 28 else gained

    return made_up


def test_l4_what_was_gained_is_lost_at_once():
    judged = loop.learners(planted("gpi-off", loses(1.0)))
    assert judged.verdict == REPRODUCED and judged.statistic > 0.8


@pytest.mark.parametrize(
    ("lost", "gain"), [(0.0, 0.9), (0.4, 0.9), (1.0, 0.0)], ids=["kept", "half kept", "nothing gained"]
)
def test_l4_what_is_kept_or_was_never_there_is_not_lost(lost, gain):
    assert loop.learners(planted("gpi-off", loses(lost, gain))).verdict == FAILED


def probed(**other):
    told = {"plan_outlasts_s": [0.3] * 6 + [0.2] * 6, "stable_states": [9, 10] * 6, "threshold": 0.446}
    told |= {"regimes": {"oscillates": True, "persists": True}} | other
    return dataclasses.replace(planted("single", mice=1, sessions=1, trials=1), dynamics=told)


def test_l5_reads_the_probe():
    assert loop.attractors(probed()).verdict == REPRODUCED


@pytest.mark.parametrize(
    "removed",
    [
        {"plan_outlasts_s": [0.0] * 12},
        {"stable_states": [1] * 12},
        {"regimes": {"oscillates": False}},
        {"threshold": 0.3},
    ],
    ids=["plan", "states", "regimes", "threshold"],
)
def test_l5_sees_what_is_not_there(removed):
    assert loop.attractors(probed(**removed)).verdict == FAILED


def released(saved):
    """Success .3 in the first trials; in session 4, after the release, what each group saved on top."""
    return lambda group, session, trial: 0.3 + (saved.get(group.name, 0.4) if session >= 4 else 0.0)


def test_l7_savings_without_output_and_none_without_dopamine():
    judged = loop.covert(planted("covert", success=released({"gpi-block": 0.3, "m1-block": 0.0})))
    assert judged.verdict == REPRODUCED and [p.verdict for p in judged.parts] == [REPRODUCED] * 2


@pytest.mark.parametrize(
    "saved", [{"gpi-block": 0.0, "m1-block": 0.0}, {"gpi-block": 0.3, "m1-block": 0.3}], ids=["none", "both"]
)
def test_l7_needs_the_contrast(saved):
    assert loop.covert(planted("covert", success=released(saved))).verdict == FAILED


def loss(group):
    return max((i.effect.loss for i in group.interventions if i.effect.kind == "deplete"), default=0.0)


def depleted(speed=10.0, size=4.0, learning=0.3, **sizes):
    learns = lambda g, s, t: 0.3 + (0.3 - learning * (loss(g) > 0.8)) * (s - 1) / 6  # noqa: E731
    return planted("depletion", success=learns, speed=lambda g, s: 30 - speed * loss(g) * (s > 1),
                   size=lambda g, s: 15 - size * loss(g) * (s > 1), **sizes)  # fmt: skip


def test_d3_depletion_slows_shrinks_and_impairs():
    judged = striatum.depletion(depleted())
    assert judged.verdict == REPRODUCED and len(judged.parts) == 4


@pytest.mark.parametrize("gone", ["speed", "size", "learning"])
def test_d3_each_part_is_needed(gone):
    assert striatum.depletion(depleted(**{gone: 0.0})).verdict == FAILED


def test_d3_a_slow_m1_block_is_seen():
    slow = depleted()
    slow.trials.loc[(slow.trials.group == "m1-block") & (slow.trials.session > 1), "peak_speed"] *= 0.7
    judged = striatum.depletion(slow)
    assert judged.verdict == FAILED and judged.parts[3].verdict == FAILED


def stimulated(young=0.1, aged=0.25, control=0.0):
    def success(group, session, trial):
        waveform = group.interventions[0].effect.waveform
        extra = {"theta-burst": aged if group.variant else young, "high-frequency": control, "sham": 0.0}[waveform]
        return 0.3 + (0.1 + extra) * (session - 1) / 4

    return planted("stimulation", success=success)


def test_d4_theta_bursts_raise_learning_most_in_aged_mice():
    assert striatum.stimulation(stimulated()).verdict == REPRODUCED


@pytest.mark.parametrize(
    "other",
    [{"young": 0.0, "aged": 0.0}, {"young": 0.25, "aged": 0.25}, {"control": 0.25}],
    ids=["none", "alike", "any course"],
)
def test_d4_needs_the_envelope_and_the_age(other):
    assert striatum.stimulation(stimulated(**other)).verdict == FAILED


CASES = {
    "adaptation": (loop.threshold, loop.after_effect), "gpi-off": (loop.experts, loop.learners), "covert": (loop.covert,),
    "depletion": (striatum.depletion,), "stimulation": (striatum.stimulation,),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_a_small_run_is_not_enough(name):
    # A design that moves the world refuses few trials itself.
    few_trials = () if DESIGNS[name].fewest_trials > 12 else ({"trials": 12},)
    for small in ({"mice": 3}, *few_trials):
        evidence = planted(name, adapts(strong), **small)
        assert [judge(evidence).verdict for judge in CASES[name]] == [UNDECIDED] * len(CASES[name])


def test_other_designs_say_what_is_needed():
    evidence = planted("single", mice=1, sessions=1, trials=4)
    for judges in CASES.values():
        for judge in judges:
            assert judge(evidence).verdict == UNDECIDED and "needs" in judge(evidence).note
    assert "reachenv dynamics" in loop.attractors(evidence).note
