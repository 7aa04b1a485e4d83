"""B1–B5: each judgement finds its effect where it was planted, and not where it was removed."""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from planted import cohort, held, learns, shuffled, with_tapes

from reachenv.lab.design.design import Origin
from reachenv.lab.design.make import intervention_group
from reachenv.lab.findings import behaviour as b
from reachenv.lab.findings.catalogue import FINDINGS
from reachenv.lab.findings.verdict import FAILED, REPRODUCED, UNDECIDED

PAIR = {"control": learns, "m1-block": held}
RULES = {f.id: f.rule for f in FINDINGS}


def numbers(text):
    return [float(x) for x in re.findall(r"(?<![\w.])\d*\.\d+|(?<![\w.])\d+(?![\w.])", text)]


def test_thresholds_are_those_of_the_table():
    assert numbers(RULES["B1"]) == [1, *b.NOVICE, 7, 1, *b.RATIO, 95, b.RATIO_FLOOR]
    assert numbers(RULES["B2"]) == [1, 4, b.GAIN_P] and "a quarter" in RULES["B2"] and b.GAIN_SHARE == 1 / 4
    assert f"at least {b.LATER} sessions later" in RULES["B3"]
    assert f"±{b.MARGIN:.2f}".replace("0.", ".") in RULES["B4"] and "±.05" in RULES["B5"]


# B1 -------------------------------------------------------------------------------------------------------------------


def test_b1_learning_is_found():
    found = b.learning(cohort({"control": learns}))
    assert found.verdict == REPRODUCED and found.n == 12
    assert (
        found.statistic == pytest.approx(2.0, abs=0.3) and 1.3 < found.interval[0] < found.statistic < found.interval[1]
    )


@pytest.mark.parametrize(
    "removed",
    [
        cohort({"control": lambda s: 0.30}),  # weights frozen
        shuffled(cohort({"control": learns}), ["group", "mouse"]),  # success dealt out over sessions
        cohort({"control": lambda s: 0.45 + 0.05 * s}),  # no novice to begin with
        cohort({"control": lambda s: 0.20 + 0.11 * (s - 1)}),  # more than the animal learns
    ],
    ids=["frozen", "shuffled", "no novice", "too much"],
)
def test_b1_is_not_found_where_it_is_not(removed):
    assert b.learning(removed).verdict == FAILED


def test_b1_is_not_judged_by_few_mice_or_few_trials_or_few_sessions():
    assert b.learning(cohort({"control": learns}, mice=7)).verdict == UNDECIDED
    assert b.learning(cohort({"control": learns}, trials=10)).verdict == UNDECIDED
    assert "7 sessions" in b.learning(cohort({"control": learns}, sessions=6)).note


# B2 -------------------------------------------------------------------------------------------------------------------


def test_b2_the_block_is_found():
    found = b.block(cohort(PAIR))
    assert found.verdict == REPRODUCED and found.p < 0.01 and found.statistic < 0.25 and found.unit == "pairs of twins"


def test_b2_can_be_found_with_the_fewest_mice():
    assert b.block(cohort(PAIR, mice=8)).verdict == REPRODUCED


@pytest.mark.parametrize(
    "removed",
    [
        cohort({"control": learns, "m1-block": learns}),  # dopamine never blocked
        cohort({"control": lambda s: 0.3, "m1-block": lambda s: 0.3}),  # nobody learns
        cohort({"control": learns, "m1-block": lambda s: held(s, gain=0.03)}),  # half of the gain is left
        shuffled(cohort(PAIR), ["mouse", "session"]),  # who was blocked is dealt out anew
    ],
    ids=["not blocked", "nobody learns", "half blocked", "shuffled"],
)
def test_b2_is_not_found_where_it_is_not(removed):
    assert b.block(removed).verdict == FAILED


def test_b2_needs_the_published_sessions():
    assert b.block(cohort({"control": learns})).verdict == UNDECIDED
    expert = b.block(cohort({"control": learns, "m1-block-expert": learns}, name="expert-block"))
    assert expert.verdict == UNDECIDED and "acquisition" in expert.note


# B3 -------------------------------------------------------------------------------------------------------------------


def test_b3_catching_up_late_is_found():
    found = b.catching_up(cohort(PAIR, sessions=12))
    assert found.verdict == REPRODUCED and found.statistic >= 2


@pytest.mark.parametrize(
    "removed",
    [
        cohort({"control": learns, "m1-block": learns}, sessions=10),
        cohort({"control": learns, "m1-block": lambda s: 0.3}, sessions=10),
        shuffled(cohort(PAIR, sessions=10), ["mouse", "session"]),
    ],
    ids=["not blocked", "never catches up", "shuffled"],
)
def test_b3_is_not_found_where_it_is_not(removed):
    assert b.catching_up(removed).verdict == FAILED


def test_b3_waits_for_sessions_beyond_the_seventh():
    found = b.catching_up(cohort(PAIR))
    assert found.verdict == UNDECIDED and "--sessions 10" in found.note
    assert (
        b.catching_up(cohort({"control": learns, "m1-block": learns})).verdict == FAILED
    )  # already there: no need to wait


# B4 -------------------------------------------------------------------------------------------------------------------


def experts(after, alter=lambda group, session, traces: None, **sizes):
    curves = {"control": learns, "m1-block-expert": lambda s: learns(s) if s <= 7 else after}
    return with_tapes(cohort(curves, "expert-block", **sizes), alter)


def test_b4_experts_without_dopamine_are_found_to_be_as_good():
    found = b.experts(experts(0.61))
    assert found.verdict == REPRODUCED and found.p < 0.05 and "bit-identical" in found.note


def test_b4_is_not_found_where_experts_suffer():
    assert b.experts(experts(0.45)).verdict == FAILED


