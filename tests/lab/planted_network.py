"""Made-up imaged mice whose activity moves from a beginner's to an expert's along a path that the test knows."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from reachenv.lab.analysis.results import Mouse
from reachenv.lab.design.design import Subject
from reachenv.lab.design.group import Group

RATE, TONE = 30.0, 1.0  # Hz, s


@dataclass(frozen=True)
class Film:
    dff: np.ndarray
    rates: np.ndarray
    time_s: np.ndarray


def even(session, expert=7):
    """0 in session 1, 1 in session 7, straight in between and kept later."""
    return min(1.0, (session - 1) / (expert - 1))


def frozen(session):
    """Blocked in sessions 2–4: stays where it was, then goes on."""
    return 0.0 if session <= 4 else (session - 4) / 3


def imaged_mouse(
    path=even, sessions=7, trials=16, units=24, seconds=4.0, noise=0.5, seed=0, group="control", gain=None
):
    """A mouse whose session s is the share path(s) of the way from beginner to expert.

    What moves: when each neuron is active (kinetics), and which neurons share a fluctuation (correlations). Their
    average does not move. gain: session → factor on all activity.
    """
    rng = np.random.default_rng(seed)
    frames, sources = round(seconds * RATE), 4
    time = np.arange(frames) / RATE - TONE
    peaks = np.stack([rng.permutation(np.linspace(-0.5, seconds - TONE, units)) for _ in range(2)])
    shapes = np.exp(-((time[:, None] - peaks[:, None, :]) ** 2) / (2 * 0.3**2))  # (2, frames, units)
    tied = np.stack([rng.permutation(np.linspace(0.2, 1.8, units)) for _ in range(2)], axis=1)  # (units, 2)
    loads = tied[:, :, None] * rng.choice([-1, 1], (units, 2, sources)) / np.sqrt(sources)
    films = {}
    for s in range(1, sessions + 1):
        p = path(s)
        turned = np.cos(p * np.pi / 2) * loads[:, 0] + np.sin(p * np.pi / 2) * loads[:, 1]
        waves = rng.normal(size=(trials, frames, sources))
        mean = (1 - p) * shapes[0] + p * shapes[1]
        rates = 0.5 + mean + 0.8 * waves @ turned.T
        rates = rates * (gain(s) if gain else 1)
        dff = rates + noise * rng.normal(size=rates.shape)
        films[s] = Film(dff.astype(np.float32), rates.astype(np.float32), time)
    numbers = np.repeat(np.arange(1, sessions + 1), trials)
    table = pd.DataFrame(
        {"group": group, "mouse": 1, "session": numbers, "trial": np.tile(np.arange(trials) + 1, sessions)}
    )
    table["success"] = np.random.default_rng(seed).random(len(table)) < 0.5
    return Mouse(Subject(Group(group), 1), films, table, min(7, sessions))


def permuted(mouse, order, trial_by_trial=False, seed=0):
    """The same films under other session numbers; or every trial in a session drawn at random."""
    numbers = list(mouse.sessions)
    if not trial_by_trial:
        films = {s: mouse.sessions[o] for s, o in zip(numbers, order, strict=True)}
    else:
        every = {k: np.concatenate([getattr(f, k) for f in mouse.sessions.values()]) for k in ("dff", "rates")}
        deal = np.random.default_rng(seed).permutation(len(every["dff"])).reshape(len(numbers), -1)
        time = mouse.sessions[numbers[0]].time_s
        films = {s: Film(every["dff"][d], every["rates"][d], time) for s, d in zip(numbers, deal, strict=True)}
    return Mouse(mouse.subject, films, mouse.trials, mouse.expert)
