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

from reachenv.agents.brain.state import ONE, State, number

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

    fresh (B, 1): what is left of hearing, 0 to 1. Held in a trial: weights (B, K, S) from the senses.
    """

    fresh: np.ndarray
    weights: np.ndarray


class EventCells:
    """What event cells hear, W h with senses h, of which the tone is heard less the longer it sounds:

    h_tone = fresh * tone, hearing * d fresh/dt = -fresh while it sounds, else fresh = 1. How they fire is that of all cells of
    layer 2-3: `layer23.Layer23`.
    """

    def __init__(self, p: EventCellParams, where: Mapping[str, slice], dt: float):
        self._which = np.array(plastic_senses(where))
        tone = plastic_senses(where).index(where["tone"].start)
        self._tone = slice(tone, tone + 1)
        self._tires = number(math.exp(-dt / p.hearing))

    @property
    def senses(self) -> int:
        """How many senses reach them."""
        return len(self._which)

    def begin(self, weights: np.ndarray) -> EventCellState:
        """A trial's start; see the state."""
        return EventCellState(np.ones((len(weights), 1), np.float32), weights)

    def hear(self, state: EventCellState, sense: np.ndarray, sounds: np.ndarray | None, out: np.ndarray) -> None:
        """Their senses now, rectified, hearing adapted → out (B, S).

        sense (B, all); sounds (B,): whether the tone does; None where it does for no mouse.
        """
        sense.take(self._which, axis=1, out=out, mode="clip")
        np.abs(out, out=out)
        if sounds is None:
            state.fresh[:] = 1.0
        else:
            out[:, self._tone] *= state.fresh
            state.fresh = np.where(sounds[:, None], state.fresh * self._tires, ONE)

    def drive(self, state: EventCellState, heard: np.ndarray, out: np.ndarray) -> None:
        """Input of what is heard (B, S) → out (B, K, 1)."""
        np.matmul(state.weights, heard[:, :, None], out=out)
