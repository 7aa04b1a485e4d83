"""The event model: Lasso against scikit-learn's, contributions of planted events, none where there is none."""

import numpy as np
import pytest
from planted_outcome import mouse_of, shuffled_mouse

from reachenv.lab.analysis.outcome import glm
from reachenv.lab.analysis.outcome.events import events, hand_at_mouth, inseparable
from reachenv.lab.analysis.outcome.glm import EventGLM, analyse
from reachenv.lab.analysis.outcome.kernels import design, splines
from reachenv.lab.analysis.outcome.lasso import lasso


def contributions(mouse, session=1, trials="all"):
    table = analyse(mouse)["sessions"]
    return table[(table.session == session) & (table.trials == trials)].set_index("event").contribution


def test_lasso_reaches_what_scikit_learn_reaches():
    linear = pytest.importorskip("sklearn.linear_model")
    rng = np.random.default_rng(0)
    x = rng.normal(size=(300, 12)) @ rng.normal(size=(12, 12))
    x = (x - x.mean(0)) / x.std(0)
    y = x @ (rng.normal(size=(12, 5)) * (rng.random((12, 5)) < 0.4)) + rng.normal(size=(300, 5))
    y -= y.mean(0)
    gram, cross = x.T @ x / 300, x.T @ y / 300
    alpha = np.abs(cross).max(0) * [0.001, 0.01, 0.1, 0.5, 1.0]
    for start in (None, rng.normal(size=(12, 5))):
        ours = lasso(gram, cross, alpha, start, steps=20_000, tolerance=1e-9)
        for i in range(5):
            theirs = linear.Lasso(alpha[i], fit_intercept=False, tol=1e-12, max_iter=100_000).fit(x, y[:, i]).coef_
            assert ours[:, i] == pytest.approx(theirs, abs=1e-5)
    assert not lasso(gram, cross, np.abs(cross).max(0) * 1.001).any()


def test_splines_add_up_to_one_while_they_last_and_begin_with_the_event():
    after = np.array([-0.1, np.nan, 0.0, 0.1, 0.3, 0.499, 0.5])
    values = splines(after, 0.5, 4)
    assert values.shape == (7, 4) and np.allclose(values.sum(1), [0, 0, 1, 1, 1, 1, 0])


def test_planted_events_contribute_and_others_do_not():
    found = contributions(mouse_of({"tone": 2.0, "outcome": 2.0}))
    assert found["tone"] > 0.02 and found["success"] > 0.01
    assert abs(found["lift"]) < 0.005 and abs(found["grab"]) < 0.005 and abs(found["at_mouth"]) < 0.005


def test_contribution_grows_with_what_was_planted_and_belongs_to_the_cells_it_was_planted_in():
    mouse = mouse_of({"outcome": 0.5}, {"outcome": 1.0}, {"outcome": 2.0})
    found = [contributions(mouse, s)["success"] for s in (1, 2, 3)]
    assert found[0] < found[1] < found[2]
    result = analyse(mouse)
    success = result["contribution"][2, list(result["event"]).index("success")]
    assert success[:10].min() > 0.05 > 5 * abs(success[10:]).max()


@pytest.mark.parametrize("event", ["tone", "success"])
def test_an_event_that_moves_nothing_contributes_nothing(event):
    quiet = mouse_of({"tone": 0.0, "outcome": 2.0} if event == "tone" else {"tone": 2.0, "outcome": 0.0})
    assert abs(contributions(quiet)[event]) < 0.005


def test_shuffled_outcomes_contribute_nothing():
    assert contributions(shuffled_mouse(mouse_of({"outcome": 2.0})))["success"] < 0.01


def test_r2_is_that_of_scikit_learn_on_the_same_folds():
    """A penalty so small that it does nothing gives least squares, whose score is known from outside."""
    model = pytest.importorskip("sklearn.linear_model").LinearRegression
    mouse = mouse_of({"trials": 30, "units": 3, "cells": 1, "outcome": 3.0, "tone": 3.0})
    rows, film = mouse.trials, mouse.sessions[1]
    times, frame_s = events(rows), rows.tone_time.to_numpy()[:, None] + film.time_s
    found = EventGLM(penalties=(1e-7,)).fit(film.dff, frame_s, times, np.random.default_rng(3))
    fold = np.random.default_rng(3).permutation(np.arange(30) % 5)
    x, _ = design(frame_s, times)
    missed = total = 0
    for k in range(5):
        flat = [a[use].reshape(-1, a.shape[-1]) for use in (fold != k, fold == k) for a in (x, film.dff)]
        fitted = model().fit(flat[0], flat[1])
        missed = missed + ((flat[3] - fitted.predict(flat[2])) ** 2).sum(0)
        total = total + ((flat[3] - flat[1].mean(0)) ** 2).sum(0)
    assert found.r2_ == pytest.approx(1 - missed / total, abs=5e-3)


