"""One session of one mouse under the microscope."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from reachenv.lab.design.design import Subject
from reachenv.lab.design.seeds import imaging_seed
from reachenv.lab.errors import UserError
from reachenv.lab.records.folder import Run
from reachenv.lab.records.imaging.indicator import ImagingParams, fluorescence
from reachenv.lab.records.recording import read_recording, read_session_trials, recorded_areas


@dataclass(frozen=True, eq=False)
class Imaging:
    """The imaged population in one session.

    dff: (trials, frames, units) float32, ΔF/F with noise.
    rates: the same shape, float32, the noise-free firing rates behind it [1 is a cell's full rate, before its own gain].
    time_s: (frames,) [s] from the onset of the tone: −4..8 in `ghanayim2025` timing (360 frames), −1..3 in `compact`
        (120). Frame k shows the moment time_s[k].
    trials: the session's rows of the trial table, in the order of axis 0.
    paw_mm: (trials, steps, 3) float32, the paw from the mouth [mm] as sensed k · dt s after the start of the trial.
    unit_ids: (units,) int; unit u is the same cell in every session of a mouse, and axis 2 is always in this order.
    """

    subject: Subject
    session: int
    dff: np.ndarray
    rates: np.ndarray
    time_s: np.ndarray
    frame_rate: float
    trials: pd.DataFrame
    unit_ids: np.ndarray
    params: ImagingParams
    paw_mm: np.ndarray
    dt: float


def image_session(run: Run, subject: Subject, session: int, params: ImagingParams = ImagingParams()) -> Imaging:  # noqa: B008  frozen
    """Image one session out of its files; the same call gives the same bits. Of a brain without m1_l23 there are no units.

    Raises:
        UserError: the session is not there, was not recorded, is damaged, or its files do not belong together.
    """
    tape = read_recording(run, subject, session, [*imaged_areas(run), "frame_rate", "paw_mm", "dt"])
    trials = read_session_trials(run, subject, session)
    path = run.session_files(subject, session).recording
    if "m1_l23" not in tape:
        tape["m1_l23"] = no_cells(tape)
    rates, rate = tape["m1_l23"], float(tape["frame_rate"])
    check_shapes(path, tape, len(trials))
    tone = trials["tone_time"].to_numpy(float)
    if not np.isfinite(tone).all() or np.ptp(tone) > 0.5 / rate:
        raise UserError(f"{path} cannot be imaged on one axis: its trials have the tone at different times, or none.")
    seed = imaging_seed(run.design().seed, subject.group.litter, subject.mouse, session)
    rates = rates.astype(np.float32)
    return Imaging(
        subject, session,
        dff=fluorescence(rates, rate, params, seed),
        rates=rates,
        time_s=np.arange(rates.shape[1]) / rate - tone[0],
        frame_rate=rate,
        trials=trials,
        unit_ids=np.arange(rates.shape[2]),
        params=params,
        paw_mm=tape["paw_mm"],
        dt=float(tape["dt"]),
    )  # fmt: skip


def imaged_areas(run: Run) -> list[str]:
    """The areas that are imaged: layer 2-3 of M1, where the brain of a run has it."""
    return [area for area in ("m1_l23",) if area in recorded_areas(run)]


def no_cells(tape: dict[str, np.ndarray]) -> np.ndarray:
    """Rates of no unit at all, (trials, frames, 0)."""
    trials, steps = tape["paw_mm"].shape[:2]
    return np.zeros(
        (trials, int(np.floor(steps * float(tape["dt"]) * float(tape["frame_rate"]) + 1e-9)), 0), np.float16
    )


def check_shapes(path: Path, tape: dict[str, np.ndarray], trials: int) -> None:
    """That a recording belongs to `trials` trials and its frames span them; UserError names what does not fit.

    tape: at least m1_l23, paw_mm, dt and frame_rate.
    """
    rates, steps = tape["m1_l23"], tape["paw_mm"].shape[1] if tape["paw_mm"].ndim == 3 else 0
    if rates.ndim != 3 or 0 in rates.shape[:2]:
        raise UserError(f"{path} is damaged (m1_l23 has shape {rates.shape}, not trials × frames × units).")
    if len(rates) != trials:
        raise UserError(f"{path} is cut short or not of this session: {len(rates)} trials recorded of {trials}.")
    frames = int(np.floor(steps * float(tape["dt"]) * float(tape["frame_rate"]) + 1e-9))
    if rates.shape[1] != frames:
        raise UserError(f"{path} is damaged ({rates.shape[1]} frames a trial, where {steps} steps make {frames}).")
    if not np.isfinite(rates).all():
        raise UserError(f"{path} is damaged (m1_l23 holds values that are not numbers).")
