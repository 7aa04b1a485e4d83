"""From firing rates to fluorescence: a calcium indicator with a published rise and decay, and the microscope's noise.

**Kernel.** k(t) = (exp(−t/decay) − exp(−t/rise)) / (decay − rise), t ≥ 0: a double exponential of area 1, so that a
cell that keeps firing at rate r settles at calcium r.

**Scale.** ΔF/F = gain · calcium. F₀ is the fluorescence of a silent cell. The indicator is linear here; real ones
saturate, and GCaMP6s responds to a pair of spikes by more than twice a single one.

**Noise.** Gaussian, independent between frames and cells, and the same for all cells, sessions, mice and groups:
s.d. = gain / snr. So **SNR is the ΔF/F of a cell that keeps firing at rate 1, over the s.d. of the noise in one frame**.
Noise does not depend on what a cell does, so no analysis can find structure in it that was not in the rates.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.signal import lfilter

from reachenv.lab.errors import UserError


@dataclass(frozen=True)
class Indicator:
    """A calcium indicator. rise, decay: time constants of the kernel [s]. source: where they were measured."""

    name: str
    rise: float
    decay: float
    source: str

    def __post_init__(self) -> None:
        if not 0 < self.rise < self.decay:
            raise UserError(
                f"the indicator {self.name} rises in {self.rise:g} s and decays in {self.decay:g} s; "
                "both must be positive and the rise the shorter."
            )


# Time constants in vivo, layer 2-3 pyramidal cells of mouse visual cortex, responses to 4-5 spikes: GCaMP6s rises in
# 150-200 ms and decays in about 750 ms, GCaMP6f in 50-100 and 200-300 ms; the middle of each range is taken. They fit
# with the half-decays after one spike in Chen et al. 2013, Nature 499:295, of about 550 ms (6s) and 140 ms (6f):
# ln 2 · decay = 520 and 173 ms.
_HUANG = "Huang et al. 2021, eLife 10:e51675, figure 3C"
GCAMP6S = Indicator("GCaMP6s", rise=0.175, decay=0.75, source=_HUANG)
GCAMP6F = Indicator("GCaMP6f", rise=0.075, decay=0.25, source=_HUANG)
INDICATORS = {indicator.name: indicator for indicator in (GCAMP6S, GCAMP6F)}


@dataclass(frozen=True)
class ImagingParams:
    """How the population is imaged.

    indicator: which one the study used is not known to us; GCaMP6s is the usual one for populations. gain: ΔF/F of a
    cell at rate 1, the scale alone. snr: that ΔF/F over the s.d. of one frame's noise; `inf` is a noise-free microscope.
    The default, a noise of 10 % ΔF/F a frame, is our judgement: 1.8 % per √Hz at 30 Hz.
    """

    indicator: Indicator = GCAMP6S
    gain: float = 1.0
    snr: float = 10.0

    def __post_init__(self) -> None:
        if not self.gain > 0 or not self.snr > 0:
            raise UserError(f"imaging wants a gain and an SNR above 0; gain {self.gain:g} and SNR {self.snr:g} given.")

    def noise_sd(self) -> float:
        """S.d. of the noise in one frame [ΔF/F]."""
        return self.gain / self.snr


def calcium(rates: np.ndarray, frame_rate: float, indicator: Indicator) -> np.ndarray:
    """Convolve rates (trials, frames, units) with the indicator's kernel, frames along axis 1; the same shape, float32.

    The rate runs straight from frame to frame, for which the result is exact. Every trial is a record of its own: what
    came before it is not known, so it begins in the steady state of its first frame.
    """
    rates = np.asarray(rates, np.float32)
    rise, decay = indicator.rise, indicator.decay
    # The double exponential in partial fractions: two first-order filters of gain 1, put together into one.
    (slow, slow_pole), (fast, fast_pole) = (_low_pass(tau * frame_rate) for tau in (decay, rise))
    over = (decay * np.polymul(slow, fast_pole) - rise * np.polymul(fast, slow_pole)) / (decay - rise)
    under = np.polymul(slow_pole, fast_pole)
    change = rates - rates[:, :1]
    change = lfilter(over.astype(np.float32), under.astype(np.float32), change, axis=1)
    change += rates[:, :1]
    return change


def fluorescence(rates: np.ndarray, frame_rate: float, params: ImagingParams, seed: int) -> np.ndarray:
    """ΔF/F of rates (trials, frames, units) as a microscope sees it, float32.

    The noise of a trial depends on the seed and its place in the session alone, not on how many trials follow.
    """
    dff = calcium(rates, frame_rate, params.indicator)
    dff *= np.float32(params.gain)
    noise = np.random.default_rng(seed).standard_normal(dff.shape, dtype=np.float32)
    noise *= np.float32(params.noise_sd())
    dff += noise
    return dff


def _low_pass(tau: float) -> tuple[np.ndarray, np.ndarray]:
    """First-order filter of gain 1 and time constant `tau` [frames], exact where its input is linear between frames.

    Coefficients of (input, output) in powers of the delay, as `scipy.signal.lfilter` takes them.
    """
    keep = np.exp(-1.0 / tau)
    mean = (1.0 - keep) * tau
    return np.array([1.0 - mean, mean - keep]), np.array([1.0, -keep])