def test_events_that_cannot_be_told_apart_are_left_out_together():
    mouse = mouse_of({"tone": 2.0})
    assert set(analyse(mouse)["sessions"].together) == {"tone", "lift", "grab", "at_mouth", "success"}
    mouse.trials["lift_time"] = mouse.trials.tone_time + 0.05
    table = analyse(mouse)["sessions"].query("trials == 'all'").set_index("event")
    assert table.together["tone"] == table.together["lift"] == "tone+lift"
    assert table.contribution["tone"] == table.contribution["lift"] > 0.02
    times = [events(mouse.trials)]
    apart = EventGLM().fit(mouse.sessions[1].dff, mouse.trials.tone_time.to_numpy()[:, None] + mouse.sessions[1].time_s,
                           times[0], together={e: (e,) for e in times[0]})  # fmt: skip
    assert apart.contribution_[0].mean() < table.contribution["tone"] / 2  # the lift stood in for the tone
    assert inseparable(times)["grab"] == ("grab",)


def test_the_hand_comes_to_the_mouth_with_or_without_a_pellet():
    paw = np.full((3, 200, 3), 12.0)
    paw[:, 30:40] = 1.0  # on the way out, before the reach
    paw[0, 120:130] = 1.0
    paw[1, 150:] = [2.0, 2.0, 2.0]  # 3.5 mm away: not at the mouth
    came = hand_at_mouth(paw, 0.01, np.array([0.6, 0.6, np.nan]))
    assert came[0] == pytest.approx(1.2) and np.isnan(came[1:]).all()
    mouse = mouse_of({"trials": 20})
    rows = mouse.trials.assign(at_mouth_time=np.where(mouse.trials.success, mouse.trials.at_mouth_time, np.nan))
    paw = np.full((20, 400, 3), 12.0)
    paw[:, 210:] = 0.0
    times = events(rows, paw, 0.01)
    won = rows.success.to_numpy()
    assert np.allclose(times["at_mouth"][~won], 2.1) and np.array_equal(times["at_mouth"][won], rows.at_mouth_time[won])
    assert np.isnan(times["success"][~won]).all() and np.isfinite(times["success"][won]).all()


def test_a_silent_cell_and_a_session_of_one_outcome_give_no_number():
    mouse = mouse_of({}, {"rate": 0.0})
    mouse.sessions[1].dff[..., 5] = 0.3
    found = analyse(mouse)
    assert np.isnan(found["r2"][0, 5]) and np.isfinite(np.delete(found["r2"][0], 5)).all()
    table = found["sessions"]
    assert (
        np.isfinite(table[table.session == 1].contribution).all()
        and np.isnan(table[table.session == 2].contribution).all()
    )


def test_more_even_outcomes_explain_more_and_equal_numbers_do_not():
    mice = [mouse_of({"rate": 0.12}, {"rate": 0.5}, mouse=m) for m in (1, 2, 3)]
    rise = {
        t: np.mean([contributions(m, 2, t)["success"] - contributions(m, 1, t)["success"] for m in mice])
        for t in ("all", "balanced")
    }
    assert rise["all"] > 0.002 > 2 * abs(rise["balanced"])


def test_several_draws_scatter_less_than_one(monkeypatch):
    """What a planted tone adds, with four successes a session: between mice that differ in nothing but luck."""
    mice = [mouse_of({"rate": 0.12, "tone": 0.6, "trials": 40}, mouse=m) for m in range(1, 7)]

    def spread(draws):
        monkeypatch.setattr(glm, "DRAWS", draws)
        return np.std([contributions(m, 1, "balanced")["tone"] for m in mice])

    assert spread(5) < 0.8 * spread(1)
