"""The fixed-rank geometry: axioms, invariances, a library's affine-invariant distance on full rank, cases worked by hand."""

import numpy as np
import pytest
from pyriemann.geometry.distance import distance_riemann
from pyriemann.geometry.mean import mean_riemann

from reachenv.lab.analysis.network import geometry as g

N, R = 10, 4


def some(count, n=N, r=R, seed=0, spread=1.0):
    """Random matrices of rank r."""
    rng = np.random.default_rng(seed)
    vectors = np.linalg.qr(rng.normal(size=(count, n, r)))[0]
    return g.truncate(g.FixedRank(vectors, np.exp(spread * rng.normal(size=(count, r)))).full(), r)


def rotation(n, seed=1):
    return np.linalg.qr(np.random.default_rng(seed).normal(size=(n, n)))[0]


def test_keeping_the_rank_changes_nothing_of_a_matrix_of_that_rank():
    matrices = some(3).full()
    again = g.truncate(matrices, R)
    assert np.allclose(again.full(), matrices) and (np.diff(again.values) <= 0).all()
    with pytest.raises(ValueError, match="rank below 5"):
        g.truncate(matrices, R + 1)


def test_a_matrix_cut_to_a_lower_rank_is_the_nearest_of_that_rank():
    a = np.diag([4.0, 3.0, 2.0, 1.0])
    assert np.allclose(g.truncate(a[None], 2).full()[0], np.diag([4.0, 3.0, 0, 0]))


def test_the_distance_is_symmetric_positive_and_zero_for_equals_alone():
    table = g.distances(some(8))
    assert (table == table.T).all() and (np.diag(table) == 0).all()
    assert table[~np.eye(8, dtype=bool)].min() > 0.5
    a, b = some(2)[0], some(2)[1]
    assert g.distance(a, b) == pytest.approx(float(g.distance(b, a)), rel=1e-10)
    assert float(g.distance(a, a)) < 1e-6
    turned = g.FixedRank(a.vectors * np.array([1, -1, 1, -1]), a.values)  # signs of eigenvectors are arbitrary
    assert float(g.distance(a, turned)) < 1e-6


def test_rotating_the_whole_space_changes_no_distance_and_stretching_it_does():
    a, q = some(5).full(), rotation(N)
    before, after = (g.distances(g.truncate(m, R)) for m in (a, q @ a @ q.T))
    assert np.allclose(before, after, atol=1e-7)
    s = np.diag(np.linspace(1, 3, N))
    assert not np.allclose(before, g.distances(g.truncate(s @ a @ s, R)), atol=0.1)


def test_a_common_scale_changes_no_distance_and_one_of_two_by_its_logarithm():
    a = some(2)[0]
    scaled = g.FixedRank(a.vectors, 3 * a.values)
    assert float(g.distance(a, scaled)) == pytest.approx(np.log(3) * np.sqrt(R))
    x = some(4)
    assert np.allclose(g.distances(x), g.distances(g.FixedRank(x.vectors, 7 * x.values)))


def test_on_full_rank_it_is_the_affine_invariant_distance():
    full = some(6, r=N)
    ours, matrices = g.distances(full), full.full()
    for i in range(6):
        for j in range(i):
            assert ours[i, j] == pytest.approx(distance_riemann(matrices[i], matrices[j]), rel=1e-6)


def test_on_full_rank_and_in_one_subspace_the_triangle_inequality_holds():
    """In general it need not: the shortest turn differs from pair to pair."""
    rng = np.random.default_rng(3)
    cores = np.exp(rng.normal(size=(7, R)))
    axes = np.linalg.qr(rng.normal(size=(7, R, R)))[0]
    home = np.linalg.qr(rng.normal(size=(N, R)))[0]
    for table in (g.distances(some(7, r=N, seed=2)), g.distances(g.FixedRank(home @ axes, cores))):
        assert (table[:, None, :] <= table[:, :, None] + table[None] + 1e-9).all()


