"""Courses of a stimulus, each a function of the time since the trial began, as the loop's clock can hold them.

The circuit moves in substeps of 5 ms: a pulse is 5 ms wide, nothing repeats faster than 100 Hz, and every course begins with
the trial. A carrier of some kHz, as temporal interference uses it, moves a membrane up and down alike; its control is held
here by the fastest course that does the same, one substep up and one down.
"""

from collections.abc import Callable

PULSE_MS = 5.0


def sham(ms: float) -> float:
    """Nothing."""
    return 0.0


def theta_burst(ms: float) -> float:
    """Bursts of three pulses at 50 Hz, five bursts a second (Huang 2005; over striatum, Wessel 2023)."""
    in_burst = ms % 200.0
    return float(in_burst < 60.0 and in_burst % 20.0 < PULSE_MS)


def high_frequency(ms: float) -> float:
    """Up and down in turn, 100 Hz, an input without a mean or an envelope; cells that fire little rectify it, and fire more."""
    return 1.0 if (ms // PULSE_MS) % 2 == 0 else -1.0


def constant(ms: float) -> float:
    """On throughout."""
    return 1.0


WAVEFORMS: dict[str, Callable[[float], float]] = {
    "sham": sham,
    "theta-burst": theta_burst,
    "high-frequency": high_frequency,
    "constant": constant,
}
