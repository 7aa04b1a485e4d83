"""Each ablation takes its mechanism away, and nothing else: the same mouse, the same first reach."""

from dataclasses import replace

import numpy as np
import pytest
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
    assert not loop.memory["layer5_early"].any() and not loop.memory["layer5_late"].any()
    assert whole[1].memory["layer5_early"].any() and whole[1].memory["layer5_late"].any()


def test_without_striatal_plasticity_the_striatum_stays_at_rest(whole):
    rest = LoopParams().ganglia.striatal_weight
    _, loop = after_days("no-striatal-plasticity")
    for cells in ("d1", "d2"):
        np.testing.assert_allclose(loop.memory[cells].numpy(), rest)
        assert (np.abs(whole[1].memory[cells].numpy() - rest) > 1e-9).any()


def test_without_consolidation_nights_capture_nothing():
    _, loop = after_days("no-consolidation")
    assert loop.memory["layer5_early"].any() and not loop.memory["layer5_late"].any()


def test_an_open_loop_hardly_explores_or_teaches_m1(whole):
    """What is left to teach M1 is the restlessness of layer 5 itself: in cortex that is calm, next to nothing."""
    assert not np.array_equal(after_days("open-loop")[0], whole[0])
    calm = replace(LoopParams(), ganglia=replace(LoopParams().ganglia, layer5_restlessness=0.0))
    taught, usual = (after_days(name, calm)[1].memory["layer5_early"].norm() for name in ("open-loop", ""))
    assert taught < 0.01 * usual  # cells of the loop's cortex, where they cross the threshold without thalamus


def test_an_unknown_ablation_is_named_with_what_there_is():
    with pytest.raises(ValueError, match="cerebellum.*open-loop"):
        changed("cerebellum")
