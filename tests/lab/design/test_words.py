"""Labels of the trials table in words."""

import pytest

from reachenv.agents.interventions import parse
from reachenv.lab.design.design import lesion_group
from reachenv.lab.design.group import Group
from reachenv.lab.design.protocols import adaptation, adapting_block, depletion, gpi_off, partial_block, stimulation
from reachenv.lab.design.wording import (
    block_words,
    intervention_words,
    perturbation_words,
    session_words,
    treatment_words,
)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("gpi:8", "GPi silenced"),
        ("stn:8x0.5", "STN × 0.5"),
        ("loop:1x0.25", "loop × 0.25"),
        ("thalamus:1@0.5", "thalamus × 0.5"),
        ("snc:2@0.6", "60% of nigral cells lost"),
        ("striatum:2~theta-burst", "theta-burst on striatum"),
        ("m1:2-4x1", "M1 dopamine left as it is"),
        ("striatum:2/1-1.5s", "striatal dopamine silenced 1–1.5 s into the trial"),
        ("both:2/1-1.5s", "M1 and striatal dopamine silenced 1–1.5 s into the trial"),
    ],
)
def test_every_kind_of_intervention(text, said):
    assert intervention_words(parse(text).label()) == said


def test_several_at_once_and_none():
    assert intervention_words("gpix0+snc@0.6") == "GPi silenced + 60% of nigral cells lost"
    assert intervention_words("") == "" and perturbation_words("") == ""


def test_changes_of_the_world():
    assert perturbation_words("plate_shift_mm=(0.0, -3.0, 0.0)") == "plate moved 3 mm"
    assert (
        perturbation_words("command_rotation_deg=30.0 force_field=0.15")
        == "command turned 30°, force field 0.15 mN per cm/s"
    )


def test_every_label_of_the_designs_reads():
    groups = [g for make in (adaptation, depletion, gpi_off, partial_block, stimulation) for g in make(9, 40)]
    for label in {i.label() for g in groups for i in g.interventions}:
        assert intervention_words(label) != label
    for label in {c.label() for g in groups for c in g.changes}:
        assert "=" not in perturbation_words(label)


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        ("1-1.5", "0–0.5 s after the tone"),
        ("1.5-4", "0.5–3 s after the tone"),
        ("0.2-1", "0.8–0 s before the tone"),
        ("0.5-2", "from 0.5 s before to 1 s after the tone"),
    ],
)
def test_a_part_of_the_trial_is_told_from_the_tone_on(seconds, said):
    assert intervention_words(parse(f"m1:2/{seconds}s").label(), tone=1.0) == f"M1 dopamine silenced {said}"


@pytest.mark.parametrize(
    ("label", "said"),
    [
        ("", ""),
        ("m1", "M1 dopamine blocked"),
        ("striatum@0.5", "50% of striatal dopamine blocked"),
        ("both", "M1 and striatal dopamine blocked"),
        ("m1@0.25+striatum@0.25", "25% of M1 and striatal dopamine blocked"),
        ("m1@0.5+striatum", "50% of M1 and all striatal dopamine blocked"),
        ("m1+both@0.5", "all M1 and 50% of striatal dopamine blocked"),
    ],
)
def test_blocks_with_their_depth(label, said):
    assert block_words(label) == said


@pytest.mark.parametrize(
    ("lesion", "said"),
    [
        ("m1:2-4@0.25", "25% of M1 dopamine blocked in sessions 2–4"),
        ("m1:1", "M1 dopamine blocked in session 1"),
        ("m1:2-4+gpi:8", "M1 dopamine blocked in sessions 2–4, GPi silenced in session 8"),
        ("m1:2-4+gpi:2-4", "M1 dopamine blocked and GPi silenced in sessions 2–4"),
        ("m1:2-3+m1:5", "M1 dopamine blocked in sessions 2–3 and 5"),
        ("gpi:8/21-40", "GPi silenced in trials 21–40 of session 8"),
        ("m1:2-4/1-1.5s", "M1 dopamine silenced 0–0.5 s after the tone in sessions 2–4"),
    ],
)
def test_all_that_is_done_to_a_group_and_when(lesion, said):
    assert treatment_words(lesion_group(lesion, 8), 8, tone=1.0) == said


def test_a_group_is_told_with_how_its_world_is_moved():
    groups = {g.name: g for g in adapting_block(9, 40)}
    assert (
        treatment_words(groups["adapting-m1"], 9)
        == "M1 dopamine blocked in session 8, plate moved 3.5 mm in sessions 8–9"
    )
    assert session_words(groups["adapting-both"], 8) == "M1 and striatal dopamine blocked, plate moved 3.5 mm"
    assert treatment_words(Group("control"), 9) == session_words(groups["adapting-m1"], 3) == ""


def test_of_a_single_session_its_number_is_not_told():
    (off,) = (g for g in gpi_off(1, 40) if g.name == "adapting-off")
    assert treatment_words(off, 1) == "GPi silenced in trials 28–40, plate moved 3.5 mm"
    assert (
        session_words(off, 1, trial=1) == "" and session_words(off, 1, trial=40) == "GPi silenced, plate moved 3.5 mm"
    )


def test_no_two_groups_of_a_block_in_part_read_alike():
    words = [treatment_words(g, 4, tone=1.0) for g in partial_block(4, 60)]
    assert len(set(words)) == len(words) == 7
