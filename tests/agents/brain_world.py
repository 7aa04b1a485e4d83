"""A world of the same senses without physics: a paw that follows the command, a pellet, a reward for bringing both together."""

import numpy as np

SIZES = dict(tone=1, plate=1, pellet=4, paw=3, muscle_length=17, muscle_velocity=17, touch=6, taste=1, command=5)


def slices() -> dict[str, slice]:
    """Where each sense lies."""
    out, start = {}, 0
    for name, size in SIZES.items():
        out[name] = slice(start, start + size)
        start += size
    return out


N_OBS = sum(SIZES.values())


def senses(step: int, mice: int, action=None, seed: int = 0, eaten: bool = False) -> np.ndarray:
    """What is sensed at a step: a tone at .3 s, a pellet before it, some noise in the muscles."""
    where, obs = slices(), np.zeros((mice, N_OBS), np.float32)
    obs[:, where["tone"]] = 30 <= step < 80
    if step >= 15:
        obs[:, where["pellet"]] = (1, 0.8, -0.35, -0.85)
    obs[:, where["muscle_length"]] = np.random.default_rng([seed, step]).normal(0, 0.3, 17)
    if eaten:
        obs[:, where["taste"]], obs[:, where["pellet"]] = 1, 0
    if action is not None:
        obs[:, where["command"]] = action
    return obs


def live(loop, seeds, steps: int = 120, reward_at: int | None = 100, trials: int = 1) -> dict[str, np.ndarray]:
    """Run trials in lockstep; returns commands (trials, steps, B, 5), vta, dopamine_m1, dopamine_striatum (…, B)."""
    names = ("vta", "dopamine_m1", "dopamine_striatum", "m1_l23", "value", "rpe")
    kept = {name: [] for name in ("command", *names)}
    b = len(loop.mice)
    for trial in range(trials):
        loop.begin_trial([s + 1000 * trial for s in seeds])
        reward = np.zeros(b, np.float32)
        action = None
        for step in range(steps):
            action = loop.step(senses(step, b, action, trial, reward_at is not None and step > reward_at), reward)
            reward = np.full(b, float(step == reward_at), np.float32)
            taps = loop.taps(names)
            kept["command"].append(action.copy())
            for name in names:
                kept[name].append(taps[name] if name == "m1_l23" else taps[name][:, 0])
        loop.end_trial(reward)
    return {name: np.array(v).reshape(trials, steps, *v[0].shape) for name, v in kept.items()}
