"""Diffusion maps, session centroids and strengths: a planted path is laid out in order, and no path where there is none."""

import numpy as np
import pytest
from planted_network import even, frozen, imaged_mouse, permuted
from scipy.stats import spearmanr

from reachenv.lab.analysis.network.configuration import TRIALS, analyse, spread_out, strength
from reachenv.lab.analysis.network.diffusion import DiffusionMap, bandwidth


@pytest.fixture(scope="module")
def moved():
    return analyse(imaged_mouse(even, trials=12))


@pytest.fixture(scope="module")
def held():
    return analyse(imaged_mouse(frozen, trials=12))


@pytest.fixture(scope="module")
def dealt():
    return analyse(permuted(imaged_mouse(even, trials=12), None, trial_by_trial=True))


def distances_of(points):
    return np.linalg.norm(points[:, None] - points[None], axis=-1)


# The map itself -------------------------------------------------------------------------------------------------------


def test_points_on_a_bent_line_are_laid_out_in_order():
    t = np.linspace(0, 2.5, 40)
    table = distances_of(np.stack([np.cos(t), np.sin(t)], 1))
    found = DiffusionMap().fit(table)
    assert found.embedding_.shape == (40, 4) and spearmanr(found.embedding_[:, 0], t).statistic == pytest.approx(1)


def test_scattered_points_have_no_such_order():
    points = np.random.default_rng(0).normal(size=(40, 10))
    order = [abs(spearmanr(DiffusionMap().fit_transform(distances_of(points))[:, 0], np.arange(40)).statistic)]
    assert max(order) < 0.5


def test_eigenpairs_are_those_of_the_walk_without_the_constant_one():
    table = distances_of(np.random.default_rng(0).normal(size=(12, 3)))
    fit = DiffusionMap().fit(table)
    affinity = np.exp(-(table**2) / (2 * fit.sigma_**2))
    walk = affinity / affinity.sum(1, keepdims=True)
    assert np.allclose(walk @ fit.embedding_, fit.embedding_ * fit.eigenvalues_)
    assert np.allclose(np.sort(np.linalg.eigvals(walk).real)[::-1][1:5], fit.eigenvalues_) and fit.eigenvalues_[0] < 1


def test_the_bandwidth_is_the_median_of_the_five_nearest_others():
    line = np.arange(7.0)[:, None]
    near = [sorted(abs(line[:, 0] - k))[1:6] for k in range(7)]
    assert bandwidth(distances_of(line)) == np.median(near)


def test_what_is_no_table_of_distances_is_refused():
    for bad in (np.zeros((2, 3)), np.array([[0.0, 1], [2, 0]]), np.array([[0, -1.0], [-1, 0]])):
        with pytest.raises(ValueError):
            DiffusionMap().fit(bad)


# Sessions -------------------------------------------------------------------------------------------------------------


def test_the_way_to_expert_is_found(moved):
    table = moved["sessions"].set_index("session")
    assert spearmanr(table.index[:6], table.distance[:6]).statistic < -0.9 and table.distance[7] == 0
    assert spearmanr(table.index[:6], table.strength_correlation[:6]).statistic > 0.6
    assert spearmanr(table.index, table.map_1).statistic > 0.95


def test_a_frozen_mouse_takes_no_step(moved, held):
    def step(found):
        d = found["sessions"].set_index("session").distance
        return d[1] - d[4]

    assert step(held) < 0.3 * step(moved) and step(moved) > 0.3


def test_trials_dealt_out_over_sessions_have_no_order(moved, dealt):
    def span(found):
        d = found["sessions"].set_index("session").distance[:6]
        return d.max() - d.min()

    assert span(dealt) < 0.5 * span(moved)
    trials = dealt["trials"]
    assert abs(spearmanr(trials.session, trials.map_1).statistic) < 0.5
    assert abs(spearmanr(moved["trials"].session, moved["trials"].map_1).statistic) > 0.8


def test_the_trial_map_takes_as_many_trials_from_every_session(moved):
    assert set(moved["trials"].groupby("session").size()) == {12} and 7 * 12 <= TRIALS
    assert spread_out(5, 9).tolist() == [0, 1, 2, 3, 4] and spread_out(11, 3).tolist() == [0, 5, 10]


def test_one_rank_for_all_and_every_centroid_has_it(moved):
    rank = int(moved["rank"])
    assert rank == 12
    for matrix in moved["centroid"]:
        values = np.linalg.eigvalsh(matrix.astype(float))
        assert (values > 1e-4).sum() == rank and values.min() > -1e-4


def test_a_mouse_without_its_expert_session_has_places_but_no_distance():
    mouse = imaged_mouse(trials=6)
    del mouse.sessions[7]
    found = analyse(mouse)["sessions"]
    assert len(found) == 6 and found.distance.isna().all() and found.map_1.notna().all()


# Strength -------------------------------------------------------------------------------------------------------------


def test_strength_worked_by_hand():
    c = np.array([[1.0, 0.5, 0.0], [0.5, 1.0, -0.5], [0.0, -0.5, 1.0]])
    assert np.allclose(strength(c), [1.25 / 3, 1.5 / 3, 1.25 / 3])  # the diagonal counts


def test_neurons_that_share_a_source_are_tied_in_more(moved):
    rng = np.random.default_rng(0)
    dff = rng.normal(size=(10, 120, 20))
    dff[:, :, :5] += 2 * rng.normal(size=(10, 120, 1))
    from reachenv.lab.analysis.network.correlation import correlations
    from reachenv.lab.analysis.network.geometry import mean, truncate

    found = strength(mean(truncate(correlations(dff), 10)).full())
    assert found[:5].min() > found[5:].max()
