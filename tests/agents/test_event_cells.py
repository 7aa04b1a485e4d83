"""Cells of layer 2-3 that answer to events: what they hear, what dopamine makes of it, and that nobody listens to them."""

from dataclasses import replace

import numpy as np
from brain_world import N_OBS, live, senses, slices

from reachenv.agents.brain.loop import Loop
from reachenv.agents.brain.params import LoopParams
from reachenv.agents.brain.regions.event_cells import SENSES, EventCellParams, EventCells, grow, plastic_senses
from reachenv.agents.interventions import parse

MICE = [5, 6, 7, 8]
P = EventCellParams(noise=0.0)
WHERE = slices()
COLUMNS = plastic_senses(WHERE)
TONE, TASTE = COLUMNS.index(WHERE["tone"].start), COLUMNS.index(WHERE["taste"].start)


def heard(sense_steps, weights) -> np.ndarray:
    """Input (steps,) to one event cell with these weights (senses,), from one vector of all senses after another."""
    cells = EventCells(P, WHERE, 0.01)
    state, seen = cells.begin(weights[None, None]), []
    for sense in sense_steps:
        now, loud = np.empty((1, cells.senses), np.float32), sense[:, WHERE["tone"].start] > 0.5
        cells.hear(state, sense, loud if loud.any() else None, now)
        drive = np.empty((1, 1, 1), np.float32)
        cells.drive(state, now, drive)
        seen.append(drive[0, 0, 0])
    return np.array(seen)


def rates(drive) -> np.ndarray:
    """Rates (steps,) of a cell with this input (steps,): the equation of `Layer23`, written down plainly."""
    rate, seen = 0.0, []
    for now in drive:
        rate += (1 - np.exp(-0.01 / P.tau)) * (np.clip(now - P.threshold, 0.0, 1.0) - rate)
        seen.append(rate)
    return np.array(seen)


def only(column: int) -> np.ndarray:
    """Weights (senses,) of one synapse."""
    weights = np.zeros(len(COLUMNS), np.float32)
    weights[column] = 0.9
    return weights


def answer(column: int, steps: int = 50) -> np.ndarray:
    """Rate (steps,) of one cell with one synapse, from the sense in this column, while that sense is held on."""
    sense = np.zeros((1, N_OBS), np.float32)
    sense[:, COLUMNS[column]] = 1.0
    return rates(heard([sense] * steps, only(column)))


def test_every_sense_of_an_event_excites_and_the_tone_does_most_at_birth():
    born = grow(EventCellParams(), WHERE, np.random.default_rng(1))
    assert born["event_senses"].shape == (EventCellParams().cells, len(COLUMNS))
    assert born["event_senses"].min() > 0
    means = born["event_senses"].mean(0)
    assert means.argmax() == TONE
    assert len(COLUMNS) == sum(WHERE[name].stop - WHERE[name].start for name in SENSES)


def test_hearing_adapts_and_taste_does_not():
    tone, taste = answer(TONE), answer(TASTE)
    assert tone.max() > 0.5 and tone[-1] < 1e-6  # gone within half a second
    assert taste[-1] > 0.65
    # A drive of .9 exp(-t / .1 s) falls below the threshold of .2 after .15 s.
    silent = 0.01 * np.flatnonzero(tone > 0.05)[-1]
    assert 0.1 < silent < 0.25


def test_hearing_recovers_between_tones():
    on, off = np.zeros((2, 1, N_OBS), np.float32)
    on[:, WHERE["tone"]] = 1.0
    seen = rates(heard(([on] * 30 + [off] * 10) * 2, only(TONE)))
    assert np.isclose(seen[:40].max(), seen[40:].max())


def learned(interventions=(), speed: float = 0.05, **events) -> tuple[np.ndarray, np.ndarray]:
    """Synapses (mice, cells, senses) at birth and after a few trials that end in a rewarded taste."""
    params = LoopParams()
    params = replace(
        params, plasticity=replace(params.plasticity, senses=speed), events=replace(params.events, **events)
    )
    loop = Loop(WHERE, 5, MICE, params)
    born = loop.memory["senses"].numpy().copy()
    loop.begin_session(1, [interventions] * len(MICE))
    live(loop, MICE, steps=200, trials=6)
    return born, loop.memory["senses"].numpy()


def test_under_dopamine_taste_takes_over_what_the_tone_loses():
    born, after = learned(taste=0.6)
    assert (after[..., TASTE] - born[..., TASTE]).mean() > 0.05
    assert (after[..., TONE] - born[..., TONE]).mean() < -0.02
    np.testing.assert_allclose(np.linalg.norm(after, axis=-1), np.linalg.norm(born, axis=-1), rtol=1e-5)
    assert after.min() >= 0


def test_without_dopamine_in_m1_nothing_changes():
    born, after = learned((parse("m1:1"),), taste=0.6)
    np.testing.assert_allclose(after, born, rtol=1e-5)  # scaling by one is exact to rounding alone


def test_nobody_listens_to_them():
    deaf = replace(LoopParams(), events=replace(EventCellParams(), threshold=99.0))
    lives = [live(Loop(WHERE, 5, MICE, params), MICE, trials=2) for params in (LoopParams(), deaf)]
    for name in ("command", "vta", "value"):
        assert np.array_equal(lives[0][name], lives[1][name]), name
    act = LoopParams().cortex.units
    assert np.array_equal(lives[0]["m1_l23"][..., :act], lives[1]["m1_l23"][..., :act])
    assert lives[0]["m1_l23"][..., act:].max() > 0.1 > lives[1]["m1_l23"][..., act:].max()


def test_a_pellet_that_lies_there_is_no_event():
    assert heard([senses(25, 1)], np.ones(len(COLUMNS), np.float32)) == 0  # a pellet in sight, no tone yet
