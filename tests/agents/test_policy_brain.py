"""A stable-baselines3 algorithm in the place of a brain: it acts, learns, can be blocked, and is kept from day to day."""

from pathlib import Path

import numpy as np
import pytest

from reachenv.agents.check import check_brain, default_senses
from reachenv.agents.interventions import parse
from reachenv.agents.rl.policy_brain import PolicyBrain, make_ppo

SENSES = dict(default_senses())
SMALL = {"n_steps": 16, "batch_size": 16}


def live(brain, trials=4, steps=40, seed=0):
    """Some short trials of made-up senses; commands (T, B, 5)."""
    n, width, out = len(brain.mice), max(s.stop for s in SENSES.values()), []
    for trial in range(trials):
        rng = np.random.default_rng(seed + trial)
        brain.begin_trial([seed + 10 * trial + i for i in range(n)])
        for step in range(steps):
            obs = np.tile(rng.uniform(-0.3, 0.3, width), (n, 1)).astype(np.float32)
            obs[:, SENSES["tone"]] = step > 10
            out.append(brain.step(obs, np.zeros(n, np.float32)))
        brain.end_trial(np.ones(n, np.float32))
    return np.array(out)


def weights(brain, i=0):
    return {k: v for k, v in brain.state(i).items() if k.startswith("policy/")}


def moved(before, after, part):
    return any(not np.array_equal(before[k], after[k]) for k in before if part in k)


def test_it_keeps_the_contract_of_brains():
    check_brain(make_ppo, settings=SMALL)


def test_it_learns_within_trials_and_a_block_holds_its_policy_alone():
    brain = make_ppo(SENSES, 5, [1, 2], settings=SMALL)
    brain.begin_session(1, [(), (parse("m1:1"),)])
    before = [weights(brain, i) for i in range(2)]
    live(brain)
    after = [weights(brain, i) for i in range(2)]
    assert moved(before[0], after[0], "policy_net") and moved(before[0], after[0], "value_net")
    assert not moved(before[1], after[1], "policy_net") and moved(before[1], after[1], "value_net")
    brain.begin_session(2, [(), (parse("m1:1"),)])  # released
    live(brain, seed=100)
    assert moved(after[1], weights(brain, 1), "policy_net")


def test_held_as_it_is_it_acts_and_learns_nothing():
    brain = make_ppo(SENSES, 5, [1], settings={**SMALL, "learn": "false"})
    brain.begin_session(1, [()])
    before = brain.state(0)
    assert np.ptp(live(brain)) > 0
    assert all(np.array_equal(before[k], v) for k, v in brain.state(0).items() if k.startswith("policy/"))


def test_what_it_cannot_be_blocked_in_is_not_supported():
    brain = make_ppo(SENSES, 5, [1], settings=SMALL)
    supported = {
        text: brain.supports(parse(text))
        for text in ("m1:2-4", "rpe:2", "m1:2x1", "m1:2x0.5", "m1:2/3-4", "m1:2/1-2s", "gpi:2", "striatum:2")
    }
    assert supported == {"m1:2-4": True, "rpe:2": True, "m1:2x1": True} | dict.fromkeys(list(supported)[3:], False)


def test_it_starts_from_a_saved_agent_whose_file_is_part_of_its_digest():
    saved = str(Path(__file__).parents[2] / "docs" / "results" / "baselines" / "ppo-0.zip")
    novice, trained = (make_ppo(SENSES, 5, [1], settings=s) for s in ({}, {"start": saved}))
    assert moved(weights(novice), weights(trained), "policy_net")
    assert novice.describe().digest != trained.describe().digest
    with pytest.raises(ValueError, match="holds a ppo, not a sac"):
        PolicyBrain("sac", SENSES, 5, [1], settings={"start": saved})
