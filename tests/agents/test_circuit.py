"""The circuit against its equation, written down plainly: one population, one mouse and one projection after another."""

import math

import numpy as np
import pytest

from reachenv.agents.brain.circuit import Circuit, Scales
from reachenv.agents.brain.wiring import LEBLOIS_2006_POPULATIONS, POPULATION_TABLE, leblois_2006, mouse_loop

TABLES = {
    "mouse": (POPULATION_TABLE, mouse_loop(0.33, 0.9)),
    "published": (LEBLOIS_2006_POPULATIONS, leblois_2006(0.33)),
}
STEPS, MICE, CHANNELS = 60, 3, 4


def plainly(populations, projections, dt_ms, drive, fires, carries):
    """Rates (steps, P, B, C, 2) in double precision. drive (steps, P, B, C, 2); fires (P, B), carries projection → (B,): factors."""
    names = [p.name for p in populations]
    seen = [np.zeros(drive.shape[1:])]
    for now in range(len(drive)):
        rates = np.zeros(drive.shape[1:])
        for row, population in enumerate(populations):
            total = drive[now, row] + population.bias
            for projection in projections:
                factor = carries[projection.name]
                if projection.target == population.name:
                    back = max(1, round(projection.delay_ms / dt_ms))
                    arrives = seen[len(seen) - back][names.index(projection.source)] if back <= len(seen) else 0 * total
                    if projection.scope == "opponent":
                        arrives = arrives[..., ::-1]
                    total = total + projection.gain * factor[:, None, None] * arrives
            goal = fires[row][:, None, None] * np.maximum(total, 0.0)
            before = seen[-1][row]
            rates[row] = before + (1 - math.exp(-dt_ms / population.tau_ms)) * (goal - before)
        seen.append(rates)
    return np.array(seen[1:])


def driven(populations):
    rng = np.random.default_rng(0)
    return rng.uniform(-0.05, 0.2, (STEPS, len(populations), MICE, CHANNELS, 2)).astype(np.float32)


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("dt_ms", [1.0, 5.0])
@pytest.mark.parametrize("scaled", [False, True])
def test_the_circuit_is_its_equation(table, dt_ms, scaled):
    populations, projections = TABLES[table]
    circuit, drive, rng = Circuit(populations, projections, dt_ms), driven(populations), np.random.default_rng(1)
    fires, carries = np.ones((len(populations), MICE)), {p.name: np.ones(MICE) for p in projections}
    if scaled:
        fires, carries = rng.uniform(0.0, 1.5, fires.shape), {name: rng.uniform(0.0, 1.5, MICE) for name in carries}
    factors = [
        np.array(part)[:, :, None, None].astype(np.float32)
        for part in (fires, [carries[name] for name in circuit.projections])
    ]
    history, rates = circuit.rest(MICE, CHANNELS), []
    for now in range(STEPS):
        rates.append(circuit.step(history, now, drive[now], Scales(*factors) if scaled else None).copy())
    expected = plainly(populations, projections, dt_ms, drive, fires, carries)
    assert np.abs(expected).max() > 0.1
    np.testing.assert_allclose(rates, expected, atol=2e-6)


def test_an_input_that_is_held_is_the_same_input_in_every_step():
    circuit, drive = Circuit(*TABLES["mouse"], 5.0), driven(POPULATION_TABLE)[0]
    one, other = circuit.rest(MICE, CHANNELS), circuit.rest(MICE, CHANNELS)
    held = circuit.hold(drive)
    for now in range(9):
        assert np.array_equal(circuit.step(one, now, drive), circuit.advance(other, now, held))


@pytest.mark.parametrize("mouse", range(MICE))
def test_no_mouse_feels_how_many_share_the_batch_nor_that_others_are_treated(mouse):
    """To the bit: alone, and beside mice with factors, whose circuit sums in another way."""
    circuit, drive = Circuit(*TABLES["mouse"], 5.0), driven(POPULATION_TABLE)
    fires, carries = np.ones((len(circuit.names), MICE, 1, 1)), np.ones((len(circuit.projections), MICE, 1, 1))
    others = [i for i in range(MICE) if i != mouse]
    fires[:, others], carries[:, others] = 0.3, 0.7
    scales = Scales(fires.astype(np.float32), carries.astype(np.float32))
    alone, together, beside = circuit.rest(1, CHANNELS), circuit.rest(MICE, CHANNELS), circuit.rest(MICE, CHANNELS)
    for now in range(STEPS):
        one = circuit.step(alone, now, drive[now][:, [mouse]])[:, 0]
        assert np.array_equal(one, circuit.step(together, now, drive[now])[:, mouse])
        assert np.array_equal(one, circuit.step(beside, now, drive[now], scales)[:, mouse])
