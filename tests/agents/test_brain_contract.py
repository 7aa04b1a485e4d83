"""The loop as a `Brain`: what it says of itself, what can be recorded and intervened on, and how it is grown."""

import json
from dataclasses import replace
from operator import attrgetter

import numpy as np
import pytest
from brain_world import live, slices

from reachenv.agents.brain.describe import describe
from reachenv.agents.brain.loop import Loop
from reachenv.agents.brain.make import make_bg_loop
from reachenv.agents.brain.params import LoopParams
from reachenv.agents.brain.variants import VARIANTS, changed
from reachenv.agents.brain.wiring import PARTS, POPULATIONS, pathways, wiring
from reachenv.agents.interventions import parse
from reachenv.agents.protocol import Brain, MakeBrain, recordable

MICE = [11, 12]


@pytest.fixture(scope="module")
def loop():
    made = Loop(slices(), 5, MICE)
    live(made, MICE, steps=60)
    return made


def test_it_keeps_the_contract(loop):
    assert isinstance(loop, Brain)
    make: MakeBrain = make_bg_loop
    assert isinstance(make(slices(), 5, [1]), Brain)


def test_every_recordable_area_has_as_many_cells_as_it_says(loop):
    for area in loop.areas:
        if area.cells:
            tapped = loop.tap(area.name)
            assert tapped.shape == (len(MICE), area.cells) and np.isfinite(tapped).all(), area.name
            tapped[:] = np.nan
            assert np.isfinite(loop.tap(area.name)).all(), area.name
    assert {"it", "gpi", "m1_l23", "m1_l5", "striatum_d1", "vta", "dopamine_m1"} <= set(recordable(loop.areas))
    assert np.array_equal(loop.tap("d1"), loop.tap("striatum_d1"))


@pytest.mark.parametrize("name", ["putamen", "m1", "thalamus>it", "snc"])
def test_what_cannot_be_recorded_is_named_with_what_can(loop, name):
    with pytest.raises(
        ValueError, match=f"'{name}' cannot be recorded; there is m1_l23, m1_l5, it, striatum_d1.*value"
    ):
        loop.tap(name)


@pytest.mark.parametrize(
    "text", ["m1:2-4@0.5", "both:1", "gpi:8", "stn:3x0.5", "loop:1-7x0.4", "m1:2/1.0-1.5s", "m1_l23:1", "striatum:2~theta-burst",
             "d1:1~constant", "snc:2@0.6", "stn>gpi:1x0.5"]
)  # fmt: skip
def test_today_s_interventions_are_supported(loop, text):
    assert loop.supports(parse(text))


def test_what_does_nothing_here_is_not_supported(loop):
    for target, text in (("cerebellum", "gpi:8"), ("m1_l5", "gpi:8"), ("m1", "d1:1~constant"), ("gpi", "snc:1@0.5")):
        wrong = parse(text)
        object.__setattr__(wrong, "target", target)
        assert not loop.supports(wrong), (target, text)


def test_a_description_is_plain_data_and_the_same_for_every_batch(loop):
    told = loop.describe()
    assert (told.name, told.version) == ("bg_loop", "2")
    assert json.loads(json.dumps(told.to_json())) == told.to_json() and told.to_json()["digest"] == told.digest
    assert told == describe() == Loop(slices(), 5, [99]).describe()
    assert len(told.structure["wiring"]) == len(wiring(LoopParams()))


def test_the_digest_tells_parameters_and_variants_apart():
    base = LoopParams()
    others = [replace(base, reach_mm=44.0), replace(base, plasticity=replace(base.plasticity, tag=0.5))]
    others += [changed(name) for name in VARIANTS]
    assert len({describe(p).digest for p in [base, *others]}) == 1 + len(others)


def test_settings_come_first_and_then_the_variant():
    made = make_bg_loop(
        slices(), 5, MICE, variant="aged", settings={"plasticity.tag": "0.5", "plasticity.cortex": 0.001}
    )
    assert made.params.plasticity.tag == 0.5 and made.params.plasticity.cortex == pytest.approx(0.0004)
    assert made.mice == (11, 12) and set(made.variants) == set(VARIANTS)
    both = changed("aged+open-loop")
    assert both.ganglia.loop_gain == 0 and both.plasticity == changed("aged").plasticity
    with pytest.raises(ValueError, match="no parameter 'tag'; did you mean plasticity.tag"):
        make_bg_loop(slices(), 5, MICE, settings={"tag": 1})
    with pytest.raises(ValueError, match="'old' is not known; there is aged.*open-loop"):
        make_bg_loop(slices(), 5, MICE, variant="old")


def test_pathways_end_at_parts_and_are_scaled_by_parameters():
    ends = {part.name for part in PARTS} | set(POPULATIONS)
    for one in wiring(LoopParams()):
        assert {one.source, one.target} <= ends and one.citation
    assert all(attrgetter(p.strength)(LoopParams()) is not None for p in pathways(LoopParams()) if p.strength)
    assert ends == {end for one in wiring(LoopParams()) for end in (one.source, one.target)}


@pytest.mark.parametrize(
    ("source", "target", "at"),
    [("m1_l23", "m1_l5", 40), ("m1_l23", "it", 40), ("it", "m1_l23", 40), ("thalamus", "m1_l23", 26)],
)
def test_delays_of_the_table_are_those_of_the_code(source, target, at):
    """From update `at` on the source is silenced, thalamus while the go signal is there: when does the target first differ?"""
    seen = []
    for interventions in ((), (parse(f"{source}:1/{at / 100}-0.9s"),)):
        one = Loop(slices(), 5, MICE)
        one.begin_session(1, [interventions] * len(MICE))
        one.begin_trial(MICE if at == 40 else None)  # without noise opponents are equal
        obs, steps = np.zeros((len(MICE), max(s.stop for s in slices().values())), np.float32), []
        for step in range(at + 4):
            obs[:, slices()["tone"]] = step >= 5
            one.step(obs, np.zeros(len(MICE), np.float32))
            steps.append({name: one.tap(name) for name in (source, target)})
        seen.append(steps)
    first = {
        name: next(t for t, (a, b) in enumerate(zip(*seen, strict=True)) if not np.array_equal(a[name], b[name]))
        for name in (source, target)
    }
    delay = min(p.delay_ms for p in pathways(LoopParams()) if (p.source, p.target) == (source, target))
    assert first == {source: at, target: at + delay / 10}
