"""Each ablation takes its mechanism away, and nothing else: the same mouse, the same first reach."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from brain_world import live, slices

from reachenv.agents.brain.loop import Loop
from reachenv.agents.brain.params import LoopParams, from_json, to_json
from reachenv.agents.brain.variants import ABLATIONS, changed
from reachenv.lab.design.protocols import ABLATIONS as GROUPS

MICE = [11, 12]


def after_days(name, base=LoopParams()):  # noqa: B008 frozen
    """Commands of a first trial, and the mice's memory after two days of some trials."""
    loop = Loop(slices(), 5, MICE, changed(name, base))
    loop.begin_session(1)
    first = live(loop, MICE, trials=1)
    loop.begin_session(2)
    live(loop, MICE, trials=2)
    return first["command"], loop


@pytest.fixture(scope="module")
def whole():
    return after_days("")


def test_the_design_has_a_group_for_every_ablation():
    assert set(GROUPS) == set(ABLATIONS)


def test_a_whole_brain_is_left_as_it_is():
    assert changed("") == LoopParams()


@pytest.mark.parametrize("name", ABLATIONS)
def test_an_ablated_brain_is_another_that_json_keeps(name):
    params = changed(name)
    assert params != LoopParams() and from_json(to_json(params)) == params


@pytest.mark.parametrize("name", ["no-m1-plasticity", "no-striatal-plasticity", "no-consolidation"])
def test_what_concerns_learning_changes_no_bit_of_the_first_reach(whole, name):
    np.testing.assert_array_equal(after_days(name)[0], whole[0])


def test_without_m1_plasticity_m1_stays_as_it_was_born(whole):
    _, loop = after_days("no-m1-plasticity")
    for store in ("early", "mid"):
        assert not loop.memory[f"lateral_{store}"].any() and whole[1].memory[f"lateral_{store}"].any()
    assert torch.equal(loop.memory["senses"], loop.birth["event_senses"])


def test_without_layer_23_plasticity_event_cells_alone_change(whole):
    _, loop = after_days("no-layer-2-3-plasticity")
    assert not any(loop.memory[f"lateral_{store}"].any() for store in ("early", "mid", "late"))
    assert not torch.equal(loop.memory["senses"], loop.birth["event_senses"])


def test_the_brain_of_the_release_before_learns_in_layer_5_alone():
    _, loop = after_days("skill-in-layer-5")
    assert loop.memory["layer5_early"].any() and loop.memory["layer5_late"].any()
    assert not [name for name in loop.memory if name.startswith("lateral")] and "m1_l23>m1_l23" not in loop.rules
    assert loop.activity.tufts.learned.max() == 0
    with pytest.raises(ValueError, match="skill_site is 'layer4'; there is layer23, layer5"):
        Loop(slices(), 5, MICE, replace(LoopParams(), skill_site="layer4"))


def test_without_striatal_plasticity_the_striatum_stays_at_rest(whole):
    rest = LoopParams().ganglia.striatal_weight
    _, loop = after_days("no-striatal-plasticity")
    np.testing.assert_allclose(loop.memory["d1"].numpy(), rest)
    assert (np.abs(whole[1].memory["d1"].numpy() - rest) > 1e-9).any()


def test_without_consolidation_nights_capture_nothing():
    _, loop = after_days("no-consolidation")
    assert loop.memory["lateral_early"].any()
    assert not loop.memory["lateral_mid"].any() and not loop.memory["lateral_late"].any()


def test_an_open_loop_hardly_explores_or_teaches_m1(whole):
    """What is left to teach M1 is intrinsic variability of its own: without that, next to nothing."""
    assert not np.array_equal(after_days("open-loop")[0], whole[0])
    p = LoopParams()
    quiet = replace(p, ganglia=replace(p.ganglia, m1_restlessness=0.0), cortex=replace(p.cortex, apical_noise=0.0))
    taught, usual = (after_days(name, quiet)[1].memory["lateral_early"].norm() for name in ("open-loop", ""))
    assert taught < 0.01 * usual  # cells of the loop's cortex, where they cross the threshold without thalamus


def test_an_unknown_ablation_is_named_with_what_there_is():
    with pytest.raises(ValueError, match="cerebellum.*open-loop"):
        changed("cerebellum")
