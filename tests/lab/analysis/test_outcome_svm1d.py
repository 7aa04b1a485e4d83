"""The machine on one feature is libsvm's, at any cost of error, balance of classes and overlap."""

import numpy as np
import pytest

from reachenv.lab.analysis.outcome.svm1d import solve

SVC = pytest.importorskip("sklearn.svm").SVC


def objective(w, b, c, x, y):
    return 0.5 * w * w + c * np.maximum(0, 1 - y * (w * x + b)).sum()


@pytest.mark.parametrize("c", [0.01, 0.1, 1.0, 10.0])
@pytest.mark.parametrize("apart", [-2.0, 0.0, 0.5, 6.0])
@pytest.mark.parametrize(("p", "n"), [(2, 2), (5, 30), (30, 5), (22, 23), (12, 12)])
def test_one_feature_gives_what_libsvm_gives(c, apart, p, n):
    rng = np.random.default_rng([p, n])
    positive, negative = rng.normal(apart, 1, (8, p)), rng.normal(0, 1, (8, n))
    w, b = solve(positive, negative, c)
    for i in range(8):
        x, y = np.r_[positive[i], negative[i]], np.r_[np.ones(p), -np.ones(n)]
        theirs = SVC(kernel="linear", C=c, tol=1e-6, max_iter=200_000).fit(x[:, None], y)
        least = objective(theirs.coef_[0, 0], theirs.intercept_[0], c, x, y)
        assert objective(w[i], b[i], c, x, y) <= least + 1e-6 * max(1, least)
        assert w[i] == pytest.approx(theirs.coef_[0, 0], abs=1e-3)  # libsvm stops a little short of the minimum
        assert b[i] == pytest.approx(theirs.intercept_[0], abs=1e-2)


def test_by_hand_two_points_are_parted_midway():
    w, b = solve(np.array([[3.0]]), np.array([[1.0]]), c=10)
    assert w[0] == pytest.approx(1) and b[0] == pytest.approx(-2)  # margins at 1 and 3


def test_turned_round_and_shifted_features_turn_and_shift_the_answer():
    rng = np.random.default_rng(0)
    p, n = rng.normal(1, 1, (50, 9)), rng.normal(0, 1, (50, 14))
    w, b = solve(p, n)
    turned, same = solve(-p, -n)
    assert np.allclose(turned, -w) and np.allclose(same, b)
    shifted, moved = solve(p + 3, n + 3)
    assert np.allclose(shifted, w) and np.allclose(moved, b - 3 * w)


def test_a_feature_that_never_varies_says_the_commoner_class():
    w, b = solve(np.zeros((1, 4)), np.zeros((1, 9)))
    assert w[0] == 0 and b[0] < 0
    w, b = solve(np.zeros((1, 9)), np.zeros((1, 4)))
    assert w[0] == 0 and b[0] > 0
