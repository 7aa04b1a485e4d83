"""Motor cortex: layer 2-3 as a recurrent sequence of attractor states, layer 5 as its read-out.

Each phase of the reach-to-eat sequence is an assembly of layer 2-3 cells. An assembly holds itself by recurrent excitation until
its slow trace (synaptic facilitation onto the next assembly, fatigue onto itself) hands over to the next, so that a sequence once
begun runs on without the tone. The order of the phases is innate in rodents (reach-to-eat is conserved: Whishaw 1992;
Iwaniuk & Whishaw 2000); what each phase means for the arm babbling teaches layer 5, and the
skill is then learned in layer 2-3 itself: in which cells of a phase fire. Time constants are our choice.
Other cells of the layer hear what happens outside the body: `event_cells`.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

PHASES = ("hold", "lift", "reach", "descend", "close", "raise", "carry", "mouth", "eat", "back")
PHASE_INDEX = {name: i for i, name in enumerate(PHASES)}
# Phases whose target the loop may shift: the loop's cortical cells are excited in these alone.
AIMED = ("lift", "reach", "descend", "close")
# A rate of layer 2-3 below this is none. Nothing hears it, and processors are slow on the smallest of numbers, where fading cells end up.
SILENT = 1e-30
OWN = ("paw", "muscle_length", "muscle_velocity", "command")  # senses of the own body, where the world has them
HEARD = (*OWN, "touch")  # all that cells of the reach hear
BIASED = 5  # movement parameters that the loop's bias reaches M1 in: x, y, z, pronation, grip


@dataclass(frozen=True)
class CortexParams:
    """Layer 2-3 and 5 (times in s, weights in units of a saturated cell's input)."""

    units: int = 128
    sparseness: float = 0.2  # share of the cells in one assembly
    tau: float = 0.015
    tau_slow: float = 0.09  # facilitation and fatigue
    hold_gain: float = 3.0  # recurrent self-excitation of an assembly
    threshold: float = 1.2
    inhibition: float = 8.0  # per unit of mean activity above one assembly's
    fatigue: float = 2.0
    # How long each phase lasts once entered [s]; 0 waits for the go.
    durations: tuple[float, ...] = (0.0, 0.045, 0.045, 0.045, 0.045, 0.08, 0.12, 0.17, 0.17, 0.20)
    noise: float = 0.15
    random_recurrence: float = 0.15
    sense_gain: float = 0.25  # senses of the own body: size of a cell's random weights, were all senses such
    go_gain: float = 25.0  # thalamic go → the lift assembly
    touch_gain: float = 0.5  # touch of the whole hand hurries the closing
    rate_spread: float = 0.35  # s.d. of log maximal rate between cells
    # Apical tufts of layer 2-3: what they receive scales the rate of a cell whose assembly is active (gain modulation: Larkum 2004).
    apical: float = 0.2  # s.d. between cells of the change of gain for each mm that the loop's bias asks for
    apical_noise: float = 0.1  # s.d. of a cell's private noise in its gain, one draw a reach
    least_gain: float = 0.1
    most_gain: float = 2.0
    lateral_weight: float = 0.04  # excitatory synapse onto a tuft from another cell, at birth; inhibition balances it
    tau_layer5: float = 0.015


@dataclass(frozen=True)
class Cortex:
    """Weights a mouse is born with. P phases, N cells, S senses.

    pattern (N, P): who takes part in a phase. decode (P, N): reads phases back from rates.
    weights (N, N + S): onto each cell from rates and senses. onward (P, N): onto each phase's assembly from slow traces, which hand
    over from phase to phase. rate (N,): maximal rate. apical (N, A): change of a cell's gain for each mm that the loop's bias asks for
    in one of A movement parameters.
    """

    pattern: np.ndarray
    decode: np.ndarray
    weights: np.ndarray
    onward: np.ndarray
    rate: np.ndarray
    apical: np.ndarray


def handover(p: CortexParams) -> np.ndarray:
    """Facilitation onto the next phase that makes each phase last its duration, (P,).

    The next assembly starts when B (1 - exp(-T / tau_slow)) reaches its threshold.
    """
    duration = np.asarray(p.durations)
    rise = -np.expm1(-np.maximum(duration - p.tau, 1e-3) / p.tau_slow)
    return np.where(duration > 0, p.threshold / rise, 0.0)


def grow(p: CortexParams, where: Mapping[str, slice], rng: np.random.Generator) -> Cortex:
    """A mouse's layer 2-3 from its own random numbers; `where` each sense lies among all that it senses."""
    n_senses = max(s.stop for s in where.values())
    n, phases = p.units, len(PHASES)
    pattern = np.zeros((n, phases))
    for column in range(phases):
        pattern[rng.choice(n, round(p.sparseness * n), replace=False), column] = 1.0
    rate = np.exp(p.rate_spread * rng.standard_normal(n) - p.rate_spread**2 / 2)
    apical = p.apical * rng.standard_normal((n, BIASED))
    # Least-squares decoder, blind to uniform activity, which inhibition handles, and to which cells of an aimed assembly are favoured.
    favoured = favourites(pattern, rate, apical).reshape(n, -1)
    decode = np.linalg.pinv(np.c_[pattern * rate[:, None], rate, favoured])[:phases]
    fatigue = np.full(phases, p.fatigue)
    fatigue[PHASE_INDEX["hold"]] = 0.0
    recurrent = p.hold_gain * pattern @ decode - p.inhibition / n
    recurrent += p.random_recurrence * rng.standard_normal((n, n)) / math.sqrt(n)
    # What excites the next tires itself.
    onward = np.roll(handover(p)[:, None] * decode, 1, axis=0) - fatigue[:, None] * decode
    gain = np.zeros(n_senses)
    for name in OWN:
        gain[where.get(name, slice(0))] = p.sense_gain
    senses = gain * rng.standard_normal((n, n_senses)) / math.sqrt(n_senses)
    touch = where["touch"]
    senses[:, touch] += p.touch_gain / (touch.stop - touch.start) * pattern[:, PHASE_INDEX["close"], None]
    weights = np.concatenate([recurrent, senses], axis=1)
    return Cortex(*(a.astype(np.float32) for a in (pattern, decode, weights, onward, rate, apical)))


def favourites(pattern: np.ndarray, rate: np.ndarray, apical: np.ndarray) -> np.ndarray:
    """How the rates of an aimed assembly change for each mm of bias, (N, aimed phases, A); see `Cortex`."""
    aimed = pattern[:, [PHASE_INDEX[phase] for phase in AIMED]] * rate[:, None]
    return aimed[:, :, None] * apical[:, None]


def steering(grown: Cortex) -> np.ndarray:
    """Weights (A, N) by which layer 5 reads which cells of an aimed assembly are favoured, in mm of bias: what babbling teaches.

    A cell that babbling finds to fire more where the paw goes further is one whose weight grows; here the outcome is solved for:
    the smallest weights with which each aimed assembly, favoured by 1 mm of bias, is read as 1 mm, and no assembly by itself, nor uniform
    activity, as any.
    """
    favoured = favourites(grown.pattern, grown.rate, grown.apical)
    n, phases, actions = favoured.shape
    rows = np.c_[grown.pattern * grown.rate[:, None], grown.rate, favoured.reshape(n, -1)].T.astype(float)
    asked = np.concatenate([np.zeros((len(rows) - phases * actions, actions)), np.tile(np.eye(actions), (phases, 1))])
    return np.linalg.lstsq(rows, asked, rcond=None)[0].T
