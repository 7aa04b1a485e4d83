"""The plastic synapses of a trial: tags while it runs, change at its end, loss and capture in the night. Rules: `plasticity`.

Antagonists in layer 5 and opponents in the striatum mirror each other, so that one tag serves both, with either sign.
"""

import math

import numpy as np
import torch
from torch import Tensor

from reachenv.agents.brain import plasticity
from reachenv.agents.brain.params import LoopParams
from reachenv.agents.brain.wiring import PARAMETERS

C = len(PARAMETERS)
MEAN_RATE = 5e-4  # per step: an event cell's running mean spans about five trials
# Starting a movement is learned long before the experiment; only what shapes it is still open.
SHAPES = np.array([name != "go" for name in PARAMETERS], np.float32)


class Synapses:
    """One trial of B mice with N layer 2-3 cells. Running means in `memory` follow at once, weights wait for `change`."""

    def __init__(self, params: LoopParams, memory: dict[str, Tensor], dt: float):
        self._p, self._memory, self._dt = params, memory, dt
        self._means = {name: memory[name].numpy() for name in ("d1_mean", "d2_mean", "event_mean")}  # the same memory
        # Step by step: layer 2-3, how layer 5 departs from its posture, what is unusual in striatum and in event cells, what these hear.
        self._l23, self._lean, self._striatum, self._unusual, self._heard = [], [], [], [], []
        self._at_m1, self._at_striatum = [], []  # third factors

    def tag(
        self,
        l23: np.ndarray,
        lean: np.ndarray,
        striatum: dict[str, np.ndarray],
        plan: np.ndarray,
        events: np.ndarray,
        heard: np.ndarray,
        vta: np.ndarray,
        arrives: dict[str, np.ndarray],
    ) -> None:
        """Mark what was active together in this step, and note the dopamine that may act on it and on earlier marks.

        l23 (B, N); lean (B, actions): how layer 5 departs from the posture; striatum: rates (B, C, 2) of d1 and d2; plan (B, 1): is the
        phase aimed; events (B, K): event cells, heard (B, S): what they hear; vta (B,) firing;
        arrives: share of it (B,) at "m1" and "striatum".
        """
        p, m, both = self._p.plasticity, self._means, []
        tonic = self._p.dopamine.tonic
        for cells, rate in striatum.items():
            # Collaterals between opponents leave what distinguishes them; a running mean leaves what is unusual in it.
            unusual = plan * (0.5 * (rate[..., 0] - rate[..., 1]) - m[cells + "_mean"])
            m[cells + "_mean"] += p.mean_rate * unusual
            both.append(unusual * SHAPES)
        unusual = events - m["event_mean"]
        m["event_mean"] += MEAN_RATE * unusual
        self._l23.append(l23)
        self._unusual.append(unusual)
        self._lean.append(lean)
        self._striatum.append(np.concatenate(both, 1))
        self._heard.append(heard)
        self._at_m1.append(plasticity.cortical_modulation(vta * arrives["m1"], tonic * arrives["m1"]))
        self._at_striatum.append((vta * arrives["striatum"], tonic * arrives["striatum"]))

    def change(self, sense_size: Tensor) -> None:
        """End of the trial: weights in `memory` take what dopamine made of the tags. sense_size (B, K): see `plasticity.scale`."""
        if not self._l23:
            return
        p, m = self._p.plasticity, self._memory
        keep = math.exp(-self._dt / p.tag)
        l23, unusual, striatum = np.stack(self._l23), np.stack(self._unusual), np.stack(self._striatum)
        m1 = plasticity.credit(self._dt * np.stack(self._at_m1), keep)
        arrived, usual = np.stack(self._at_striatum, 1)
        rest = torch.tensor(self._p.ganglia.striatal_weight)
        for cells, receptor, post in (("d1", +1, striatum[..., :C]), ("d2", -1, striatum[..., C:])):
            worth = plasticity.credit(self._dt * plasticity.striatal_modulation(arrived, usual, receptor), keep)
            gain = torch.from_numpy(plasticity.three_factor(l23, post, worth))
            gain = torch.stack([gain, -gain], 2).flatten(1, 2)
            grown = plasticity.fade(m[cells] + p.striatum * gain, rest, p.striatum_fade_trial)
            m[cells] = grown.clamp(0.0, 2 * float(rest))
        layer5 = torch.from_numpy(plasticity.three_factor(l23, np.stack(self._lean), m1))
        m["layer5_early"] = m["layer5_early"] + p.cortex * torch.cat([layer5, -layer5], 1)
        gain = torch.from_numpy(plasticity.three_factor(np.stack(self._heard), unusual, m1))
        senses = (m["senses"] + p.senses * gain).clamp(0.0, p.senses_limit)
        m["senses"] = plasticity.scale(senses, sense_size) if p.homeostasis else senses


def sleep(params: LoopParams, memory: dict[str, Tensor]) -> None:
    """A night: the striatum forgets, M1 keeps what dopamine captured by day. day_dopamine, day_trials (B,) are in `memory`."""
    p = params.plasticity
    rest = torch.tensor(params.ganglia.striatal_weight)
    for cells in ("d1", "d2"):
        memory[cells] = plasticity.fade(memory[cells], rest, p.striatum_fade_night)
    level = memory["day_dopamine"] / memory["day_trials"].clamp(min=1.0) / params.dopamine.tonic
    memory["layer5_early"], memory["layer5_late"] = plasticity.consolidate(
        memory["layer5_early"], memory["layer5_late"], level, p.capture, p.night_fade
    )
