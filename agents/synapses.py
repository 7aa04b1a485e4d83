"""The plastic synapses of a trial: tags while it runs, change at its end, loss and capture in the night. Rules: `plasticity`.

Antagonists in layer 5 and opponents in the striatum mirror each other, so that one tag serves both, with either sign.
"""

import math

import numpy as np
import torch
from torch import Tensor

from agents import plasticity
from agents.params import ACTIONS, LoopParams
from agents.wiring import PARAMETERS

A, C = len(ACTIONS), len(PARAMETERS)
MEAN_RATE = 5e-4  # per step: a layer 2-3 cell's running mean spans about five trials
# Starting a movement is learned long before the experiment; only what shapes it is still open.
SHAPES = np.array([name != "go" for name in PARAMETERS], np.float32)


class Synapses:
    """One trial of B mice with N layer 2-3 cells. Running means in `memory` follow at once, weights wait for `change`."""

    def __init__(self, params: LoopParams, memory: dict[str, Tensor], dt: float):
        self._p, self._memory, self._dt = params, memory, dt
        self._keep = math.exp(-dt / params.plasticity.tag)
        b, _, n = memory["d1"].shape
        self._tag, self._gain = np.zeros((2, b, A + 2 * C, n), np.float32)
        self._sense_tag, self._sense_gain = np.zeros((2, *memory["senses"].shape), np.float32)
        self._means = {name: memory[name].numpy() for name in ("d1_mean", "d2_mean", "l23_mean")}  # the same memory

    def tag(
        self,
        l23: np.ndarray,
        lean: np.ndarray,
        striatum: dict[str, np.ndarray],
        plan: np.ndarray,
        senses: np.ndarray,
        vta: np.ndarray,
        arrives: dict[str, np.ndarray],
    ) -> None:
        """Mark what was active together, and let dopamine act on earlier marks.

        l23 (B, N); lean (B, A): what the loop adds to each action; striatum: rates (B, C, 2) of d1 and d2; plan (B, 1): is the
        phase aimed; senses (B, K) with plastic synapses; vta (B,) firing; arrives: share of it (B,) at "m1" and "striatum".
        """
        p, m, post = self._p.plasticity, self._means, [lean]
        tonic = self._p.dopamine.tonic
        for cells, rate in striatum.items():
            # Collaterals between opponents leave what distinguishes them; a running mean leaves what is unusual in it.
            unusual = plan * (0.5 * (rate[..., 0] - rate[..., 1]) - m[cells + "_mean"])
            m[cells + "_mean"] += p.mean_rate * unusual
            post.append(unusual * SHAPES)
        m1 = plasticity.cortical_modulation((vta - (1 - p.tonic_share) * tonic) * arrives["m1"])
        at_striatum, usual = vta * arrives["striatum"], tonic * arrives["striatum"]
        modulation = np.empty((len(l23), A + 2 * C), np.float32)
        modulation[:, :A] = m1[:, None]
        modulation[:, A : A + C] = plasticity.striatal_modulation(at_striatum, usual, +1)[:, None]
        modulation[:, A + C :] = plasticity.striatal_modulation(at_striatum, usual, -1)[:, None]
        modulation *= self._dt
        self._tag = plasticity.eligibility(self._tag, l23, np.concatenate(post, 1), self._keep)
        self._gain += plasticity.three_factor(self._tag, modulation)
        unusual = l23 - m["l23_mean"]
        m["l23_mean"] += MEAN_RATE * unusual
        self._sense_tag = plasticity.eligibility(self._sense_tag, senses, unusual, self._keep)
        self._sense_gain += plasticity.three_factor(
            self._sense_tag, np.repeat((self._dt * m1)[:, None], l23.shape[1], 1)
        )

    def change(self, sense_size: Tensor) -> None:
        """End of the trial: weights in `memory` take what dopamine made of the tags. sense_size (B, N): see `plasticity.scale`."""
        p, m = self._p.plasticity, self._memory
        rest = torch.tensor(self._p.ganglia.striatal_weight)
        layer5, *striatum = torch.from_numpy(self._gain).split([A, C, C], 1)
        for cells, gain in zip(("d1", "d2"), striatum, strict=True):
            gain = torch.stack([gain, -gain], 2).flatten(1, 2)
            grown = plasticity.fade(m[cells] + p.striatum * gain, rest, p.striatum_fade_trial)
            m[cells] = grown.clamp(0.0, 2 * float(rest))
        m["layer5_early"] = m["layer5_early"] + p.cortex * torch.cat([layer5, -layer5], 1)
        senses = (m["senses"] + p.senses * torch.from_numpy(self._sense_gain)).clamp(-p.senses_limit, p.senses_limit)
        m["senses"] = plasticity.scale(senses, sense_size) if p.homeostasis else senses


def sleep(params: LoopParams, memory: dict[str, Tensor]) -> None:
    """A night: the striatum forgets, M1 keeps what dopamine captured by day. day_dopamine, day_trials (B,) are in `memory`."""
    p = params.plasticity
    rest = torch.tensor(params.ganglia.striatal_weight)
    for cells in ("d1", "d2"):
        memory[cells] = plasticity.fade(memory[cells], rest, p.striatum_fade_night)
    level = memory["day_dopamine"] / memory["day_trials"].clamp(min=1.0) / params.dopamine.tonic
    memory["layer5_early"], memory["layer5_late"] = plasticity.consolidate(
        memory["layer5_early"], memory["layer5_late"], level, p.capture, p.loss
    )
