"""One mouse as an xarray Dataset, in a netCDF file: unit × time × trial, every trial with its session and outcome."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from reachenv.lab.export.source import TRACE_MEANING, Session, mouse_name

if TYPE_CHECKING:
    import xarray as xr


def write(path: Path, sessions: Iterable[Session], about: dict[str, str]) -> None:
    """Write all sessions of one mouse to `path`."""
    dataset = build(list(sessions), about)
    packed = {"zlib": True, "complevel": 1, "shuffle": True}
    encoding = {name: packed for name, array in dataset.data_vars.items() if array.ndim > 1}
    dataset.to_netcdf(path, engine="h5netcdf", encoding=encoding)


def build(sessions: list[Session], about: dict[str, str]) -> xr.Dataset:
    """The Dataset of one mouse.

    dff, rates (unit, time, trial); paw_mm (axis, step, trial); vta, dopamine_m1, dopamine_striatum (step, trial).
    Areas recorded on request: NAME (NAME_cell, step, trial). time and step_time are in s from the tone. Every column of the
    trial table is a coordinate of `trial`, with its times from the tone as well.
    """
    import xarray as xr

    first = sessions[0]
    trials = pd.concat([s.imaging.trials for s in sessions], ignore_index=True)
    tone = trials["tone_time"].to_numpy(float)
    coords: dict[str, Any] = {
        "unit": first.imaging.unit_ids,
        "time": first.imaging.time_s,
        "axis": ["forward", "left", "up"],
    }
    coords["step_time"] = ("step", np.arange(first.paw_mm.shape[1]) * first.dt - tone[0])
    for column in trials.columns.drop(["group", "mouse"]):
        values = trials[column].to_numpy()
        if column.endswith("_time"):
            values = values.astype(float) - tone
        elif pd.api.types.is_string_dtype(trials[column]):
            values = values.astype(str)
        coords["trial_in_session" if column == "trial" else column] = ("trial", values)
    # dopamine_m1 is a mean in the trial table and a course in the recording.
    coords |= {f"mean_{name}": coords.pop(name) for name in TRACE_MEANING if name in coords}
    variables = {
        "dff": _joined(sessions, lambda s: s.imaging.dff, ("unit", "time", "trial"), "ΔF/F, with noise"),
        "rates": _joined(sessions, lambda s: s.imaging.rates, ("unit", "time", "trial"), "firing rates without noise"),
        "paw_mm": _joined(sessions, lambda s: s.paw_mm, ("axis", "step", "trial"), "paw from the mouth [mm]"),
    }
    for name in first.traces:
        variables[name] = _joined(sessions, partial(_trace, name), ("step", "trial"), TRACE_MEANING[name])
    for name, meaning in first.meaning.items():
        dims = (f"{name}_cell", "step", "trial")
        variables[name] = _joined(sessions, partial(_activity, name), dims, meaning)
    attrs: dict[str, str | int | float] = {"title": f"SIMULATED mouse {mouse_name(first.subject)}", **about}
    attrs |= {
        "group": first.subject.group.name,
        "mouse": first.subject.mouse,
        "frame_rate_hz": first.imaging.frame_rate,
    }
    return xr.Dataset(variables, coords, attrs)


def _activity(name: str, session: Session) -> np.ndarray:
    return session.activity[name]


def _trace(name: str, session: Session) -> np.ndarray:
    return session.traces[name]


def _joined(
    sessions: list[Session], part: Callable[[Session], np.ndarray], dims: tuple[str, ...], meaning: str
) -> tuple[tuple[str, ...], np.ndarray, dict[str, str]]:
    """Trials of all sessions one after the other, axes in the order of `dims`: (trial, time, unit) is turned round."""
    return dims, np.concatenate([part(s) for s in sessions]).astype(np.float32).T, {"long_name": meaning}
