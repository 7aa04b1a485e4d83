"""The designs of the loop as data: who gets what when; and groups whose interventions, changed worlds and brains survive JSON."""

import json

import numpy as np
import pytest

from reachenv.agents.brain.params import LoopParams
from reachenv.agents.brain.variants import PRESETS, changed
from reachenv.agents.interventions import When, parse
from reachenv.lab.design.catalogue import DESIGNS
from reachenv.lab.design.design import Design, Origin
from reachenv.lab.design.group import intervention_label, interventions_in, perturbation_label, treated_sessions
from reachenv.lab.design.make import make_design
from reachenv.lab.design.perturbations import WorldChange, change_at, reset_options
from reachenv.lab.errors import UserError

LOOP = ("adaptation", "gpi-off", "covert", "depletion", "stimulation", "partial-block", "adapting-block")


def group(design, name):
    return next(g for g in design.groups if g.name == name)


@pytest.mark.parametrize("name", LOOP)
def test_json_keeps_a_design_whole(name):
    design = make_design(name, origin=Origin("run", "control", 7, 5))
    assert Design.from_json(json.loads(json.dumps(design.to_json()))) == design
    assert len({g.name for g in design.groups}) == len(design.groups)


def test_adaptation_weakens_loops_and_moves_the_plate_after_training():
    design = make_design("adaptation", trials=40)
    strong, weak = group(design, "gain-1"), group(design, "gain-0.25")
    assert [bool(interventions_in(weak, s)) for s in range(1, 9)] == 7 * [False] + [True]
    assert intervention_label(weak, 8, 1) == "thalamus>itx0.25" and not strong.interventions
    right = [[-change_at(strong.perturbations, s, t).plate_shift_mm[1] if change_at(strong.perturbations, s, t) else 0
              for t in (1, 2, 3, 4, 7, 8, 9, 24, 25, 40)] for s in (7, 8)]  # fmt: skip
    assert right[0] == [0] * 10 and np.allclose(right[1], [0.0, 0.0, 0.5, 1.0, 2.5, 3.0, 3.5, 3.5, 0.0, 0.0])
    assert perturbation_label(strong, 8, 20) == "plate_shift_mm=(0.0, -3.5, 0.0)"
    at_once = group(design, "abrupt")
    assert perturbation_label(at_once, 8, 3) == perturbation_label(at_once, 8, 24) == "plate_shift_mm=(0.0, -3.5, 0.0)"
    assert (
        not change_at(at_once.perturbations, 8, 25)
        and not change_at(at_once.perturbations, 8, 2)
        and not at_once.interventions
    )


def test_a_rotation_grows_in_eleven_steps_to_thirty_degrees():
    design = make_design("adaptation", groups=("rotation-gain-1",), trials=140)
    angles = [change_at(design.groups[0].perturbations, 8, t).command_rotation_deg for t in (8, 11, 12, 47, 48, 84)]
    assert angles == pytest.approx([30 / 11, 30 / 11, 60 / 11, 300 / 11, 30, 30])
    assert not change_at(design.groups[0].perturbations, 8, 85) and not change_at(design.groups[0].perturbations, 8, 7)


def test_gpi_is_silenced_in_experts_adapting_mice_and_novices():
    design = make_design("gpi-off", groups=("expert-off", "adapting", "adapting-off", "novice-off"), trials=36)
    off = {
        g.name: [(s, t) for s in range(1, 10) for t in (1, 24, 25, 36) if intervention_label(g, s, t)]
        for g in design.groups
    }
    assert off["expert-off"] == [(8, t) for t in (1, 24, 25, 36)] and not off["adapting"]
    assert off["adapting-off"] == [(8, 25), (8, 36)]
    assert {s for s, _ in off["novice-off"]} == {1, 2, 3}
    for name in ("adapting", "adapting-off"):
        moved = [(s, t) for s in (7, 8) for t in (1, 2, 36) if change_at(group(design, name).perturbations, s, t)]
        assert moved == [(8, 2), (8, 36)]


def test_covert_training_ends_where_the_release_begins():
    design = make_design("covert", sessions=6)
    assert [intervention_label(group(design, "gpi-block"), s, 1) for s in (1, 3, 4)] == ["gpix0", "gpix0", ""]
    assert [i.when.sessions for i in group(design, "m1-block").interventions] == [(1, 3)]


def test_depletion_is_graded_and_stimulation_comes_in_two_ages():
    effects = [i.effect for g in make_design("depletion").groups for i in g.interventions]
    losses = [effect.loss for effect in effects if effect.kind == "deplete"]
    assert losses == [0.3, 0.6, 0.9]
    design = make_design("stimulation")
    assert {g.variant for g in design.groups} == {"", "aged"}
    assert [intervention_label(group(design, "aged-theta-burst"), s, 1) for s in (1, 2)] == [
        "",
        "striatum~theta-burst=0.02",
    ]


def test_from_a_run_the_training_is_left_out_and_days_go_on():
    origin = Origin("acq", "control", 7, 5)
    design = make_design("adaptation", origin=origin)
    assert (design.sessions, design.seed, design.day(1), design.birth_cohort()) == (1, 5, 8, 5)
    assert treated_sessions(group(design, "gain-1"), 1) == treated_sessions(group(design, "gain-0"), 1) == [1]
    other = make_design("expert-block", origin=origin, seed=9)
    assert (other.sessions, other.seed, other.birth_cohort()) == (2, 9, 5)


def test_interventions_of_all_kinds_make_groups():
    design = make_design(interventions=("gpi:2/1-9+m1:3", "loop:2-4x0.5", "d1:2~theta-burst"))
    mixed = design.groups[1]
    assert mixed.name == "gpi-2-1-9-and-m1-3" and len(mixed.interventions) == 2
    assert interventions_in(mixed, 2) == (parse("gpi:2/1-9"),) and interventions_in(mixed, 3) == (parse("m1:3"),)
    assert not interventions_in(mixed, 2, trial=10)
    with pytest.raises(UserError, match="session 9"):
        make_design(interventions=("gpi:9",))


def test_changes_are_the_worlds_own_options():
    shift = WorldChange(When((1, 1)), plate_shift_mm=(2.0, 0.0, 0.0))
    assert reset_options([None, None]) is None
    first, second = reset_options([shift, None])["perturbation"]
    assert first.plate_shift_mm == (2.0, 0.0, 0.0) and second.label() == ""
    assert shift.label() == first.label()
    usual = WorldChange(When((1, 1)))
    assert usual.label() == "" and change_at([usual], 1, 1) is None
    with pytest.raises(ValueError, match="seconds are not"):
        WorldChange(When((1, 1), seconds=(0.0, 1.0)))


@pytest.mark.parametrize("name", PRESETS)
def test_presets_differ_and_the_groups_name_those_there_are(name):
    assert changed(name) != LoopParams() and changed("") == LoopParams()
    with pytest.raises(ValueError, match="'old'.*aged"):
        changed("old")


def test_every_named_design_says_what_it_is():
    assert set(LOOP) < set(DESIGNS)
    for named in DESIGNS.values():
        assert named.about and named.question.endswith("?") and 0 < named.minutes < 60
