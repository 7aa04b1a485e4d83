"""Designs as data: the published protocol, sizes, interventions, and what is refused before any work."""

import dataclasses
import json

import pytest

from reachenv.lab.design.catalogue import DESIGNS
from reachenv.lab.design.design import Design
from reachenv.lab.design.group import blocked_sessions, intervention_label, treated_sessions
from reachenv.lab.design.make import intervention_group, make_design
from reachenv.lab.design.protocols import ABLATIONS
from reachenv.lab.errors import UserError


def test_acquisition_blocks_m1_in_sessions_two_to_four_and_nothing_else():
    design = make_design()
    control, blocked = design.groups
    assert (control.name, design.sessions) == ("control", 7)
    assert blocked_sessions(control, 7) == [] and blocked_sessions(blocked, 7) == [2, 3, 4]
    assert [intervention_label(blocked, s, 1) for s in range(1, 8)] == ["", "m1x0", "m1x0", "m1x0", "", "", ""]


def test_sham_is_there_on_request_twins_of_control_handled_as_long_as_a_block_lasts():
    control, sham = make_design(groups=("control", "sham")).groups
    assert sham.litter == control.litter and not sham.untouched()
    assert blocked_sessions(sham, 7) == [] and (control.role, sham.role) == ("control", "sham")
    assert treated_sessions(sham, 7) == [2, 3, 4]
    assert [intervention_label(sham, s, 1) for s in (1, 2, 4, 5)] == ["", "m1x1", "m1x1", ""]


def test_expert_block_comes_after_seven_free_sessions():
    design = make_design("expert-block")
    assert blocked_sessions(design.groups[1], design.sessions) == [8, 9]


def test_ablated_mice_are_twins_of_control_and_nothing_is_blocked_in_them():
    control, *others = make_design("ablation").groups
    assert control.name == "control" and not control.variant and len(others) == len(ABLATIONS)
    for group in others:
        assert group.variant == group.name and group.litter == control.litter and not group.interventions


def test_an_intervention_makes_a_group_named_after_it_beside_control():
    design = make_design(interventions=("m1:2-4", "both:2-4@0.5", "m1:2+striatum:5"))
    assert [g.name for g in design.groups] == ["control", "m1-2-4", "both-2-4-at-0.5", "m1-2-and-striatum-5"]
    assert intervention_label(design.groups[2], 3, 1) == "bothx0.5"
    assert [intervention_label(design.groups[3], s, 1) for s in (2, 3, 5)] == ["m1x0", "", "striatumx0"]


@pytest.mark.parametrize("name", DESIGNS)
def test_json_keeps_a_design_whole(name):
    design = make_design(name, seed=5)
    assert Design.from_json(json.loads(json.dumps(design.to_json()))) == design


def test_designs_are_frozen():
    with pytest.raises(dataclasses.FrozenInstanceError):
        make_design().mice = 3


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"name": "aquisition"}, ["aquisition", "acquisition", "single"]),
        ({"interventions": ["m1:9"]}, ["session 9", "7 sessions"]),
        ({"interventions": ["m1:4-2"]}, ["4-2"]),
        ({"interventions": ["m1:2@1.5"]}, ["1.5"]),
        ({"interventions": ["rubbish"]}, ["rubbish", "m1:2-4"]),
        ({"interventions": ["m1:2-4", "m1:2-4"]}, ["m1-2-4", "twice"]),
        ({"trials": -3}, ["-3", "trials"]),
        ({"mice": 0}, ["0", "mice"]),
        ({"sessions": 100}, ["100", "99"]),
        ({"sessions": 1}, ["2 sessions", "1"]),
        ({"seed": -1}, ["-1", "seed"]),
        ({"timing": "slow"}, ["slow", "compact", "ghanayim2025"]),
        ({"groups": ["controls"]}, ["controls", "m1-block"]),
    ],
)
def test_what_cannot_be_is_refused_in_one_sentence_that_names_it(asked, said):
    with pytest.raises(UserError) as error:
        make_design(**asked)
    assert all(word in str(error.value) for word in said), str(error.value)
    assert "\n" not in str(error.value)


def test_names_of_such_groups_are_folder_names():
    assert "/" not in intervention_group("both:1-2@0.25", 7).name
