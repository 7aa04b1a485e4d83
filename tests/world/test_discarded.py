"""The step in which next-step autoreset begins a trial anew is discarded: nothing in it may reach what follows.

Worlds that end together are begun without physics, worlds out of phase step beside the others; each must go on as if alone.
"""

import numpy as np
import pytest

from reachenv import Nerves, Perturbation, Timing
from reachenv.vector_env import PelletReachVectorEnv

QUICK = Timing(tone=0.2, turn_lead=0.2, turn_time=0.2, response_window=0.2, total=0.4)
WORLDS = [Perturbation(force_field=0.2), Perturbation(plate_shift_mm=(1, 1, 0)), Perturbation(pellet_scale=0.7)]


def run(worlds: list[int], again: dict[int, int], steps: int, mode: str, **kwargs) -> dict[int, list]:
    """Observations and rewards of `worlds` side by side; world again[step] is reset by hand before that step."""
    n = len(worlds)
    env = PelletReachVectorEnv(n, timing=QUICK, autoreset_mode=mode, **kwargs)
    options = {"perturbation": [WORLDS[w] for w in worlds]}
    out: dict[int, list] = {w: [] for w in worlds}
    obs, _ = env.reset(seed=[40 + w for w in worlds], options=options)
    for step in range(steps):
        if again.get(step) in worlds:
            env.reset(options=options | {"reset_mask": np.array([w == again[step] for w in worlds])})
        rng = np.random.default_rng(step // 5)
        plan = rng.uniform(-1, 1, (3, env.sim.action_size))
        obs, reward, terminated, _, _ = env.step(plan[worlds])
        for i, w in enumerate(worlds):
            out[w].append((obs[i].tobytes(), reward[i], terminated[i]))
    return out


NERVES = {
    "exact": Nerves(),
    "noise": Nerves(noise={"muscle_length": 0.1}),
    "delay": Nerves(delay_s={"pellet": 0.05, "touch": 0.2}),
    "both": Nerves(delay_s={"paw": 0.03}, noise={"touch": 0.1, "command": 0.2}),
}


@pytest.mark.parametrize(
    ("nerves", "control", "reward", "mode"),
    [
        ("exact", "spinal", "shaped", "NextStep"),
        ("noise", "spinal", "sparse", "NextStep"),
        ("delay", "muscle", "graded", "NextStep"),
        ("both", "spinal", "shaped", "NextStep"),
        ("both", "spinal", "shaped", "SameStep"),
    ],
)
def test_worlds_out_of_phase_are_as_alone(nerves, control, reward, mode):
    kwargs = {"nerves": NERVES[nerves], "control": control, "reward": reward}
    again = {10: 0, 23: 2, 60: 1}
    together = run([0, 1, 2], again, 105, mode, **kwargs)
    for world in range(3):
        assert run([world], again, 105, mode, **kwargs)[world] == together[world], world


def test_the_issues_own_case():
    """Two worlds with noisy muscles, of which world 0 began anew at step 10: world 0 alone has the same bits."""
    nerves = Nerves(noise={"muscle_length": 0.1})
    both = run([0, 1], {10: 0}, 100, "NextStep", nerves=nerves)
    assert run([0], {10: 0}, 100, "NextStep", nerves=nerves)[0] == both[0]