def test_b4_is_not_found_where_the_block_changes_execution():
    def disturb(group, session, traces):
        if group == "m1-block-expert" and session == 8:
            traces["command"] = traces["command"] + 1e-7

    found = b.experts(experts(0.60, disturb))
    assert found.verdict == FAILED and "differ" in found.note


def test_b4_is_judged_in_experts_of_another_run():
    origin = Origin("acquisition-full", "control", 7, 5)
    after = {"control": lambda s: 0.60, "m1-block-expert": lambda s: 0.61}
    evidence = with_tapes(cohort(after, "expert-block", origin=origin))
    assert evidence.design.sessions == 2
    found = b.experts(evidence)
    assert found.verdict == REPRODUCED and found.n == 12 and "bit-identical" in found.note
    suffers = cohort(after | {"m1-block-expert": lambda s: 0.45}, "expert-block", origin=origin)
    assert b.experts(suffers).verdict == FAILED
    early = cohort(after, "expert-block", origin=replace(origin, session=6))
    assert "seventh" in b.experts(early).note


def test_learning_is_not_judged_in_mice_that_have_learned():
    trained = cohort(PAIR, sessions=10, origin=Origin("acquisition-full", "control", 7, 5))
    assert {judge(trained).verdict for judge in (b.learning, b.block, b.catching_up)} == {UNDECIDED}


def test_b4_cites_a_test_that_is_there():
    path, name = b.EXECUTION_TEST.split("::")
    assert f"def {name}(" in (Path(__file__).parents[3] / path).read_text()
    assert b.EXECUTION_TEST in b.experts(experts(0.61)).note


def test_b4_without_recordings_says_so():
    curves = {"control": learns, "m1-block-expert": learns}
    assert "not recorded" in b.experts(cohort(curves, "expert-block")).note


def test_b4_is_not_a_matter_of_blocks_while_learning():
    assert "expert-block" in b.experts(cohort(PAIR)).note


# B5 -------------------------------------------------------------------------------------------------------------------


def test_b5_sham_is_found_to_be_one_animal_with_control():
    found = b.sham(cohort({"control": learns, "sham": learns}))
    assert found.verdict == REPRODUCED and found.unit == "pairs of twins" and found.statistic == 0
    assert "identical to control's, to the bit" in found.note and "no more" in found.note


def test_b5_is_not_found_where_the_drug_acts():
    assert b.sham(cohort({"control": learns, "sham": held})).verdict == FAILED
    found = b.sham(cohort({"control": learns, "sham": lambda s: learns(s) if s > 4 else 0.3}))
    assert found.verdict == FAILED and abs(found.statistic) < b.MARGIN and "not every trial" in found.note


def test_b5_is_not_a_matter_of_other_mice_or_few():
    evidence = cohort({"control": learns, "sham": learns})
    groups = (evidence.design.groups[0], replace(evidence.design.groups[1], litter=1))
    others = replace(evidence, design=replace(evidence.design, groups=groups))
    assert "twins" in b.sham(others).note and b.sham(others).verdict == UNDECIDED
    assert b.sham(cohort({"control": learns, "sham": learns}, mice=7)).verdict == UNDECIDED


def test_sham_is_neither_control_nor_blocked():
    evidence = cohort({"control": learns, "sham": learns, "m1-block": held})
    assert evidence.control().name == "control" and evidence.m1_blocked().name == "m1-block"
    assert cohort({"control": learns, "sham": learns}).m1_blocked() is None
    assert b.block(evidence).verdict == REPRODUCED


@pytest.mark.parametrize("text", ["m1:2-4", "m1:2-4x0", "m1:2-4@1"])
def test_a_typed_block_is_tested_as_the_designs_own(text):
    own = cohort(PAIR)
    typed = intervention_group(text, 7)
    names = {"m1-block": typed.name}
    evidence = replace(
        own,
        design=replace(own.design, groups=(own.design.groups[0], typed)),
        trials=own.trials.assign(group=own.trials["group"].replace(names)),
    )
    assert evidence.m1_blocked() == evidence.blocked_between(2, 4) == typed
    assert b.block(evidence) == b.block(own) and b.block(own).verdict == REPRODUCED


@pytest.mark.parametrize("text", ["m1:2-4x0.5", "m1:2-4/1-40", "m1:2-4/1-1.5s", "both:2-4", "m1:2-4+gpi:7"])
def test_other_interventions_are_not_that_block(text):
    own = cohort(PAIR)
    groups = (own.design.groups[0], intervention_group(text, 7))
    assert replace(own, design=replace(own.design, groups=groups)).m1_blocked() is None


def test_groups_are_found_by_their_role_not_by_their_name():
    evidence = cohort({"control": learns, "sham": learns})
    names = {"control": "mice", "sham": "handled"}
    groups = tuple(replace(g, name=names[g.name]) for g in evidence.design.groups)
    renamed = replace(
        evidence,
        design=replace(evidence.design, groups=groups),
        trials=evidence.trials.assign(group=evidence.trials["group"].replace(names)),
    )
    assert b.sham(renamed) == b.sham(evidence) and b.sham(renamed).verdict == REPRODUCED
    no_roles = tuple(replace(g, role="treated") for g in evidence.design.groups)
    assert replace(evidence, design=replace(evidence.design, groups=no_roles)).control() is None


def test_a_typed_sham_is_a_sham():
    assert intervention_group("m1:2-4x1", 7).role == "sham" and intervention_group("m1:2-4", 7).role == "treated"


def test_the_same_files_give_the_same_verdict():
    one, two = (b.block(cohort(PAIR)) for _ in range(2))
    assert one == two and np.isfinite(one.interval).all()
