"""The linear support-vector machine on one feature, solved exactly and for thousands of neurons at once.

Minimise ½w² + C Σ max(0, 1 − y(wx + b)) over w and b, y = ±1, with P positive and N negative examples.

For a given w an example leaves its class' margin when b passes r = y − wx. The slope of the loss in b is −CP at −∞ and
rises by C at every r, so b lies between the P-th and the (P+1)-th smallest r. The loss with b so chosen has the slope

    w − C (Σ₊ x − S(w)),    S(w) = sum of x over the P smallest r.

For w > 0 both classes enter the P smallest in the order of falling x: the k largest positives and the P − k largest
negatives. As w rises, k grows by one at each w_k = 2 / (p_{k+1} − q_{P−k}), p and q sorted to fall. So the slope is zero
in the first k with C (Σ₊ x − S_k) ≤ w_k, at w = max(w_{k−1}, C (Σ₊ x − S_k)). Negative w is the same with x turned round.
Where b has room, it is put midway, as libsvm does.
"""

from __future__ import annotations

import numpy as np


def solve(positive: np.ndarray, negative: np.ndarray, c: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
    """Weight and offset, (n,) each, of n machines on positive (n, P) and negative (n, N) examples; wx + b > 0 is positive."""
    p, q = -np.sort(-positive, axis=1), -np.sort(-negative, axis=1)
    turned = _pull(p, q)[:, 0] <= 0
    p = np.where(turned[:, None], -p[:, ::-1], p)
    q = np.where(turned[:, None], -q[:, ::-1], q)
    w, k = _weight(p, q, c)
    return np.where(turned, -w, w), _offset(p, q, w, k)


def _least(p: np.ndarray, q: np.ndarray) -> int:
    """The fewest positives among the P smallest r: those for which there are no negatives left."""
    return max(0, p.shape[1] - q.shape[1])


def _pull(p: np.ndarray, q: np.ndarray) -> np.ndarray:
    """Σ₊ x − S_k for k = least … P: (n, P − least + 1)."""
    n, count = p.shape
    k = np.arange(_least(p, q), count + 1)
    zero = np.zeros((n, 1))
    sum_p, sum_q = (np.concatenate([zero, np.cumsum(v, axis=1)], axis=1) for v in (p, q))
    return sum_p[:, -1:] - sum_p[:, k] - sum_q[:, count - k]


def _weight(p: np.ndarray, q: np.ndarray, c: float) -> tuple[np.ndarray, np.ndarray]:
    """w ≥ 0 and k of the solution, (n,) each."""
    least, count = _least(p, q), p.shape[1]
    pull = c * _pull(p, q)
    k = np.arange(least, count)
    gap = p[:, k] - q[:, count - k - 1]
    kink = np.full(pull.shape, np.inf)
    np.divide(2.0, gap, out=kink[:, :-1], where=gap > 0)
    first = np.argmax(pull <= kink, axis=1)
    row = np.arange(len(p))
    before = np.where(first > 0, kink[row, np.maximum(first - 1, 0)], 0.0)
    return np.maximum(before, pull[row, first]), first + least


def _offset(p: np.ndarray, q: np.ndarray, w: np.ndarray, k: np.ndarray) -> np.ndarray:
    """Midway between the P-th and the (P+1)-th smallest r."""
    n, count = p.shape
    ends = np.full((n, 1), np.inf)
    rp = np.concatenate([-ends, 1 - w[:, None] * p, ends], axis=1)
    rq = np.concatenate([-ends, -1 - w[:, None] * q, ends], axis=1)
    row, m = np.arange(n), count - k
    low = np.maximum(rp[row, k], rq[row, m])
    high = np.minimum(rp[row, k + 1], rq[row, m + 1])
    return (low + high) / 2
