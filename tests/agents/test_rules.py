"""Learning rules from outside: one takes the place of a shipped one by the name of its projection, and nothing else is touched."""

from dataclasses import dataclass

import numpy as np
import pytest
import torch
from brain_world import live, slices

from reachenv.agents.brain.learning import plasticity
from reachenv.agents.brain.learning.defaults import RULES, rules_of
from reachenv.agents.brain.learning.rule import LearningRule, Moment, Site, Trial, stacked
from reachenv.agents.brain.loop import Loop
from reachenv.agents.brain.mouse import default_novice, sites
from reachenv.agents.brain.params import LoopParams
from reachenv.agents.brain.variants import changed
from reachenv.agents.brain.wiring import CAN_LEARN, pathways
from reachenv.agents.interventions import parse

MICE = [11, 12]


@dataclass(frozen=True)
class Hebb(LearningRule):
    """Weights grow with pre and post, the more the larger they are, and never beyond `most`; counts its trials."""

    speed: float = 1e-5
    most: float = 1.0

    def born(self, site):
        return {"hebb": site.birth.clone(), "hebb_trials": torch.zeros(len(site.birth))}

    def weights(self, site, memory):
        return memory["hebb"]

    def end_trial(self, site, memory, tags, trial):
        gain = site.mirror(torch.from_numpy(np.einsum("tbi,tbj->bij", trial.post, trial.pre)))
        memory["hebb"] = (memory["hebb"] * (1 + self.speed * gain)).clamp(-self.most, self.most)
        memory["hebb_trials"] += 1


@dataclass(frozen=True)
class Restless(LearningRule):
    """Changes its weights within the trial: from the tenth update on there are none."""

    def step(self, site, memory, tags, now):
        tags.append(now)
        return torch.zeros_like(site.birth) if len(tags) == 10 else None


def loop(**rules):
    return Loop(slices(), 5, MICE, rules={name.replace("__", ">"): rule for name, rule in rules.items()})


def test_a_rule_from_outside_is_used_saved_restored_and_told():
    one = loop(m1_l23__m1_l5=Hebb())
    one.begin_session(1)
    live(one, MICE, trials=2)
    assert one.memory["hebb_trials"].tolist() == [2.0, 2.0]
    assert not torch.equal(one.memory["hebb"], one.birth["layer5"])
    other = loop(m1_l23__m1_l5=Hebb())
    for i in range(len(MICE)):
        other.set_state(i, one.state(i))
    again = [live(it, [5, 6], trials=1)["command"] for it in (one, other)]
    assert np.array_equal(*again) and not np.array_equal(again[0], live(loop(), [5, 6])["command"])
    digests = {it.describe().digest for it in (one, loop(), loop(m1_l23__m1_l5=Hebb(speed=2e-5)))}
    assert len(digests) == 3 and one.describe().digest == other.describe().digest
    assert one.describe().structure["rules"]["m1_l23>m1_l5"]["rule"].endswith("test_rules.Hebb")


def test_a_rule_on_one_projection_leaves_the_others_alone():
    usual, frozen = loop(), loop(m1_l23__d1=LearningRule())
    for one in (usual, frozen):
        one.begin_session(1)
        live(one, MICE, trials=1)
    assert frozen.memory.keys() == usual.memory.keys() - {"d1"}
    assert all(torch.equal(frozen.memory[name], usual.memory[name]) for name in frozen.memory)


@pytest.mark.parametrize("target", CAN_LEARN)
def test_weights_may_change_within_a_trial(target):
    """A rule that takes all weights away at the tenth update: what the projection carried is gone from the eleventh on."""
    lives = []
    for rules in ({}, {target: LearningRule()}, {target: Restless()}):
        one = Loop(slices(), 5, MICE, rules=rules)
        one.begin_trial(MICE)
        lives.append([])
        for step in range(80):
            one.step(_obs(step), np.zeros(len(MICE), np.float32))
            lives[-1].append(np.concatenate([one.tap(n) for n in ("m1_l5", "striatum_d1", "m1_l23", "value")], 1))
    _, still, changed = np.array(lives)
    assert np.array_equal(still[:9], changed[:9]) and not np.array_equal(still, changed)