def test_a_line_turned_by_an_angle_and_stretched_worked_by_hand():
    """Rank 1 in the plane: d² = angle² + log²(ratio)."""
    angle, ratio = 0.7, 2.5
    a = g.FixedRank(np.array([[1.0], [0.0]]), np.array([1.0]))
    b = g.FixedRank(np.array([[np.cos(angle)], [np.sin(angle)]]), np.array([ratio]))
    assert float(g.distance(a, b)) == pytest.approx(np.hypot(angle, np.log(ratio)))


def test_two_planes_in_space_worked_by_hand():
    """The x–y plane against the plane turned by .3 about x: one angle 0, one .3; values swapped within it: two log 2."""
    c, s = np.cos(0.3), np.sin(0.3)
    a = g.truncate(np.diag([2.0, 1.0, 0.0])[None], 2)[0]
    turned = np.array([[1.0, 0], [0, c], [0, s]])
    b = g.truncate((turned @ np.diag([1.0, 2.0]) @ turned.T)[None], 2)[0]
    assert float(g.distance(a, b)) == pytest.approx(np.sqrt(0.3**2 + 2 * np.log(2) ** 2))


def test_the_mean_of_one_matrix_many_times_is_that_matrix():
    a = some(1)
    same = g.stack([a[0]] * 5)
    assert np.allclose(g.mean(same, 1e-9).full(), a[0].full(), atol=1e-8)


def test_the_mean_of_two_lies_midway_on_the_shortest_way():
    angle, ratio = 0.6, 4.0
    pair = g.stack(
        [
            g.FixedRank(np.array([[1.0], [0.0]]), np.array([1.0])),
            g.FixedRank(np.array([[np.cos(angle)], [np.sin(angle)]]), np.array([ratio])),
        ]
    )
    middle = g.mean(pair, 1e-10)
    assert middle.values[0] == pytest.approx(2.0)  # the geometric mean of 1 and 4
    assert abs(middle.vectors[:, 0] @ [np.cos(0.3), np.sin(0.3)]) == pytest.approx(1)
    near = some(2, spread=0.2, seed=5)
    middle = g.mean(near, 1e-10)
    assert np.allclose(g.distance(middle, near), float(g.distance(near[0], near[1])) / 2, rtol=0.2)


def test_the_mean_on_full_rank_is_the_affine_invariant_mean():
    full = some(6, r=6, n=6, spread=0.5)
    assert np.allclose(g.mean(full, 1e-8).full(), mean_riemann(full.full(), tol=1e-12), rtol=1e-5, atol=1e-6)


def test_the_mean_subspace_has_no_gradient_left_and_turns_with_the_space():
    rng = np.random.default_rng(0)
    home = np.linalg.qr(rng.normal(size=(N, R)))[0]
    around = np.linalg.qr(home + 0.2 * rng.normal(size=(9, N, R)))[0]
    mean = g.mean_subspace(around, 1e-12, most=500)
    assert np.linalg.norm(g._log(mean, around).mean(0)) < 1e-7
    assert np.allclose(mean.T @ mean, np.eye(R))
    q = rotation(N)
    other = g.mean_subspace(q @ around, 1e-12, most=500)
    assert np.allclose(q @ mean @ mean.T @ q.T, other @ other.T, atol=1e-6)


def test_the_way_to_a_subspace_is_as_long_as_its_angles_and_arrives_there():
    a, b = some(1, seed=1).vectors[0], some(1, seed=2).vectors
    way = g._log(a, b)[0]
    angles = np.arccos(np.clip(np.linalg.svd(a.T @ b[0], compute_uv=False), -1, 1))
    assert np.linalg.norm(way) == pytest.approx(np.linalg.norm(angles))
    there = g._exp(a, way)
    assert np.allclose(there @ there.T, b[0] @ b[0].T)


def test_the_rank_is_half_of_the_neurons_or_what_the_poorest_trial_has():
    full = some(3, r=N).full()
    assert g.common_rank(full) == N // 2
    assert g.common_rank(np.concatenate([full, some(1, r=3).full()])) == 3
