"""Lateral synapses of layer 2-3 as the store of the skill, in the kinematic world: what they bring, what blocks them, what bounds them."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from reachenv.agents import checkpoint
from reachenv.agents.brain import cortex
from reachenv.agents.brain.loop import Loop
from reachenv.agents.brain.mouse import default_novice, individual
from reachenv.agents.brain.params import LoopParams
from reachenv.agents.brain.regions.layer5 import A
from reachenv.lab.probes.kinematic import UPDATES, Cohort, KinematicWorld, sense_slices

MICE, SEED, STORES = 6, 21, ("lateral_early", "lateral_mid", "lateral_late")
P = LoopParams()


def learned(brain: Loop) -> np.ndarray:
    """What has been learned onto each cell from each other (B, N, N)."""
    return brain._synapses.weights(brain.memory)["m1_l23>m1_l23"].numpy() - P.cortex.lateral_weight


def radii(brain: Loop) -> np.ndarray:
    """Spectral radius of the feedback that was learned, by mouse and assembly."""
    found = []
    for weights, rate, pattern in zip(
        learned(brain), brain.birth["rate"].numpy(), brain.birth["pattern"].numpy(), strict=True
    ):
        members = [np.flatnonzero(column) for column in pattern.T]
        found.append([np.abs(np.linalg.eigvals(rate[m, None] * weights[np.ix_(m, m)])).max() for m in members])
    return np.array(found)


@pytest.fixture(scope="module")
def trained():
    """Mice in the morning after six days, and what they were born with."""
    cohort = Cohort(["control"], MICE, SEED)
    born = {name: value.clone() for name, value in cohort.brain.birth.items()}
    for session in range(1, 7):
        cohort.session(session, 40)
    cohort.brain.begin_session(7)
    return cohort, born, [cohort.brain.state(i) for i in range(MICE)]


def tried(changes, states, trials=40) -> dict[str, float]:
    """Success of mice in these states, each changed by one of `changes`, that learn nothing any more."""
    cohort = Cohort(list(changes), MICE, SEED)
    cohort.brain.learn = False
    for name, change in changes.items():
        for row, state in zip(range(*cohort.of(name).indices(10**6)), states, strict=True):
            cohort.brain.set_state(row, change({key: value.copy() for key, value in state.items()}))
    success = cohort.session(7, trials, night=False).success
    return {name: float(success[:, cohort.of(name)].mean()) for name in changes}


def test_the_gain_is_in_lateral_synapses_and_in_which_cells_they_reach(trained):
    """At birth values nothing is left of it, nor with the cells that they reach permuted."""
    _, _, states = trained
    rng = np.random.default_rng(0)
    new = Cohort(["new"], MICE, SEED).brain

    def shuffled(state):
        order = rng.permutation(P.cortex.units)
        return state | {store: state[store][order] for store in STORES}

    success = tried(
        {
            "expert": lambda state: state,
            "at birth": lambda state: state | {store: 0 * state[store] for store in STORES},
            "shuffled": shuffled,
        },
        states,
    )
    untrained = tried({"novice": lambda state: state}, [new.state(i) for i in range(MICE)])["novice"]
    gain = success["expert"] - untrained
    assert gain > 0.2
    assert success["at birth"] < untrained + 0.3 * gain and success["shuffled"] < untrained + 0.3 * gain


def test_a_day_without_m1_dopamine_leaves_the_stores_and_a_night_follows_its_equations(trained):
    _, _, states = trained
    cohort = Cohort(["blocked"], MICE, SEED)
    brain, p, trials = cohort.brain, P.plasticity, 10
    for i, state in enumerate(states):
        brain.set_state(i, state)
    before = {name: brain.memory[name].clone() for name in (*STORES, "lateral_mid_expressed")}
    cohort.session(7, trials, {"blocked": "m1:7"}, night=False)
    for name in ("lateral_mid", "lateral_late", "lateral_mid_expressed"):
        assert torch.equal(brain.memory[name], before[name])
    faded = (1 - p.cortex_fade_trial) ** trials * before["lateral_early"]
    torch.testing.assert_close(brain.memory["lateral_early"], faded, rtol=1e-4, atol=1e-7)
    brain.begin_session(8)
    torch.testing.assert_close(brain.memory["lateral_early"], (1 - p.night_fade) * faded, rtol=1e-4, atol=1e-7)
    torch.testing.assert_close(brain.memory["lateral_late"], before["lateral_late"], rtol=1e-5, atol=1e-7)
    assert torch.equal(brain.memory["lateral_mid"], before["lateral_mid"])
    assert before["lateral_mid"].any() and before["lateral_mid_expressed"].tolist() == pytest.approx([1.0] * MICE)
    assert brain.memory["lateral_mid_expressed"].tolist() == pytest.approx([1 - p.unsettled] * MICE)


@pytest.mark.parametrize("times", [1, 30])
def test_nothing_that_was_learned_sustains_itself(times):
    """Long training, at the usual speed and at one at which without a limit it would."""
    cohort = Cohort(
        ["control"], 3, SEED, replace(P, plasticity=replace(P.plasticity, cortex=times * P.plasticity.cortex))
    )
    for session in range(1, 11):
        cohort.session(session, 20)
        assert radii(cohort.brain).max() < 1
    brought = np.einsum(
        "bij,bjk->bik", np.abs(learned(cohort.brain)), cohort.brain._synapses.sites["m1_l23>m1_l23"].together
    )
    assert brought.max() <= P.plasticity.lateral_limit * 1.0001
    assert radii(cohort.brain).max() > 0.05


def test_the_radius_would_exceed_one_without_the_limit():
    """The test above can fail."""
    fast = replace(P.plasticity, cortex=30 * P.plasticity.cortex, lateral_limit=1e6)
    cohort = Cohort(["control"], 3, SEED, replace(P, plasticity=fast, cortex=replace(P.cortex, lateral_weight=10.0)))
    for session in range(1, 11):
        cohort.session(session, 20)
    brain = cohort.brain
    weights = brain._synapses.weights(brain.memory)["m1_l23>m1_l23"]
    brain._synapses.weights = lambda memory: {"m1_l23>m1_l23": weights - 10.0 + P.cortex.lateral_weight}
    assert radii(brain).max() > 1


def test_excitation_alone_changes(trained):
    cohort, born, _ = trained
    brain = cohort.brain
    assert all(torch.equal(brain.birth[name], value) for name, value in born.items())
    excitation = brain._synapses.weights(brain.memory)["m1_l23>m1_l23"]
    assert excitation.min() >= -1e-6 and excitation.std() > 1e-3
    brain.begin_trial(None)
    inhibition = excitation.numpy() - brain.activity.tufts.lateral  # what balances excitation
    np.testing.assert_allclose(inhibition, P.cortex.lateral_weight, atol=1e-6)
    own = torch.diagonal(excitation, dim1=1, dim2=2)
    torch.testing.assert_close(own, torch.full_like(own, P.cortex.lateral_weight))  # none onto itself was learned


def test_a_mouse_does_not_feel_how_many_share_the_batch():
    alone, among = (Cohort(["control"], mice, SEED) for mice in (1, 4))
    for session in (1, 2):
        one, many = (cohort.session(session, 6) for cohort in (alone, among))
        np.testing.assert_array_equal(one.endpoints[:, 0], many.endpoints[:, 0])
    one, many = alone.brain.state(0), among.brain.state(0)
    assert all(np.array_equal(one[name], many[name]) for name in one)
    assert one["lateral_early"].any() and one["lateral_mid"].any()


def test_what_was_learned_is_kept_restored_and_forked(trained, tmp_path):
    cohort, _, states = trained
    checkpoint.save(tmp_path / "mouse.safetensors", states[0], {})
    kept, _ = checkpoint.load(tmp_path / "mouse.safetensors")
    assert {*STORES, "lateral_mid_expressed"} <= set(kept)
    other = Cohort(["control"], MICE, SEED)
    other.brain.set_state(0, kept)
    assert all(np.array_equal(value, other.brain.state(0)[name]) for name, value in kept.items())
    cohort.brain.begin_trial([5] * MICE)
    child = cohort.brain.fork([2, 0])
    assert np.array_equal(child.activity.tufts.lateral, cohort.brain.activity.tufts.lateral[[2, 0]])
    assert np.array_equal(child.state(1)["lateral_late"], states[0]["lateral_late"])
    assert not child.activity.tufts.private.any()  # a fork is without noise
    before = cohort.brain.activity.tufts.lateral.copy()
    child.activity.tufts.lateral[:] = 0.0
    assert np.array_equal(cohort.brain.activity.tufts.lateral, before)


def test_without_noise_a_trial_is_the_same_twice(trained):
    cohort, _, _ = trained
    brain, lives = cohort.brain, []
    brain.learn = False
    for _ in range(2):
        world, reward, commands = KinematicWorld(MICE), np.zeros(MICE, np.float32), []
        brain.begin_trial(None)
        world.reset(np.zeros((MICE, 3)))
        obs = world.obs
        for _ in range(UPDATES):
            commands.append(brain.step(obs, reward))
            obs, reward = world.step(commands[-1])
        lives.append(np.array(commands))
    brain.learn = True
    assert np.array_equal(*lives) and np.ptp(lives[0], axis=0).max() > 0.5


@pytest.mark.parametrize("seed", [3, 4, 5])
def test_layer_5_reads_a_bias_of_cells_as_that_of_the_command(seed):
    """In every aimed phase, and nothing else of it: neither posture nor the phase that is read changes."""
    born = individual(seed, default_novice(), P, sense_slices())
    rng = np.random.default_rng(seed)
    departure = 0.05 * rng.standard_normal(A)
    for phase in cortex.AIMED:
        usual = born["pattern"][:, cortex.PHASE_INDEX[phase]] * born["rate"]
        biased = usual * (1 + born["apical"] @ departure)
        change = born["layer5"] @ (biased - usual)
        np.testing.assert_allclose(change, np.r_[departure, -departure], atol=1e-5)
        np.testing.assert_allclose(born["gate"] @ biased, born["gate"] @ usual, atol=1e-4)
    for phase in set(cortex.PHASES) - set(cortex.AIMED):
        usual = born["pattern"][:, cortex.PHASE_INDEX[phase]] * born["rate"]
        assert np.isfinite(born["layer5"] @ usual).all()
