"""Probes of the loop by itself: they see what is there, and do not see it where it was taken away."""

import json

import numpy as np
import pytest

from reachenv import assets
from reachenv.agents.brain.cortex import PHASES
from reachenv.lab.probes import drawings, dynamics
from reachenv.lab.records import provenance

FEW = dynamics.MICE[:2]


@pytest.fixture(scope="module")
def few(request):
    keep, dynamics.MICE = dynamics.MICE, FEW
    yield
    dynamics.MICE = keep


def test_the_plan_outlasts_its_cue_and_needs_it(few):
    plan = dynamics.after_the_cue()
    assert plan.shape == (dynamics.STEPS, 2) and (dynamics.outlasts(plan) > 0.1).all()
    assert (dynamics.outlasts(dynamics.after_the_cue(tone=False)) == 0).all()


def test_m1_settles_in_several_states_and_in_none_without_recurrence(few, monkeypatch):
    m1 = dynamics.attractors(starts=8)
    assert m1.end.shape == m1.start.shape == (2, 8, 10)
    assert (m1.states() > 1).all() and (m1.end.max(-1) > 0.9).all() and m1.start.max(-1).mean() < 0.8
    whole = dynamics.make_loop

    def without_recurrence(*options, **named):
        loop, where = whole(*options, **named)
        n = loop.params.cortex.units
        loop.birth["l23"][:, :, :n] = 0
        return loop, where

    monkeypatch.setattr(dynamics, "make_loop", without_recurrence)
    assert (dynamics.attractors(starts=8).states() <= 1).all()


def test_once_its_traces_are_free_m1_runs_on_to_hold_and_the_loop_alone_calls_it_out(few):
    whole, cut = dynamics.left_free(starts=8), dynamics.left_free("thalamus", starts=8)
    hold, lift = PHASES.index("hold"), PHASES.index("lift")
    assert whole[0, hold] < 0.5 and whole[:, lift].max() == 1 and whole[-1, hold] < 0.5
    assert cut[-1, hold] == 1


def test_the_mouses_circuit_is_quiet_at_its_gain_and_selects_nothing():
    own = dynamics.own_regimes((0.05, 0.33))
    assert own.rhythm[0] > 0.5 > 0.05 > own.rhythm[1]
    assert own.rhythm_written[1] > 0.5 and 0 < own.selectivity[1] < 0.1


def test_a_seed_of_asymmetry_grows_above_the_analytic_gain_alone():
    assert dynamics._growth(0.38) < 0 < dynamics._growth(0.52)


def test_numbers_say_which_regime_is_missing():
    gains = np.array(dynamics.GAINS)
    right = dynamics.Regimes(
        gains, 0.5 * (gains < 0.1), np.where(gains < 0.44, 0.1, 1.0), 0.1 * (gains > 0.75), gains - 0.445, 0.445
    )
    flat = dynamics.Regimes(gains, 0 * gains, 0 * gains, 0 * gains, 0 * gains, 0.3)
    plan = np.ones((dynamics.STEPS, 2))
    m1 = dynamics.Attractors(np.zeros((2, 3, 10)), np.eye(10)[None, :3].repeat(2, 0))
    told = dynamics.numbers(right, plan, m1)
    assert all(told["regimes"].values()) and told["stable_states"] == [3, 3] and told["plan_outlasts_s"] == [2.25, 2.25]
    assert not any(dynamics.numbers(flat, plan, m1)["regimes"].values())


def test_figures_draw_what_was_probed():
    gains = np.array(dynamics.GAINS)
    found = dynamics.Regimes(gains, gains, gains, gains, gains - 0.4, 0.445)
    assert len(drawings.regimes(found).axes) == 4
    m1 = dynamics.Attractors(np.random.default_rng(0).random((2, 3, 10)), np.eye(10)[None, :3].repeat(2, 0))
    free = {name: np.full((dynamics.FREE, 10), 0.1) for name in ("whole loop", "thalamus silenced")}
    assert len(drawings.attractors(m1, free, np.arange(dynamics.FREE) * 0.01).axes) == 4
    own = dynamics.OwnRegimes(gains, gains, gains, gains)
    assert len(drawings.own_regimes(own).axes) == 2
    plans = {name: np.ones((dynamics.STEPS, 2)) for name in ("whole loop", "open loop", "no tone")}
    assert drawings.plan(plans, np.arange(dynamics.STEPS) * 0.01, 0.1).axes


def test_a_run_cites_the_probe_of_its_own_brain_alone():
    """The numbers kept in assets are those of one brain; another must be probed anew."""
    kept = json.loads(assets.path("dynamics.json").read_text())
    shipped = provenance.shipped_brain()
    assert len(kept["plan_outlasts_s"]) == 12 and set(kept["regimes"].values()) == {True}
    assert provenance.probes(shipped)["dynamics"] == kept, "reachenv dynamics --keep"
    assert provenance.probes(shipped | {"digest": "another"}) == {"babbling": None, "dynamics": None}


def test_a_published_run_is_of_the_shipped_brain_by_its_digest_or_by_the_one_of_before(monkeypatch):
    """Runs of before brains described themselves cite parameters: of a brain that is no longer shipped, unless its probe says so."""
    shipped, before = provenance.shipped_brain(), {"design": {"agent": "bg_loop"}, "dynamics": {"params": "1"}}
    assert provenance.is_shipped({"brain": shipped}) and not provenance.is_shipped(before)
    monkeypatch.setattr(provenance, "_asset", lambda name: {"params": "1", "brain": shipped})
    assert provenance.is_shipped(before)
    for other in (
        {"brain": shipped | {"digest": "0"}},
        {"brain": shipped | {"name": "tiny"}},
        before | {"design": {"agent": "tiny"}},
        before | {"dynamics": {"params": "0"}},
        before | {"dynamics": None},
    ):
        assert not provenance.is_shipped(other)
