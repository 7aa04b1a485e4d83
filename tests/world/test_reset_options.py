"""Options of reset hold for the trial that begins, however worlds are vectorised: one table of cases for all ways."""

import gymnasium
import numpy as np
import pytest
from gymnasium.vector import AutoresetMode

import reachenv
from reachenv.agents.rl.sb3_env import PelletVecEnv

TINY = reachenv.Timing(tone=0.2, turn_lead=0.2, turn_time=0.2, response_window=0.02, total=0.24)
STEPS = TINY.steps
SHIFT = {"plate_shift_mm": (3.0, 0.0, 0.0)}


class Single:
    """The single environment, reset by hand as a trial ends."""

    def __init__(self):
        self.env = gymnasium.make(reachenv.ENV_ID, timing=TINY)
        self.at = self.env.unwrapped.sense_slices["pellet"].start + 1

    def reset(self, options):
        return self.env.reset(seed=1, options=options)[0][self.at]

    def next_trial(self):
        for _ in range(STEPS):
            self.env.step(np.zeros(5, np.float32))
        return self.env.reset()[0][self.at]


class Vector(Single):
    """A vector environment, whose trials begin by themselves unless it is reset by hand."""

    def __init__(self, kind, mode):
        given = {"vector_kwargs": {"autoreset_mode": mode}} if kind in ("sync", "async") else {"autoreset_mode": mode}
        self.env = gymnasium.make_vec(reachenv.ENV_ID, num_envs=2, vectorization_mode=kind, timing=TINY, **given)
        self.mode, self.at = mode, Single().at

    def reset(self, options):
        return self.env.reset(seed=1, options=options)[0][1, self.at]

    def next_trial(self):
        for _ in range(STEPS + (self.mode == AutoresetMode.NEXT_STEP)):
            obs = self.env.step(np.zeros((2, 5), np.float32))[0]
        if self.mode == AutoresetMode.DISABLED:
            obs = self.env.reset()[0]
        return obs[1, self.at]


class Sb3(Single):
    """The adapter for stable-baselines3, over the native environment or gymnasium's own."""

    def __init__(self, kind):
        off = AutoresetMode.DISABLED
        given = {"vector_kwargs": {"autoreset_mode": off}} if kind == "sync" else {"autoreset_mode": off}
        self.env = PelletVecEnv(
            gymnasium.make_vec(reachenv.ENV_ID, num_envs=2, vectorization_mode=kind, timing=TINY, **given)
        )
        self.at = Single().at

    def reset(self, options):
        self.env.seed(1)
        self.env.set_options(options)
        return self.env.reset()[1, self.at]

    def next_trial(self):
        for _ in range(STEPS):
            obs = self.env.step(np.zeros((2, 5), np.float32))[0]
        return obs[1, self.at]


NATIVE = "vector_entry_point"
WAYS = {
    "single": Single,
    **{f"native {m.value}": lambda m=m: Vector(NATIVE, m) for m in AutoresetMode},
    **{f"sync {m.value}": lambda m=m: Vector("sync", m) for m in AutoresetMode},
    "async": lambda: Vector("async", AutoresetMode.NEXT_STEP),
    "sb3 over native": lambda: Sb3(NATIVE),
    "sb3 over sync": lambda: Sb3("sync"),
}


@pytest.mark.parametrize("way", WAYS)
def test_options_hold_for_the_trial_that_begins_and_no_longer(way):
    worlds = WAYS[way]()
    usual = worlds.reset(None)
    for options, moved_cm in [(SHIFT, 0.3), ({}, 0.0), ({"perturbation": reachenv.Perturbation(**SHIFT)}, 0.3)]:
        assert worlds.reset(options) - usual == pytest.approx(moved_cm, abs=1e-6), options
        for _ in range(2):  # not in the next trial, nor in that after it; trials differ by some 0.01 cm
            assert worlds.next_trial() - usual == pytest.approx(0.0, abs=0.05), options
    worlds.env.close()


def test_only_the_worlds_that_were_perturbed_become_ordinary_again():
    """World 1 is reset alone in mid-trial, and shifted; world 0 ends first, shifted otherwise."""
    worlds = gymnasium.make_vec(reachenv.ENV_ID, num_envs=2, timing=TINY)
    shift = worlds.unwrapped.sim.variation.shift
    worlds.reset(seed=0, options={"plate_shift_mm": (-2, 0, 0)})
    for _ in range(STEPS - 1):
        worlds.step(np.zeros((2, 5)))
    worlds.reset(options={"reset_mask": np.array([False, True]), **SHIFT})
    assert shift[:, 0].tolist() == [-2, 3]
    worlds.step(np.zeros((2, 5)))
    worlds.step(np.zeros((2, 5)))
    assert shift[:, 0].tolist() == [0, 3]


@pytest.mark.parametrize("kind", [NATIVE, "sync"])
def test_the_adapter_gives_each_world_its_own_options(kind):
    worlds = Sb3(kind)
    usual = worlds.reset(None)
    worlds.env.seed(1)
    worlds.env.set_options([{"plate_shift_mm": (-3, 0, 0)}, {"perturbation": reachenv.Perturbation(**SHIFT)}])
    other, mine = worlds.env.reset()[:, worlds.at]
    assert mine - usual == pytest.approx(0.3, abs=1e-6) and mine - other == pytest.approx(0.6, abs=0.05)
    worlds.env.set_options([{}, {"plate_shift_mm": (-3, 0, 0)}])
    worlds.env.seed(1)
    assert worlds.env.reset()[1, worlds.at] - usual == pytest.approx(-0.3, abs=1e-6)
    assert len(worlds.env.reset_infos) == 2 and all(worlds.env.reset_infos)
