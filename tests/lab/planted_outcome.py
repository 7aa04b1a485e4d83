"""Made-up imaged mice in which chosen cells respond to the tone and to success, as strongly as the test says."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from reachenv.lab.analysis.results import Mouse
from reachenv.lab.design.design import Subject
from reachenv.lab.design.group import Group

RATE, TONE = 30.0, 1.0  # Hz, s
SESSION = dict(trials=55, units=40, cells=10, tone=1.0, outcome=1.0, noise=1.0, rate=0.45)


@dataclass(frozen=True)
class Film:
    dff: np.ndarray
    rates: np.ndarray
    time_s: np.ndarray


def response(after, rise=0.05, decay=0.5):
    """A rise and a decay from an event on, peak about 1; 0 where there was none. after: s since the event."""
    t = np.where(after >= 0, after, np.inf)
    return 1.3 * (np.exp(-t / decay) - np.exp(-t / rise))


def session_of(rng, number=1, trials=55, units=40, cells=10, tone=1.0, outcome=1.0, noise=1.0, rate=0.45):
    """Films and rows of a session: the first `cells` units respond to success, the next as many to the tone."""
    time = np.arange(120) / RATE - TONE
    won = rng.permutation(np.arange(trials) < round(rate * trials))
    lift = TONE + rng.uniform(0.25, 0.5, trials)
    grab = np.where(rng.random(trials) < 0.7, lift + rng.uniform(0.2, 0.4, trials), np.nan)
    mouth = lift + rng.uniform(0.5, 0.8, trials)
    rates = np.zeros((trials, len(time), units))
    rates[..., :cells] += outcome * (response(time - (mouth - TONE)[:, None]) * won[:, None])[..., None]
    rates[..., cells : 2 * cells] += tone * response(time)[:, None]
    dff = rates + noise * rng.normal(size=rates.shape)
    rows = pd.DataFrame(
        dict(group="control", mouse=1, session=number, trial=np.arange(1, trials + 1), success=won,
             outcome=np.where(won, "success", "drop"), tone_time=TONE, lift_time=lift, reach_time=lift + 0.15,
             grab_time=grab, at_mouth_time=mouth)
    )  # fmt: skip
    return Film(dff.astype(np.float32), rates.astype(np.float32), time), rows


def mouse_of(*sessions, seed=0, group="control", mouse=1) -> Mouse:
    """A mouse with these sessions, each a dict of what differs from SESSION."""
    rng = np.random.default_rng([seed, mouse])
    made = [session_of(rng, number, **{**SESSION, **s}) for number, s in enumerate(sessions, start=1)]
    rows = pd.concat([rows for _, rows in made], ignore_index=True).assign(group=group, mouse=mouse)
    return Mouse(Subject(Group(group), mouse), {i: film for i, (film, _) in enumerate(made, start=1)}, rows)


def shuffled_mouse(mouse: Mouse, seed=1) -> Mouse:
    """The same films, success dealt out anew within each session."""
    trials, rng = mouse.trials.copy(), np.random.default_rng(seed)
    trials["success"] = trials.groupby("session")["success"].transform(lambda s: rng.permutation(s.to_numpy()))
    return Mouse(mouse.subject, mouse.sessions, trials, mouse.expert)
