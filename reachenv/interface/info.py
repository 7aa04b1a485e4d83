"""What `info` holds: one shape at reset and at every step, numbers alone, so that recorders and checkers can take it.

Every key is there at every step and says what has happened so far; at a trial's last step that is how it went. What has not
happened is infinite, never NaN: it compares equal to itself, is later than any time, and spoils a mean where one would be
wrong. The outcome is a number, `outcome_code`, its place in `reachenv.OUTCOMES`; as words it is the attribute `outcome`.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from reachenv.schema import OUTCOMES
from reachenv.trial import Trials


class Infos:
    """Makes the info of N worlds.

    Args:
        n: number of worlds.
        terms: names of the reward's terms; each is the entry `reward_NAME`. Of a reward with one term there is none.
    """

    def __init__(self, n: int, terms: Sequence[str]):
        self._no_terms = {name: np.zeros(n) for name in terms} if len(terms) > 1 else {}
        self._seen = -1
        self._values: dict[str, np.ndarray] = {}
        self._masks: tuple[str, ...] = ()

    def of(self, trials: Trials, whose: np.ndarray, terms: Mapping[str, np.ndarray] | None = None) -> dict[str, Any]:
        """The info of the worlds `whose` (N,) bool, as gymnasium's vector environments give it: each key with its mask `_key`.

        terms: of the reward of this step, (N,) each; None where there was none.
        """
        info: dict[str, Any] = {name: value.copy() for name, value in self._so_far(trials).items()}
        for name, none in self._no_terms.items():
            info[f"reward_{name}"] = (terms or {}).get(name, none).copy()
        self._masks = self._masks or tuple(f"_{name}" for name in info)
        info |= dict.fromkeys(self._masks, whose.copy())
        return info

    def _so_far(self, t: Trials) -> dict[str, np.ndarray]:
        """How the trials went until now. Made anew where anything has changed, which is seldom."""
        if t.changes != self._seen:
            self._seen = t.changes
            self._values = {
                "outcome_code": np.array([OUTCOMES.index(word) for word in t.outcome()], np.int64),
                "is_success": t.eaten.copy(),
                **{f"{event}_time": _or_never(times) for event, times in t.times.items()},
                "reach_duration": _or_never(t.reach_duration()),
                "peak_speed": t.peak_speed / 10.0,  # mm/s → cm/s
                "aim_error": _or_never(t.aim_error),
                "endpoint": _or_never(t.endpoint),
                "plate_contact": t.plate_contact.copy(),
                "head_contact": t.head_contact.copy(),
            }
        return self._values


class InfoOfOne(Infos):
    """Makes the info of a single environment: what `of_one_world` takes out of that of many, made at once."""

    def __init__(self, n: int, terms: Sequence[str]):
        super().__init__(n, terms)
        self._told: dict[str, Any] = {}
        self._arrays: tuple[tuple[str, np.ndarray], ...] = ()

    def of(self, trials: Trials, whose: np.ndarray, terms: Mapping[str, np.ndarray] | None = None) -> dict[str, Any]:
        """The info of the one world, without masks."""
        if trials.changes != self._seen:
            self._told = of_one_world(self._so_far(trials))
            self._arrays = tuple((name, value) for name, value in self._told.items() if type(value) is np.ndarray)
        info = self._told.copy()
        for name, value in self._arrays:  # numbers cannot be changed by who gets them, arrays can
            info[name] = value.copy()
        for name, none in self._no_terms.items():
            info[f"reward_{name}"] = (terms or {}).get(name, none)[0]
        return info


def _or_never(values: np.ndarray) -> np.ndarray:
    return np.where(np.isnan(values), np.inf, values)


def of_one_world(info: dict[str, Any], world: int = 0) -> dict[str, Any]:
    """Take one world out of a vector environment's info: numpy numbers, and arrays without a dimension where it holds a bool.

    Gymnasium's own vectorisers batch both with their types; a bool of numpy or Python they would, or could, not.
    """
    out: dict[str, Any] = {}
    for name, values in info.items():
        if name[0] != "_":
            value = values[world]
            kind = type(value)
            out[name] = np.array(value) if kind is np.bool_ or kind is np.ndarray else value
    return out
