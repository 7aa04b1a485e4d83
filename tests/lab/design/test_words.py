"""Interventions and perturbations in words."""

import pytest

from reachenv.agents.interventions import When, parse
from reachenv.lab.design.make import intervention_group
from reachenv.lab.design.perturbations import WorldChange
from reachenv.lab.design.protocols import (
    CONTROL,
    adaptation,
    adapting_block,
    depletion,
    gpi_off,
    partial_block,
    stimulation,
)
from reachenv.lab.design.wording import group_words, intervention_words, merged, perturbation_words, session_words


def words(text, **options):
    """The words of one or of several interventions, as they stand in a pill or over a bar each."""
    return [intervention_words(part, **options) for part in merged(map(parse, text.split("+")))]


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
        ("striatum:2x2", "striatal dopamine × 2"),
        ("striatum_d1:2x0.5", "D1 cells × 0.5"),
        ("striatum:2/1-1.5s", "striatal dopamine blocked 1–1.5 s into the trial"),
        ("both:2/1-1.5s", "M1 and striatal dopamine blocked 1–1.5 s into the trial"),
    ],
)
def test_every_kind_of_intervention(text, said):
    assert words(text) == [said]


def test_several_at_once_and_none():
    assert words("gpi:1+snc:1@0.6+m1:1") == ["M1 dopamine blocked", "GPi silenced", "60% of nigral cells lost"]
    assert merged(()) == [] and perturbation_words(WorldChange(When((1, 1)))) == ""


def test_changes_of_the_world():
    when = When((1, 1))
    assert perturbation_words(WorldChange(when, (0.0, -3.0, 0.0))) == "plate moved 3 mm"
    turned = WorldChange(when, command_rotation_deg=30.0, force_field=0.15)
    assert perturbation_words(turned) == "command turned 30°, force field 0.15 mN per cm/s"


def test_every_intervention_and_perturbation_of_the_designs_has_words():
    groups = [g for make in (adaptation, depletion, gpi_off, partial_block, stimulation) for g in make(9, 40)]
    assert all(intervention_words([i]) for g in groups for i in g.interventions)
    assert all(perturbation_words(change) for g in groups for change in g.perturbations)


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
    assert words(f"m1:2/{seconds}s", tone=1.0) == [f"M1 dopamine blocked {said}"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("m1:1", "M1 dopamine blocked"),
        ("striatum:1@0.5", "50% of striatal dopamine blocked"),
        ("both:1", "M1 and striatal dopamine blocked"),
        ("m1:1@0.25+striatum:1@0.25", "25% of M1 and striatal dopamine blocked"),
        ("m1:1@0.5+striatum:1", "50% of M1 and all striatal dopamine blocked"),
        ("m1:1+both:1@0.5", "all M1 and 50% of striatal dopamine blocked"),
        ("m1:1x0.5+both:1x0.5", "75% of M1 and 50% of striatal dopamine blocked"),
    ],
)
def test_dopamine_blocks_are_one_phrase(text, said):
    assert words(text) == [said]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("m1:2-4@0.25", "25% of M1 dopamine blocked in sessions 2–4"),
        ("m1:1", "M1 dopamine blocked in session 1"),
        ("m1:2-4+gpi:8", "M1 dopamine blocked in sessions 2–4, GPi silenced in session 8"),
        ("m1:2-4+gpi:2-4", "M1 dopamine blocked and GPi silenced in sessions 2–4"),
        ("m1:2-3+m1:5", "M1 dopamine blocked in sessions 2–3 and 5"),
        ("gpi:8/21-40", "GPi silenced in trials 21–40 of session 8"),
        ("m1:2-4/1-1.5s", "M1 dopamine blocked 0–0.5 s after the tone in sessions 2–4"),
    ],
)
def test_all_interventions_of_a_group_and_when(text, said):
    assert group_words(intervention_group(text, 8), 8, tone=1.0) == said


def test_a_group_is_told_with_how_its_world_is_moved():
    groups = {g.name: g for g in adapting_block(9, 40)}
    assert (
        group_words(groups["adapting-m1"], 9) == "M1 dopamine blocked in session 8, plate moved 3.5 mm in sessions 8–9"
    )
    assert session_words(groups["adapting-both"], 8) == "M1 and striatal dopamine blocked, plate moved 3.5 mm"
    assert group_words(CONTROL, 9) == session_words(groups["adapting-m1"], 3) == ""


def test_of_a_single_session_its_number_is_not_told():
    (off,) = (g for g in gpi_off(1, 40) if g.name == "adapting-off")
    assert group_words(off, 1) == "GPi silenced in trials 28–40, plate moved 3.5 mm"
    assert (
        session_words(off, 1, trial=1) == "" and session_words(off, 1, trial=40) == "GPi silenced, plate moved 3.5 mm"
    )


def test_no_two_groups_of_a_block_in_part_read_alike():
    words = [group_words(g, 4, tone=1.0) for g in partial_block(4, 60)]
    assert len(set(words)) == len(words) == 7
