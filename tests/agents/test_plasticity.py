"""Rules against numbers worked by hand from the equations in their docstrings."""

import pytest
import torch

from agents import plasticity as rule


def test_eligibility_adds_the_product_to_what_is_left():
    trace = torch.tensor([[[1.0, 0.0], [0.0, 2.0]]])
    pre, post = torch.tensor([[3.0, 5.0]]), torch.tensor([[2.0, -1.0]])
    # .5 * trace + outer([2, -1], [3, 5]) = [[.5 + 6, 10], [-3, 1 - 5]]
    assert rule.eligibility(trace, pre, post, 0.5).tolist() == [[[6.5, 10.0], [-3.0, -4.0]]]


def test_striatal_receptors_have_opposite_signs():
    dopamine, tonic = torch.tensor([0.75, 0.0]), torch.tensor([0.25, 0.25])
    assert rule.striatal_modulation(dopamine, tonic, +1).tolist() == [0.5, -0.25]
    assert rule.striatal_modulation(dopamine, tonic, -1).tolist() == [-0.5, 0.25]


def test_unknown_receptor_is_refused():
    with pytest.raises(ValueError, match=r"\+1 \(D1\) or -1 \(D2\)"):
        rule.striatal_modulation(torch.zeros(1), torch.zeros(1), 2)


def test_cortical_synapses_follow_dopamine_itself():
    assert rule.cortical_modulation(torch.tensor([0.0, 0.3])).tolist() == pytest.approx([0.0, 0.3])


def test_three_factors_multiply():
    tag = torch.tensor([[[1.0, 2.0], [3.0, 4.0]]])
    assert rule.three_factor(tag, torch.tensor([[0.5, -1.0]])).tolist() == [[[0.5, 1.0], [-3.0, -4.0]]]


def test_fading_goes_part_of_the_way_to_rest():
    # 10 + .25 (2 - 10) = 8
    assert rule.fade(torch.tensor([10.0]), torch.tensor(2.0), 0.25).tolist() == [8.0]


def test_a_night_with_dopamine_captures_and_loses_nothing():
    early, late = rule.consolidate(torch.full((1, 1, 1), 8.0), torch.ones(1, 1, 1), torch.tensor([1.0]), 0.25, 0.5)
    assert (early.item(), late.item()) == (6.0, 3.0)  # a quarter of 8 moves over


def test_a_night_without_dopamine_captures_nothing_and_loses_half():
    early, late = rule.consolidate(torch.full((1, 1, 1), 8.0), torch.ones(1, 1, 1), torch.tensor([0.0]), 0.25, 0.5)
    assert (early.item(), late.item()) == (4.0, 1.0)


def test_half_the_dopamine_does_half_of_both():
    early, late = rule.consolidate(torch.full((1, 1, 1), 8.0), torch.ones(1, 1, 1), torch.tensor([0.5]), 0.25, 0.5)
    # captured .25 * .5 * 8 = 1; left 7 * (1 - .5 * .5) = 5.25
    assert (early.item(), late.item()) == (5.25, 2.0)


def test_more_dopamine_than_usual_captures_no_more():
    usual = rule.consolidate(torch.ones(1, 1, 1), torch.ones(1, 1, 1), torch.tensor([1.0]), 0.25, 0.5)
    much = rule.consolidate(torch.ones(1, 1, 1), torch.ones(1, 1, 1), torch.tensor([3.0]), 0.25, 0.5)
    assert usual == much


def test_shapes_that_do_not_fit_are_refused():
    with pytest.raises(AssertionError):
        rule.eligibility(torch.zeros(1, 2, 3), torch.zeros(1, 2), torch.zeros(1, 3), 0.9)


def test_scaling_keeps_each_cell_at_its_size():
    # a row (3, 4) of length 5 brought to 10; a row (0, 2) to 1
    weights = torch.tensor([[[3.0, 4.0], [0.0, 2.0]]])
    assert rule.scale(weights, torch.tensor([[10.0, 1.0]])).tolist() == [[[6.0, 8.0], [0.0, 1.0]]]
