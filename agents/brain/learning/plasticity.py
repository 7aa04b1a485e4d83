"""Three-factor rules: what two neurons did, times dopamine. Pure functions, batched over B mice.

No rule sees a target or a gradient; each multiplies quantities that are present at the synapse.
"""

from typing import TypeVar

import numpy as np
import torch
from torch import Tensor

from reachenv.agents.brain.state import number

Numbers = TypeVar("Numbers", np.ndarray, Tensor)  # arithmetic alone: either will do


def credit(modulation: np.ndarray, decay: float) -> np.ndarray:
    """What each moment's tag is worth in the end: k_t = modulation_t + decay * k_{t+1}.

    modulation (T, B): third factor at each step; decay in [0, 1] per step, of the tag. Returns (T, B).
    Source: eligibility of about 1 s in striatal spines, Yagishita 2014.
    """
    worth, keep = np.array(modulation), np.array(decay, modulation.dtype)
    *rows, later = worth  # views
    for row in reversed(rows):
        row += keep * later
        later = row
    return worth


def three_factor(pre: np.ndarray, post: np.ndarray, worth: np.ndarray) -> np.ndarray:
    """Weight change of a trial: the sum over t of k_t post_t pre_t, with k from `credit`.

    It is what a tag e_t = decay * e_{t-1} + post_t pre_t, times the third factor at each step, adds up to.
    pre (T, B, pre), post (T, B, post), worth (T, B). Returns (B, post, pre).
    """
    assert pre.shape[:2] == post.shape[:2] == worth.shape, (pre.shape, post.shape, worth.shape)
    return np.matmul((post * worth[:, :, None]).transpose(1, 2, 0), pre.transpose(1, 0, 2))


def three_factor_at(pre: np.ndarray, post: np.ndarray, worth: np.ndarray, when: np.ndarray) -> np.ndarray:
    """`three_factor`, summed over the moments of each mouse at which `when` (T, B) holds: it costs as much as these are many."""
    assert pre.shape[:2] == post.shape[:2] == worth.shape == when.shape, (
        pre.shape,
        post.shape,
        worth.shape,
        when.shape,
    )
    change = np.zeros((post.shape[1], post.shape[2], pre.shape[2]), pre.dtype)
    for mouse, one in enumerate(change):
        at = np.flatnonzero(when[:, mouse])
        np.matmul((post[at, mouse] * worth[at, mouse, None]).T, pre[at, mouse], out=one)
    return change


def unusual(rates: np.ndarray, mean: np.ndarray, speed: float, share: np.ndarray | None = None) -> np.ndarray:
    """How rates depart from their running mean: u_t = share_t (rates_t - mean_t), mean_{t+1} = mean_t + speed u_t. Returns (T, B, cells).

    rates (T, B, cells); share (T, B, 1): of each update, 1 where not given. mean (B, cells) is left as it is in the end.
    """
    off = rates - mean
    if share is None:
        pace = [number(speed)] * len(off)
    else:
        pace = list(np.multiply(np.float32(speed), np.broadcast_to(share, off.shape)))
    moved = np.zeros((len(rates) + 1, *mean.shape), np.float32)  # how far the mean has moved before each update
    before = moved[0]
    for now, part, after in zip(off, pace, moved[1:], strict=True):
        now -= before
        np.multiply(now, part, out=after)
        after += before
        before = after
    mean += before
    return off if share is None else share * off


def modulation(dopamine: Numbers, tonic: Numbers) -> Numbers:
    """Third factor of a synapse: dopamine - tonic.

    dopamine, tonic (B,) or (T, B): what arrives, and its usual level under the same block. Phasic dopamine follows the prediction error.
    In motor cortex, where the post factor is the drive that arrives from thalamus, it keeps those departures that paid, and what the loop
    drives on average where that pays. Where nothing is unexpected nothing changes, nor without dopamine. Source: dopamine-dependent LTP in
    M1, Molina-Luna 2009; phasic firing of VTA expands M1's map, Hosp 2011.
    """
    assert dopamine.shape == tonic.shape, (dopamine.shape, tonic.shape)
    return dopamine - tonic


