"""Cells of layer 2-3 that take no part in the reach: they answer to events, by senses whose synapses M1 dopamine changes.

Superficial layers of motor cortex hold, beside cells that are tuned to movement, cells that answer to a cue or report how a trial
ended, whatever the paw did (Levy et al. 2020; Ghanayim et al. 2025). What these here answer to is not given but fought out
between synapses. Each hears the tone, the plate, touch and taste; all are excitatory, as long-range input to layer 2-3 is (Mao
2011). Three factors (sense, what is unusual in the cell's rate, M1 dopamine) strengthen some of them, and each cell keeps its total
strength (synaptic scaling: Turrigiano 1998), so that what one sense gains the others lose. In a novice the tone, the one sense
that it has learned to wait for, is strong; this is our assumption. Hearing adapts to a sound within a tenth of a second (synaptic
depression in auditory cortex: Wehr & Zador 2005), touch and taste are renewed with every movement of hand and jaw.

Nothing in the model reads these cells: whatever they answer to, the mouse's movements are bit-identical.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from reachenv.agents.brain.state import State

SENSES = ("tone", "plate", "touch", "taste")  # senses of events; a pellet that merely lies there is none


@dataclass(frozen=True)
class EventCellParams:
    """Event cells (times in s, weights in units of a saturated cell's input). Choices, but for those with a source."""

    cells: int = 40
    tau: float = 0.015
    threshold: float = 0.2
    noise: float = 0.15
    rate_spread: float = 0.35  # s.d. of log maximal rate between cells
    hearing: float = 0.1  # time constant of its adaptation (Wehr & Zador 2005)
    # Mean strength at birth of a synapse of each sense.
    tone: float = 1.0
    plate: float = 0.1
    touch: float = 0.06
    taste: float = 0.2
    weight_spread: float = 0.5  # s.d. of their logarithm (synaptic weights are log-normal: Song 2005)


def plastic_senses(where: Mapping[str, slice]) -> list[int]:
    """Which senses reach event cells, as places in the vector of all senses."""
    return [i for name in SENSES if name in where for i in range(*where[name].indices(10**6))]


def grow(p: EventCellParams, where: Mapping[str, slice], rng: np.random.Generator) -> dict[str, np.ndarray]:
    """A mouse's event cells: `event_rate` (K,) maximal rates, `event_senses` (K, S) weights onto them from the plastic senses."""
    mean = np.concatenate(
        [np.full(len(range(*where[name].indices(10**6))), getattr(p, name)) for name in SENSES if name in where]
    )
    rate = np.exp(p.rate_spread * rng.standard_normal(p.cells) - p.rate_spread**2 / 2)
    spread = np.exp(p.weight_spread * rng.standard_normal((p.cells, len(mean))) - p.weight_spread**2 / 2)
    return {"event_rate": rate.astype(np.float32), "event_senses": (mean * spread).astype(np.float32)}


@dataclass(slots=True)
class EventCellState(State):
    """Event cells of B mice: K cells, S plastic senses.

    rates (B, K): activity now. heard (B, S): their senses now, rectified, hearing adapted. fresh (B, 1): what is left of hearing, 0 to 1.
    Held in a trial: weights (B, K, S) from the senses; largest (B, K): maximal rate.
    """

    rates: np.ndarray
    heard: np.ndarray
    fresh: np.ndarray
    weights: np.ndarray
    largest: np.ndarray


class EventCells:
    """tau de/dt = -e + e_max [W h - threshold + noise]_0^1; h: the senses, of which the tone is heard less the longer it sounds:

    h_tone = fresh * tone, hearing * d fresh/dt = -fresh while it sounds, else fresh = 1.
    """

    def __init__(self, p: EventCellParams, where: Mapping[str, slice], dt: float):
        self._p = p
        self._which = np.array(plastic_senses(where))
        tone = plastic_senses(where).index(where["tone"].start)
        self._tone = slice(tone, tone + 1)
        self._share, self._tires = 1 - math.exp(-dt / p.tau), math.exp(-dt / p.hearing)

    def begin(self, largest: np.ndarray, weights: np.ndarray) -> EventCellState:
        """A trial's start; see the state."""
        heard, fresh = np.zeros((len(largest), len(self._which)), np.float32), np.ones((len(largest), 1), np.float32)
        return EventCellState(np.zeros_like(largest), heard, fresh, weights, largest)

    def step(self, state: EventCellState, sense: np.ndarray, noise: np.ndarray) -> None:
        """One brain update: all senses (B, all) and noise (B, K)."""
        p = self._p
        heard = np.abs(sense[:, self._which])
        sounds = heard[:, self._tone] > 0.5
        heard[:, self._tone] *= state.fresh
        state.fresh = np.where(sounds, state.fresh * np.float32(self._tires), np.float32(1.0))
        drive = np.matmul(state.weights, heard[:, :, None])[:, :, 0] - p.threshold + p.noise * noise
        goal = state.largest * np.minimum(np.maximum(drive, 0.0), 1.0)
        state.rates = state.rates + self._share * (goal - state.rates)
        state.heard = heard
