"""The loop's own dynamics against Leblois et al. 2006: four regimes by cortico-striatal gain, and their analytic threshold."""

from dataclasses import replace

import numpy as np
import pytest

from reachenv.agents.brain.circuit import Circuit, acting_delay_ms
from reachenv.agents.brain.wiring import (
    LEBLOIS_2006_POPULATIONS,
    POPULATION_TABLE,
    Population,
    Projection,
    leblois_2006,
    mouse_loop,
)


def simulate(gain, drive, steps=1500, off=None, dt=1.0):
    """Cortical rates (steps, 2) [a.u.] of the published circuit; drive: input to the two cortical populations from 200 ms on."""
    circuit = Circuit(LEBLOIS_2006_POPULATIONS, leblois_2006(gain), dt)
    history, out = circuit.rest(1, 1), []
    it = circuit.names.index("it")
    for step in range(steps):
        outside = np.zeros((len(circuit.names), 1, 1, 2), np.float32)
        if step >= 200 and (off is None or step < off):
            outside[it, 0, 0] = drive
        out.append(circuit.step(history, step, outside)[it, 0, 0].copy())
    return np.array(out)


def test_weak_striatum_oscillates():
    late = simulate(0.05, (0.1, 0.1))[-300:]
    assert late.std(0).min() > 0.2 * late.mean()


def test_middling_striatum_follows_without_selecting():
    late = simulate(0.3, (0.101, 0.099), steps=4000)[-300:].mean(0)
    assert 0 < (late[0] - late[1]) / late.sum() < 0.3


def test_strong_striatum_selects_on_a_small_difference():
    winner, loser = simulate(0.7, (0.101, 0.099), steps=4000)[-300:].mean(0)
    assert winner > 0.05 and loser < 1e-3


def test_selection_ends_with_the_input_below_and_persists_above():
    assert simulate(0.7, (0.11, 0.09), steps=1500, off=800)[-1].max() < 1e-3
    assert simulate(0.9, (0.11, 0.09), steps=1500, off=800)[-1].max() > 0.05


@pytest.mark.parametrize(("gain", "grows"), [(0.38, False), (0.43, False), (0.47, True), (0.52, True)])
def test_opponents_diverge_above_the_analytic_threshold(gain, grows):
    """G_CT G_TP G_PS G_SC > 1 + (1 - 2 gamma) G_CT G_TP G_PN G_SN, that is G_SC > .445: a seed of asymmetry grows or dies."""
    # Around the symmetric state a slightly slower settling is all that is common, so that opponents alone are compared.
    trace = simulate(gain, (0.1, 0.1), steps=600)
    circuit = Circuit(LEBLOIS_2006_POPULATIONS, leblois_2006(gain), 1.0)
    history = circuit.rest(1, 1)
    it, gap = circuit.names.index("it"), []
    for step in range(6000):
        outside = np.zeros((len(circuit.names), 1, 1, 2), np.float32)
        outside[it] = 0.1
        if step == 3000:
            outside[it, 0, 0, 0] += 1e-4
        rate = circuit.step(history, step, outside)[it, 0, 0]
        gap.append(float(rate[0] - rate[1]))
    assert trace.max() > 0
    early, late = abs(gap[3200]), abs(gap[4200])
    assert (late > early) == grows


def test_the_mouse_sits_below_selection_and_leans_in_proportion():
    circuit = Circuit(POPULATION_TABLE, mouse_loop(0.33), 5.0)
    it, d1 = circuit.names.index("it"), circuit.names.index("d1")
    lean = []
    for push in (0.001, 0.002, -0.001):
        history = circuit.rest(1, 1)
        for step in range(600):
            outside = np.zeros((len(circuit.names), 1, 1, 2), np.float32)
            outside[it] = 0.12
            outside[d1, 0, 0] = (push, -push)
            rate = circuit.step(history, step, outside)[it, 0, 0]
        lean.append(float(rate[0] - rate[1]))
    assert lean[1] == pytest.approx(2 * lean[0], rel=0.05)
    assert lean[2] == pytest.approx(-lean[0], rel=0.05)
    assert lean[0] > 0.005  # amplified more than fivefold


def test_dale_each_population_has_one_sign():
    for name in {p.source for p in mouse_loop(0.33)}:
        assert len({p.gain > 0 for p in mouse_loop(0.33) if p.source == name}) == 1, name


def test_every_projection_is_cited():
    assert all(p.citation for p in mouse_loop(0.33)) and all(p.citation for p in POPULATION_TABLE)


def test_an_unknown_population_is_named():
    with pytest.raises(ValueError, match="no population 'amygdala'"):
        Circuit([Population("it", 5, 0, "x")], [Projection("it", "amygdala", 1, 5, "x")], 1.0)


def own_rhythm(dt, shorter_ms=0.0, gain=0.33):
    """S.d. over mean of a cortical channel of the mouse's circuit in a planned movement, last second of four."""
    projections = [replace(p, delay_ms=p.delay_ms - shorter_ms) for p in mouse_loop(gain)]
    circuit = Circuit(POPULATION_TABLE, projections, dt)
    history, it = circuit.rest(1, 1), circuit.names.index("it")
    outside = np.zeros((len(circuit.names), 1, 1, 2), np.float32)
    outside[it] = 0.12
    rates = [circuit.step(history, step, outside)[it, 0, 0, 0] for step in range(round(4000 / dt))]
    late = np.array(rates[-round(1000 / dt) :])
    return late.std() / late.mean()


def test_the_step_is_part_of_the_model():
    """In steps of 5 ms delays act 2.5 ms shorter (in steps of 1 ms half a ms): with those it is quiet, with delays as written it is not."""
    assert [acting_delay_ms(d, 5.0) for d in (2.0, 5.0, 6.0, 10.0)] == [2.5, 2.5, 2.5, 7.5]
    assert own_rhythm(5.0) < 0.05
    assert own_rhythm(1.0, shorter_ms=2.0) < 0.05
    assert own_rhythm(1.0) > 0.5
