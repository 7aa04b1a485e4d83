"""Rules against numbers worked by hand from the equations in their docstrings."""

import numpy as np
import pytest
import torch

from reachenv.agents.brain.learning import plasticity as rule
from reachenv.agents.brain.variants import changed


def test_credit_is_what_follows_with_less_the_later_it_comes():
    # two mice: k_3 = m_3; k_2 = m_2 + .5 k_3; k_1 = m_1 + .5 k_2
    modulation = np.array([[0.0, 1.0], [2.0, 0.0], [4.0, 0.0]])
    assert rule.credit(modulation, 0.5).tolist() == [[2.0, 1.0], [4.0, 0.0], [4.0, 0.0]]


def test_three_factors_add_up_over_a_trial():
    pre, post = np.array([[[3.0, 5.0]], [[1.0, 0.0]]]), np.array([[[2.0, -1.0]], [[0.0, 4.0]]])
    # .5 outer([2, -1], [3, 5]) + 2 outer([0, 4], [1, 0])
    assert rule.three_factor(pre, post, np.array([[0.5], [2.0]])).tolist() == [[[3.0, 5.0], [6.5, -2.5]]]


def test_a_trial_at_once_is_what_tags_give_step_by_step():
    rng = np.random.default_rng(0)
    pre, post, modulation = rng.standard_normal((9, 2, 4)), rng.standard_normal((9, 2, 3)), rng.standard_normal((9, 2))
    tag, change = np.zeros((2, 3, 4)), np.zeros((2, 3, 4))
    for t in range(9):
        tag = 0.7 * tag + post[t][:, :, None] * pre[t][:, None, :]
        change += modulation[t][:, None, None] * tag
    assert rule.three_factor(pre, post, rule.credit(modulation, 0.7)) == pytest.approx(change)


@pytest.mark.parametrize("gated", [False, True])
@pytest.mark.parametrize("steps", [0, 3, 90])
def test_what_is_unusual_departs_from_a_running_mean(gated, steps):
    """Step by step: u = share (rate - mean), mean += speed u."""
    rng = np.random.default_rng(1)
    rates, share = (
        rng.uniform(0, 1, (steps, 2, 3)).astype(np.float32),
        rng.uniform(0, 1, (steps, 2, 1)).astype(np.float32),
    )
    mean = rng.uniform(0, 1, (2, 3)).astype(np.float32)
    plain, expected = mean.astype(float), []
    for now, part in zip(rates, share, strict=True):
        expected.append((part if gated else 1.0) * (now - plain))
        plain = plain + 0.05 * expected[-1]
    found = rule.unusual(rates, mean, 0.05, share if gated else None)
    assert found.shape == rates.shape
    np.testing.assert_allclose(found, np.reshape(expected, rates.shape), atol=1e-6)
    np.testing.assert_allclose(mean, plain, atol=1e-6)


def test_striatal_receptors_have_opposite_signs():
    worth = rule.modulation(torch.tensor([0.75, 0.0]), torch.tensor([0.25, 0.25]))
    assert rule.at_receptor(worth, +1).tolist() == [0.5, -0.25]
    assert rule.at_receptor(worth, -1).tolist() == [-0.5, 0.25]


def test_unknown_receptor_is_refused():
    with pytest.raises(ValueError, match=r"\+1 \(D1\) or -1 \(D2\)"):
        rule.at_receptor(torch.zeros(1), 2)


def test_synapses_follow_what_is_phasic_in_dopamine():
    arrives = torch.tensor([0.08, 0.38, 0.0, 0.0])  # rest, a burst, a dip, a block
    usual = torch.tensor([0.08, 0.08, 0.08, 0.0])
    assert rule.modulation(arrives, usual).tolist() == pytest.approx([0.0, 0.3, -0.08, 0.0])


def test_fading_goes_part_of_the_way_to_rest():
    # 10 + .25 (2 - 10) = 8
    assert rule.fade(torch.tensor([10.0]), torch.tensor(2.0), 0.25).tolist() == [8.0]


def test_a_night_with_dopamine_captures_a_quarter_and_half_of_the_rest_fades():
    early, late = rule.consolidate(torch.full((1, 1, 1), 8.0), torch.ones(1, 1, 1), torch.tensor([1.0]), 0.25, 0.5)
    assert (early.item(), late.item()) == (3.0, 3.0)  # 2 of 8 move over, half of 6 is left


