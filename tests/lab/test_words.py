"""Labels of the trials table in words."""

import pytest

from agents.interventions import parse
from lab.protocols import adaptation, depletion, gpi_off, stimulation
from lab.words import intervention_words, perturbation_words


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
        ("striatum:2/1-1.5s", "striatal dopamine silenced at 1-1.5 s"),
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
    groups = [g for make in (adaptation, depletion, gpi_off, stimulation) for g in make(9, 40)]
    for label in {i.label() for g in groups for i in g.interventions}:
        assert intervention_words(label) != label
    for label in {c.label() for g in groups for c in g.changes}:
        assert "=" not in perturbation_words(label)
