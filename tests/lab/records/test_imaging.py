"""The indicator against its published kinetics and closed forms, the noise against its definition."""

import numpy as np
import pytest
from scipy.integrate import quad

from reachenv.lab.errors import UserError
from reachenv.lab.records.imaging import GCAMP6F, GCAMP6S, ImagingParams, Indicator, calcium, fluorescence

RATE = 30.0


def step(frames=300, at=100):
    rates = np.zeros((1, frames, 1), np.float32)
    rates[:, at:] = 1
    return rates


@pytest.mark.parametrize("indicator", [GCAMP6S, GCAMP6F], ids=lambda i: i.name)
def test_a_step_of_rate_gives_the_integral_of_the_kernel(indicator):
    """Between frames 99 and 100 the rate runs straight from 0 to 1: the kernel's integral, averaged over that frame."""
    rise, decay = indicator.rise, indicator.decay

    def settled(t):  # ∫₀ᵗ k
        return 1 - (decay * np.exp(-t / decay) - rise * np.exp(-t / rise)) / (decay - rise) if t > 0 else 0.0

    trace = calcium(step(), RATE, indicator)[0, :, 0]
    for frame in (99, 100, 101, 110, 130, 200, 299):
        since = (frame - 99) / RATE
        expected = quad(settled, since - 1 / RATE, since)[0] * RATE if frame > 99 else 0.0
        assert trace[frame] == pytest.approx(expected, abs=2e-5)


def test_kinetics_are_the_published_ones():
    """A short pulse peaks, and falls to half within the half-decay that Chen et al. 2013 give for one spike, ± 40 %."""
    for indicator, half_decay in ((GCAMP6S, 0.55), (GCAMP6F, 0.142)):
        rates = np.zeros((1, 3000, 1), np.float32)
        rates[0, 10] = 1
        trace = calcium(rates, 600.0, indicator)[0, :, 0]
        tail = trace[np.argmax(trace) + int(2 * indicator.rise * 600) :]  # past the shoulder: the decay alone
        half = np.argmax(tail < tail[0] / 2) / 600
        assert half == pytest.approx(half_decay, rel=0.4)


def test_a_steady_cell_is_steady_from_the_first_frame():
    rates = np.full((2, 50, 3), 0.7, np.float32)
    np.testing.assert_allclose(calcium(rates, RATE, GCAMP6S), rates, rtol=1e-6)


def test_trials_and_cells_do_not_touch_one_another():
    rng = np.random.default_rng(0)
    rates = rng.random((3, 40, 4)).astype(np.float32)
    whole = calcium(rates, RATE, GCAMP6S)
    np.testing.assert_array_equal(whole[1:2, :, 2:3], calcium(rates[1:2, :, 2:3], RATE, GCAMP6S))


def test_imaging_is_linear_and_causal():
    rng = np.random.default_rng(1)
    a, b = rng.random((2, 1, 80, 2))
    mixed = calcium(2 * a + b, RATE, GCAMP6S)
    np.testing.assert_allclose(mixed, 2 * calcium(a, RATE, GCAMP6S) + calcium(b, RATE, GCAMP6S), atol=1e-5)
    later = a.copy()
    later[:, 50:] += 1
    np.testing.assert_array_equal(calcium(later, RATE, GCAMP6S)[:, :50], calcium(a, RATE, GCAMP6S)[:, :50])


def test_noise_has_the_stated_snr_and_nothing_else():
    """At a steady rate of 1, mean over s.d. is the SNR; noise knows neither the frame before nor the cell beside."""
    params = ImagingParams(gain=0.8, snr=4.0)
    dff = fluorescence(np.ones((40, 200, 5)), RATE, params, seed=3)
    assert dff.dtype == np.float32
    assert dff.mean() / dff.std() == pytest.approx(4.0, rel=0.02) and dff.mean() == pytest.approx(0.8, rel=0.01)
    noise = dff - dff.mean()
    assert abs(np.corrcoef(noise[:, 1:].ravel(), noise[:, :-1].ravel())[0, 1]) < 0.02
    assert abs(np.corrcoef(noise[..., 0].ravel(), noise[..., 1].ravel())[0, 1]) < 0.05


def test_no_noise_where_the_snr_is_infinite():
    rates = np.random.default_rng(2).random((2, 30, 3))
    dff = fluorescence(rates, RATE, ImagingParams(snr=np.inf), seed=0)
    np.testing.assert_array_equal(dff, calcium(rates, RATE, GCAMP6S))


def test_noise_follows_from_the_seed_and_not_from_how_many_trials_there_are():
    rates = np.zeros((6, 20, 3))
    noise = fluorescence(rates, RATE, ImagingParams(), seed=5)
    np.testing.assert_array_equal(noise[:4], fluorescence(rates[:4], RATE, ImagingParams(), seed=5))
    assert not np.array_equal(noise, fluorescence(rates, RATE, ImagingParams(), seed=6))


@pytest.mark.parametrize("make", [lambda: ImagingParams(snr=0), lambda: ImagingParams(gain=-1),
                                  lambda: Indicator("x", 0.5, 0.5, ""), lambda: Indicator("x", 0.0, 0.5, "")])  # fmt: skip
def test_impossible_settings_are_refused(make):
    with pytest.raises(UserError):
        make()
