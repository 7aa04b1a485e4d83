"""The sliding classifier: what was planted is found where and when it was planted, and nothing where nothing was."""

import numpy as np
import pytest
from planted_network import even, frozen, imaged_mouse, permuted
from sklearn.svm import SVC

from reachenv.lab.analysis.network.kinetics import FoldedSVM, analyse, window_means


def by_session(mouse):
    return analyse(mouse)["levels"].groupby("session")["level"].mean()


def two_classes(apart, trials=60, features=20, seed=0):
    rng = np.random.default_rng(seed)
    y = np.repeat([0, 1], trials // 2)
    X = rng.normal(size=(trials, features))
    X[:, 0] += apart * y
    return X, y


def test_windows_are_one_second_every_half():
    time = np.arange(120) / 30 - 1
    dff = np.tile(time[None, :, None], (2, 1, 3))
    means, middles = window_means(dff, time)
    assert means.shape == (2, 7, 3) and np.allclose(middles, np.arange(-0.5, 2.6, 0.5))
    assert np.allclose(means[0, :, 0], middles - 0.5 / 30)  # the mean of frame times, half a frame before the middle
    assert window_means(np.zeros((1, 360, 2)), np.arange(360) / 30 - 4)[0].shape == (1, 23, 2)


def test_the_level_rises_along_the_planted_path():
    level = by_session(imaged_mouse(noise=2.0, trials=20))
    assert level[1] < 0.25 and level[7] > 0.75
    assert (np.diff(level) > -0.1).all() and level[2] < 0.4 and level[6] > 0.6


def test_a_frozen_mouse_stays_at_its_level():
    level = by_session(imaged_mouse(frozen, noise=2.0, trials=20))
    assert level[[2, 3, 4]].max() < 0.3 < 0.7 < level[7]


def test_where_sessions_do_not_differ_first_and_last_are_at_chance():
    level = by_session(permuted(imaged_mouse(trials=20), None, trial_by_trial=True))
    assert abs(level[1] - 0.5) < 0.2 and abs(level[7] - 0.5) < 0.2
    still = by_session(imaged_mouse(lambda s: 0.0, trials=20))
    assert abs(still[7] - still[1]) < 0.3


def test_the_difference_is_found_in_the_windows_that_hold_it():
    mouse = imaged_mouse(lambda s: 0.0, noise=0.5, trials=20)
    time = mouse.sessions[7].time_s
    mouse.sessions[7].dff[:, (time >= 1.5) & (time < 2.5), :6] += 1.0
    table = analyse(mouse)["levels"].pivot(index="session", columns="window", values="level")
    assert table.loc[7, 2.0] > 0.9 and table.loc[1, 2.0] < 0.1
    assert abs(table.loc[7, -0.5] - table.loc[1, -0.5]) < 0.5


def test_judging_in_sample_would_have_found_what_is_not_there():
    """Why sessions 1 and 7 are judged out of fold: with more neurons than trials anything can be learned by heart."""
    X, y = two_classes(0.0, trials=40, features=100)
    in_sample = SVC(kernel="linear").fit(X, y).score(X, y)
    own = FoldedSVM().fit(X, y).predict_out_of_fold()
    assert in_sample == 1.0 and abs((own == y).mean() - 0.5) < 0.25


def test_no_trial_is_judged_by_a_machine_that_learned_from_it():
    X, y = two_classes(0.0)
    flipped = y.copy()
    flipped[7] = 1 - y[7]
    fit = FoldedSVM(costs=(1.0,)).fit(X, y)
    assert set(np.unique(fit.predict_out_of_fold())) <= {0, 1} and len(fit.machines_) == 10
    easy, z = two_classes(8.0)
    assert (FoldedSVM().fit(easy, z).predict_out_of_fold() == z).all()
    assert (FoldedSVM().fit(easy, z).predict(easy) == z).all()


def test_scales_come_from_the_training_trials_alone():
    X, y = two_classes(2.0)
    fit = FoldedSVM().fit(X, y)
    far = np.full((1, X.shape[1]), 1e6)
    for scale, *_ in fit.machines_:
        assert scale.span.max() < 10 and scale(far).min() > 1


def test_too_few_trials_say_so():
    with pytest.raises(ValueError, match="4 trials of each class"):
        FoldedSVM().fit(np.zeros((6, 2)), [0, 0, 0, 1, 1, 1])
    assert len(analyse(imaged_mouse(trials=3))["levels"]) == 0


def test_a_mouse_without_its_first_or_expert_session_has_no_level():
    mouse = imaged_mouse()
    del mouse.sessions[1]
    assert len(analyse(mouse)["levels"]) == 0


def test_the_same_mouse_gives_the_same_levels():
    one, two = (analyse(imaged_mouse(even))["levels"] for _ in range(2))
    assert one.equals(two)