def test_a_night_without_dopamine_captures_nothing():
    early, late = rule.consolidate(torch.full((1, 1, 1), 8.0), torch.ones(1, 1, 1), torch.tensor([0.0]), 0.25, 0.5)
    assert (early.item(), late.item()) == (4.0, 1.0)


def test_half_the_dopamine_captures_half():
    early, late = rule.consolidate(torch.full((1, 1, 1), 8.0), torch.ones(1, 1, 1), torch.tensor([0.5]), 0.25, 0.5)
    assert (early.item(), late.item()) == (3.5, 2.0)  # captured .25 * .5 * 8 = 1


def test_nights_add_up_to_what_a_day_expressed():
    """With skill in layer 5: labile potentiation must promise no more than nights will keep, or what is learned runs past its aim."""
    p = changed("skill-in-layer-5").plasticity
    early, late = torch.ones(1, 1, 1), torch.zeros(1, 1, 1)
    for _ in range(30):
        early, late = rule.consolidate(early, late, torch.tensor([1.0]), p.capture, p.night_fade)
    assert late.item() == pytest.approx(p.expression, abs=0.02)


@pytest.mark.parametrize(
    ("dopamine", "expected"),
    [(1.0, (3.0, 2.0, 5.0)), (3.0, (3.0, 2.0, 5.0)), (0.0, (4.0, 4.0, 1.0)), (0.5, (3.5, 3.0, 3.0))],
)
def test_two_nights_with_dopamine_make_a_memory_last(dopamine, expected):
    """By hand, capture 0.25, half of the rest fades: early 8, mid 4, late 1. With dopamine 2 of 8 move to mid, and all 4 of mid to late."""
    stores = (torch.full((1, 1, 1), size) for size in (8.0, 4.0, 1.0))
    after = rule.consolidate_twice(*stores, torch.tensor([dopamine]), 0.25, 0.5)
    assert tuple(store.item() for store in after) == expected


def test_a_limit_scales_the_cells_that_exceed_it_and_no_other():
    # two groups: cell 0 gets |2| * 1 and |-1| * 3 = 3 from the second, cell 1 gets .5 and .3
    weights = torch.tensor([[[2.0, -1.0], [0.5, 0.1]]])
    together = torch.tensor([[[1.0, 0.0], [0.0, 3.0]]])
    found = rule.limit(weights, together, 1.5)
    np.testing.assert_allclose(found, [[[1.0, -0.5], [0.5, 0.1]]], rtol=1e-6)


def test_a_sum_over_some_moments_is_that_of_all_with_the_others_at_zero():
    rng = np.random.default_rng(0)
    pre, post, worth = rng.standard_normal((9, 3, 4)), rng.standard_normal((9, 3, 2)), rng.standard_normal((9, 3))
    when = rng.random((9, 3)) < 0.4
    when[:, 1] = False
    found = rule.three_factor_at(pre, post, worth, when)
    np.testing.assert_allclose(found, rule.three_factor(pre, post, worth * when), atol=1e-12)
    assert not found[1].any()


def test_more_dopamine_than_usual_captures_no_more():
    usual = rule.consolidate(torch.ones(1, 1, 1), torch.ones(1, 1, 1), torch.tensor([1.0]), 0.25, 0.5)
    much = rule.consolidate(torch.ones(1, 1, 1), torch.ones(1, 1, 1), torch.tensor([3.0]), 0.25, 0.5)
    assert usual == much


def test_shapes_that_do_not_fit_are_refused():
    with pytest.raises(AssertionError):
        rule.three_factor(np.zeros((5, 1, 3)), np.zeros((5, 1, 2)), np.zeros((4, 1)))


def test_scaling_keeps_each_cell_at_its_size():
    # a row (3, 4) of length 5 brought to 10; a row (0, 2) to 1
    weights = torch.tensor([[[3.0, 4.0], [0.0, 2.0]]])
    assert rule.scale(weights, torch.tensor([[10.0, 1.0]])).tolist() == [[[6.0, 8.0], [0.0, 1.0]]]