def at_receptor(worth: Numbers, receptor: int) -> Numbers:
    """What dopamine's departure from its usual level, or a credit of it, does at a cortico-striatal synapse: receptor * worth.

    receptor +1 for D1 cells (a burst potentiates), -1 for D2 cells (a dip potentiates). Source: Shen 2008; Reynolds & Wickens 2002.
    """
    if receptor not in (1, -1):
        raise ValueError(f"receptor is +1 (D1) or -1 (D2), not {receptor!r}")
    return receptor * worth


def fade(weights: Numbers, rest: Numbers, fraction: float) -> Numbers:
    """Forgetting: w moves a fraction of the way back to its resting value."""
    return weights + fraction * (rest - weights)


def scale(weights: Tensor, size: Tensor) -> Tensor:
    """Homeostasis: each cell scales all its synapses alike, so that their root sum of squares stays `size`.

    weights (B, post, pre), size (B, post). What one input gains the others lose; mean drive stays.
    Source: synaptic scaling, Turrigiano 1998.
    """
    assert weights.shape[:2] == size.shape, (weights.shape, size.shape)
    return weights * (size / weights.square().sum(-1).sqrt().clamp(min=1e-12))[:, :, None]


def limit(weights: Tensor, together: Tensor, most: float) -> Tensor:
    """Each cell scales its synapses down alike where those of cells that fire together would bring more than `most`.

    weights (B, post, pre), together (B, pre, groups): rates of the cells of each group. Returns weights with
    max over groups of sum_j |w_ij| together_jg <= most. Source: synaptic scaling, Turrigiano 1998; that it goes by groups is our choice.
    Within a group the largest eigenvalue of together_ig w_ij is then no larger than most: no norm of a matrix is smaller than that,
    and this is the row-sum norm of the matrix in units of each cell's rate.
    """
    assert weights.shape[0] == together.shape[0] and weights.shape[2] == together.shape[1], (
        weights.shape,
        together.shape,
    )
    brought = torch.matmul(weights.abs(), together).amax(-1)
    return weights * (most / brought.clamp(min=most))[:, :, None]


def consolidate_twice(
    early: Tensor, mid: Tensor, late: Tensor, dopamine: Tensor, capture: float, night_fade: float
) -> tuple[Tensor, Tensor, Tensor]:
    """One night: what the night before captured becomes lasting, and part of the labile potentiation is captured, where dopamine was there.

    late' = late + L mid; mid' = (1 - L) mid + capture L early; early' = (1 - night_fade) (1 - capture L) early, L = min(dopamine, 1).
    early, mid, late (B, post, pre); dopamine (B,) mean arriving level of the day over its usual level.
    Source: as of `consolidate`; dopamine half a day and more after learning decides whether memory persists, Rossato 2009.
    """
    assert early.shape == mid.shape == late.shape and dopamine.shape == early.shape[:1], (early.shape, dopamine.shape)
    level = dopamine.clamp(0.0, 1.0)[:, None, None]
    captured = capture * level * early
    return (1 - night_fade) * (early - captured), (1 - level) * mid + captured, late + level * mid


def consolidate(
    early: Tensor, late: Tensor, dopamine: Tensor, capture: float, night_fade: float
) -> tuple[Tensor, Tensor]:
    """One night: where dopamine was there, part of the labile potentiation is captured; most of the rest fades.

    captured = capture min(dopamine, 1) early; late' = late + captured; early' = (1 - night_fade) (early - captured).
    early, late (B, post, pre); dopamine (B,) mean arriving level of the day over its usual level.
    Source: late-phase LTP needs dopamine, Frey 1990; Sajikumar & Frey 2004; early-phase LTP and the tags that wait for capture
    last hours, Frey & Morris 1997.
    """
    assert early.shape == late.shape and dopamine.shape == early.shape[:1], (early.shape, late.shape, dopamine.shape)
    captured = capture * dopamine.clamp(0.0, 1.0)[:, None, None] * early
    return (1 - night_fade) * (early - captured), late + captured