def _obs(step):
    obs = np.zeros((len(MICE), max(s.stop for s in slices().values())), np.float32)
    obs[:, slices()["tone"]] = step > 5
    obs[:, slices()["pellet"]] = 1
    return obs


def test_every_plastic_pathway_has_a_rule_and_a_site():
    one, used = loop(), set()
    for params in (LoopParams(), changed("skill-in-layer-5")):
        plastic = {p.name: p.rule for p in pathways(params) if p.rule}
        assert list(plastic) == list(rules_of(params)) and set(plastic) <= set(CAN_LEARN)
        used |= set(plastic.values())
    assert used == set(RULES) and set(one.rules) == set(rules_of(LoopParams()))
    assert set(sites(one.birth, [default_novice()] * 2, LoopParams(), 0.01)) == set(CAN_LEARN)


def test_an_unknown_projection_and_a_name_used_twice_are_refused():
    with pytest.raises(ValueError, match="'it>d1' learn; those of m1_l23>m1_l23.*senses>critic can"):
        loop(it__d1=Hebb())
    with pytest.raises(ValueError, match="keeps 'hebb', and so does another"):
        loop(m1_l23__d1=Hebb(), m1_l23__d2=Hebb())


def test_mirrors_and_stacks_by_hand():
    change = torch.tensor([[[1.0], [2.0]]])
    for pairs, expected in (("", [1, 2]), ("halves", [1, 2, -1, -2]), ("neighbours", [1, -1, 2, -2])):
        assert Site("a>b", torch.zeros(1, 4, 1), 0.01, pairs).mirror(change)[0, :, 0].tolist() == expected
    moments = [Moment(*np.full((5, 3, 2), float(t))) for t in range(4)]
    trial = Trial(stacked(moments))
    assert len(trial) == 4 and trial.pre.shape == (4, 3, 2) and trial.post[:, 0, 0].tolist() == [0, 1, 2, 3]


def test_sites_that_the_same_dopamine_reaches_share_its_credit():
    rng, shared = np.random.default_rng(0), {}
    dopamine, usual, other = rng.uniform(0, 1, (3, 9, 2))
    one, two, third = (
        Trial(Moment(np.zeros((9, 2, 4)), np.zeros((9, 2, 3)), arrives, usual, np.zeros((9, 2, 1))), shared)
        for arrives in (dopamine, dopamine, other)
    )
    assert one.credit(0.01, 0.8) is two.credit(0.01, 0.8)
    assert not np.array_equal(one.credit(0.01, 0.8), third.credit(0.01, 0.8))
    assert np.array_equal(one.credit(0.01, 0.8), plasticity.credit(0.01 * (dopamine - usual), np.exp(-0.01 / 0.8)))


@dataclass(frozen=True)
class Watching(LearningRule):
    """Keeps what it is shown of each update, and what it is shown at the end."""

    def step(self, site, memory, tags, now):
        tags.append(Moment(*(np.array(part) for part in now)))

    def end_trial(self, site, memory, tags, trial):
        for part in ("pre", "post", "dopamine", "usual", "plan"):
            seen = np.array([getattr(now, part) for now in tags])
            assert np.array_equal(seen, getattr(trial, part)), (site.name, part)
        SEEN[site.name] = len(trial)


SEEN: dict[str, int] = {}


def test_what_a_rule_is_shown_step_by_step_is_what_it_is_shown_at_the_end():
    """Of every projection, beside an intervention within the trial, and in a second and longer trial."""
    one = Loop(slices(), 5, MICE, rules={name: Watching() for name in CAN_LEARN})
    one.begin_session(1, [[parse("m1:1/0.2-0.4s")], []])
    for steps in (90, 150):
        live(one, MICE, steps=steps)
        assert {name: steps + name.endswith("critic") for name in CAN_LEARN} == SEEN
