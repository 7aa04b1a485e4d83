"""Motor cortex against its equations, written down plainly in double precision: layer 2-3 with tufts and event cells, and layer 5."""

import math

import numpy as np
import pytest
import torch
from brain_world import N_OBS, senses, slices

from reachenv.agents.brain.cortex import PHASE_INDEX
from reachenv.agents.brain.loop import Loop
from reachenv.agents.brain.params import LoopParams
from reachenv.agents.brain.regions.layer5 import AIM_CHANNELS, LAYER5_TONE, A
from reachenv.agents.brain.regions.tufts import LEAST_PLAN

MICE, STEPS, DT = [3, 4], 130, 0.01
P = LoopParams()
HOLD, LIFT, GO, TEMPO = PHASE_INDEX["hold"], PHASE_INDEX["lift"], 0, 4
WHERE = slices()


def share(tau: float) -> float:
    return 1 - math.exp(-DT / tau)


def apply(weights: np.ndarray, rates: np.ndarray) -> np.ndarray:
    """Weights (B, post, pre) times rates (B, pre)."""
    return (weights * rates[:, None]).sum(-1)


class Plain:
    """Layer 2-3 and 5 of a trial without noise; what it hears of the loop is given."""

    def __init__(self, loop: Loop):
        self.born = {name: value.numpy().astype(float) for name, value in loop.birth.items()}
        weights = loop._synapses.weights(loop.memory)
        self.posture = weights["m1_l23>m1_l5"].numpy().astype(float)
        self.lateral = weights["m1_l23>m1_l23"].numpy().astype(float) - P.cortex.lateral_weight
        self.senses = loop.memory["senses"].numpy().astype(float)
        self.aim = loop._aim.astype(float)
        self.rates = self.born["rate"] * self.born["pattern"][..., HOLD]
        self.slow, self.events = self.rates.copy(), np.zeros_like(self.born["event_rate"])
        self.layer5, self.fresh = np.full((len(MICE), 2 * A), LAYER5_TONE), np.ones(len(MICE))

    def step(self, sense: np.ndarray, bias: np.ndarray, go: np.ndarray) -> None:
        """sense (B, S); bias (B, C): opponent differences of the loop's cortical cells; go (B,): thalamus onto the lift."""
        c, e, born, before = P.cortex, P.events, self.born, self.rates
        gate = apply(born["gate"], before)
        goal = apply(self.posture, before) / np.maximum(gate[:, 1:], 0.3) + LAYER5_TONE
        self.layer5 += share(c.tau_layer5) * (np.maximum(goal, 0) - self.layer5)

        plan = np.clip(gate[:, :1], 0, 1) * (gate[:, :1] >= LEAST_PLAN)
        departure = 0.5 * self.aim * bias[:, AIM_CHANNELS]
        gain = 1 + plan * (apply(born["apical"], departure) + apply(self.lateral, before))
        gain = np.clip(gain, c.least_gain, c.most_gain)

        phases = (1 + P.tempo_gain * bias[:, [TEMPO]]) * apply(born["onward"], self.slow)
        phases[:, LIFT] += c.go_gain * go
        phases[:, HOLD] -= c.go_gain * go
        drive = apply(born["l23"], np.concatenate([before, sense], 1)) + apply(born["pattern"], phases)
        drive += c.inhibition * c.sparseness - c.threshold
        self.rates = before + share(c.tau) * (born["rate"] * gain * np.clip(drive, 0, 1) - before)
        self.slow = self.slow + share(c.tau_slow) * (before - self.slow)

        heard = np.abs(np.concatenate([sense[:, WHERE[name]] for name in ("tone", "plate", "touch", "taste")], 1))
        sounds = heard[:, 0] > 0.5
        heard[:, 0] *= self.fresh
        self.fresh = np.where(sounds, self.fresh * math.exp(-DT / e.hearing), 1.0)
        drive = apply(self.senses, heard) - e.threshold
        self.events += share(e.tau) * (born["event_rate"] * np.clip(drive, 0, 1) - self.events)


@pytest.fixture(scope="module")
def lives():
    """Rates of layer 2-3 and layer 5, (steps, B, cells), of the brain and by its equations."""
    loop = Loop(WHERE, 5, MICE)
    loop.learn = False
    # As if it had learned: in each aimed assembly some cells fire more and some less.
    assemblies = loop.birth["pattern"][..., 2:5].sum(-1)
    loop.memory["lateral_late"] += 0.01 * torch.sign(loop.birth["apical"][..., :1]) * assemblies[:, None]
    loop.begin_trial(None)
    plain, seen, rng = Plain(loop), [], np.random.default_rng(0)
    for step in range(STEPS):
        sense = senses(step, len(MICE))
        sense[:, WHERE["touch"]] = rng.uniform(0, 0.2, 6)
        sense[:, WHERE["paw"]] = rng.normal(0, 1, 3)
        loop.step(sense, np.zeros(len(MICE), np.float32))
        loops = {name: loop.tap(name).reshape(len(MICE), -1, 2).astype(float) for name in ("it", "thalamus")}
        plain.step(
            sense.astype(float),
            loops["it"][..., 0] - loops["it"][..., 1],
            np.maximum(loops["thalamus"][:, GO, 0] - loops["thalamus"][:, GO, 1], 0),
        )
        seen.append(
            {
                "m1_l23": (loop.tap("m1_l23"), np.concatenate([plain.rates, plain.events], 1)),
                "m1_l5": (loop.tap("m1_l5"), plain.layer5.copy()),
            }
        )
    return {name: np.array([now[name] for now in seen]).swapaxes(0, 1) for name in seen[0]}


@pytest.mark.parametrize("area", ["m1_l23", "m1_l5"])
def test_cortex_is_its_equations(lives, area):
    """A sequence of attractors keeps differences of rounding small: they die out in each phase."""
    fast, plain = lives[area]
    assert N_OBS == 55 and np.ptp(plain, axis=0).max() > 0.5  # a whole reach is in it
    np.testing.assert_allclose(fast, plain, atol=2e-4)
