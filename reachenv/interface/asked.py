"""What is given to `reset` and `step`, checked: seeds, options, actions. What cannot be is refused in one sentence."""

import math
import operator
from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any

import numpy as np

from reachenv.perturb import Perturbation

FIELDS = tuple(f.name for f in fields(Perturbation))
OPTIONS = ("reset_mask", "perturbation", *FIELDS)
_LOW, _HIGH = np.array(-1.0), np.array(1.0)


def seeds(seed: Any, n: int) -> list[int | None]:
    """One seed for each of n worlds: seed + i of a number, or those of a sequence; None goes on with a world's own numbers."""
    if seed is None:
        return [None] * n
    if not isinstance(seed, (Sequence, np.ndarray)) or isinstance(seed, (str, bytes)):
        first = _seed(seed)
        return [first + i for i in range(n)]
    if np.ndim(seed) == 0 and isinstance(seed, np.ndarray):
        return seeds(seed.item(), n)
    if len(seed) != n:
        raise ValueError(f"{len(seed)} seeds were given for {n} worlds; give one number or one for each.")
    return [None if s is None else _seed(s) for s in seed]


def _seed(value: Any) -> int:
    try:
        if isinstance(value, (bool, np.bool_)):
            raise TypeError
        number = operator.index(value)
    except TypeError:
        number = -1
    if number < 0:
        raise ValueError(
            f"The seed is {value!r}; it must be None, an integer of 0 or more, or one of these for each world."
        )
    return number


def reset(options: Any, n: int) -> tuple[np.ndarray, list[Perturbation]]:
    """The worlds to be reset (N,) bool, and the perturbation of each of them, in order."""
    if options is None:
        options = {}
    if not isinstance(options, Mapping):
        raise ValueError(
            f"The options of reset are {options!r}; they must be a mapping with any of {', '.join(OPTIONS)}."
        )
    unknown = [name for name in options if name not in OPTIONS]
    if unknown:
        raise ValueError(f"reset got the option {unknown[0]!r}; it knows {', '.join(OPTIONS)}.")
    mask = _mask(options["reset_mask"], n) if "reset_mask" in options else np.ones(n, bool)
    return mask, _perturbations(options, n, np.flatnonzero(mask))


def _mask(given: Any, n: int) -> np.ndarray:
    try:
        mask = np.asarray(given)
        if mask.dtype.kind in "iuf" and np.isin(mask, (0, 1)).all():
            mask = mask.astype(bool)
    except (TypeError, ValueError):  # ragged
        mask = np.zeros(0, object)
    if mask.dtype != bool or mask.shape != (n,) or not mask.any():
        raise ValueError(f"reset_mask must name at least one of {n} worlds, one bool for each; it was {given!r}.")
    return mask


def _perturbations(options: Mapping[str, Any], n: int, ids: np.ndarray) -> list[Perturbation]:
    given = options.get("perturbation")
    named = {name: options[name] for name in FIELDS if name in options}
    if given is not None and named:
        raise ValueError(f"Give either 'perturbation' or its fields ({', '.join(named)}) as options, not both.")
    if given is None or isinstance(given, Perturbation):
        return [given or Perturbation(**named)] * len(ids)
    if not isinstance(given, Sequence) or not all(isinstance(p, Perturbation) for p in given):
        raise ValueError(
            f"The option 'perturbation' is {given!r}; it must be a reachenv.Perturbation, or a sequence of them, one for each world."
        )
    if len(given) != n:
        raise ValueError(f"{len(given)} perturbations were given for {n} worlds; give one for all or one for each.")
    return [given[i] for i in ids]


def actions(given: Any, shape: tuple[int, ...]) -> np.ndarray:
    """Actions as a new array (N, action_size) of floats, clipped to [-1, 1]."""
    out = numbers(given)
    if out.shape != shape:
        raise ValueError(f"The actions have shape {out.shape}; it must be {shape}: worlds × action size.")
    if not math.isfinite(np.vdot(out, out)) and not np.isfinite(out).all():
        bad = np.argwhere(~np.isfinite(out))[0]
        raise ValueError(
            f"Action {bad[1]} of world {bad[0]} is {out[tuple(bad)]}; actions must be finite numbers in [-1, 1]."
        )
    return np.minimum(np.maximum(out, _LOW, out=out), _HIGH, out=out)


def numbers(given: Any) -> np.ndarray:
    """Actions as a new array of floats: text, complex numbers, dates and objects are none."""
    try:
        array = np.asarray(given)
    except (TypeError, ValueError):
        raise ValueError("The actions have rows of different lengths; they must be one array of numbers.") from None
    if array.dtype.kind not in "fiub":
        raise ValueError(f"The actions are of type {array.dtype}; they must be finite numbers in [-1, 1].")
    return np.array(array, dtype=float)
