"""`check_brain` passes what keeps the contract, and names the part that each planted fault breaks."""

import numpy as np
import pytest

from reachenv.agents.brain.make import make_bg_loop
from reachenv.agents.check import BrainError, check_brain
from reachenv.agents.interventions import dopamine_left
from reachenv.agents.protocol import Area, Description, find_area


class Plain:
    """The least that keeps the contract: one number a mouse, that reward moves unless M1 dopamine is blocked."""

    variants = ("slow",)
    areas = (Area("m1_l23", "rates", cells=3), Area("m1", "dopamine", effects=("scale",)))

    def __init__(self, senses, actions, births, *, variant="", settings=None):
        if settings:
            raise ValueError(f"there is no parameter {next(iter(settings))}")
        self.actions, self.variant = actions, variant
        self.aim = np.array([np.random.default_rng(b).normal() for b in births])
        self.interventions, self.session = [()] * len(births), 1

    def describe(self):
        return Description("plain", "1", {}, {"variant": self.variant})

    def supports(self, intervention):
        area = find_area(self.areas, intervention.target)
        return area is not None and intervention.effect.kind in area.effects

    def begin_session(self, session, interventions, *, night=None):
        self.session, self.interventions = session, interventions

    def begin_trial(self, seeds):
        self.noise = np.array([np.random.default_rng(s).normal() for s in seeds])

    def step(self, obs, reward):
        return np.clip(np.tile((self.aim + self.noise)[:, None], (1, self.actions)), -1, 1).astype(np.float32)

    def end_trial(self, reward):
        left = np.array([dopamine_left(i, "m1", self.session) for i in self.interventions])
        self.aim = self.aim + 0.1 * left * reward * self.noise
        return {"rpe": reward - 0.5}

    def tap(self, area):
        if area != "m1_l23":
            raise ValueError("there is m1_l23")
        return np.tile(self.aim[:, None], (1, 3))

    def state(self, i):
        return {"aim": self.aim[i : i + 1].copy()}

    def set_state(self, i, state):
        if state["aim"].shape != (1,):
            raise ValueError("an aim is one number")
        self.aim[i] = state["aim"][0]


def test_a_brain_that_keeps_the_contract_passes():
    check_brain(Plain)


def test_our_own_brain_keeps_it():
    check_brain(make_bg_loop)


def broken(**methods):
    return type("Broken", (Plain,), methods)


def shared_noise(self, seeds):
    self.noise = np.full(len(seeds), np.random.default_rng(seeds[0]).normal())


def forgetful(self, i, state):
    if state["aim"].shape != (1,):
        raise ValueError("an aim is one number")


def any_setting(self, senses, actions, births, *, variant="", settings=None):
    Plain.__init__(self, senses, actions, births, variant=variant)


def noise_of_chance(self, seeds):
    self.noise = np.random.default_rng().normal(size=len(seeds))


FAULTS = {
    "three commands": (
        broken(step=lambda self, obs, reward: np.zeros((len(self.aim), 3), np.float32)),
        "step returns commands",
    ),
    "out of range": (
        broken(step=lambda self, obs, reward: np.full((len(self.aim), 5), 2.0, np.float32)),
        "within -1 to 1",
    ),
    "not a number": (broken(step=lambda self, obs, reward: np.full((len(self.aim), 5), np.nan)), "within -1 to 1"),
    "chance": (broken(begin_trial=noise_of_chance), "same births and seeds"),
    "neighbours": (broken(begin_trial=shared_noise), "alone as in a batch|same births"),
    "forgets": (broken(set_state=forgetful), "given the state of another"),
    "takes any state": (
        broken(set_state=lambda self, i, state: self.aim.__setitem__(i, state["aim"].flat[0])),
        "another shape",
    ),
    "no describe": (broken(describe=lambda self: "plain"), "describe returns a Description"),
    "digest of chance": (
        broken(describe=lambda self: Description("plain", "1", {"x": float(self.aim[0])})),
        "digest is the same",
    ),
    "variant unseen": (broken(describe=lambda self: Description("plain", "1")), "digest of its own"),
    "tap shape": (
        broken(tap=lambda self, area: np.zeros(3) if area == "m1_l23" else Plain.tap(self, area)),
        "has shape",
    ),
    "tap of nothing": (
        broken(tap=lambda self, area: np.zeros((len(self.aim), 3))),
        "tap of an area that does not exist",
    ),
    "key error": (broken(tap=lambda self, area: {"m1_l23": np.zeros((len(self.aim), 3))}[area]), "raised KeyError"),
    "supports all": (broken(supports=lambda self, intervention: True), "supports is false"),
    "unknown column": (broken(end_trial=lambda self, reward: {"joy": reward}), "'joy'"),
    "column of one": (broken(end_trial=lambda self, reward: {"rpe": np.zeros(1)}), "one number a mouse"),
    "twice": (broken(areas=(Area("m1", "a"), Area("m1", "b"))), "name of its own"),
    "unknown effect": (broken(areas=(Area("m1", "a", effects=("tickle",)),)), "'m1' has tickle"),
    "any setting": (broken(__init__=any_setting), "no_such_parameter"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_named(fault):
    make, said = FAULTS[fault]
    with pytest.raises(BrainError, match=said):
        check_brain(make)


def test_a_brain_without_a_method_is_told_which():
    with pytest.raises(BrainError, match="'describe'"):
        check_brain(lambda *a, **k: object())
