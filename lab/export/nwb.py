"""One session as an NWB file, in the layout that DANDI wants and pynapple opens.

**Clock.** Trials of a run have no time between them; an NWB session has one clock. Trial k begins at
k · (length of a trial + GAP): the gap is ours, and keeps trials apart for every tool that cuts by time.
"""

from __future__ import annotations

import json
import uuid
import warnings
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from reachenv.agents.interventions import Intervention, is_dopamine_block
from reachenv.lab.design.group import interventions_in
from reachenv.lab.design.wording import intervention_words, merged
from reachenv.lab.export.source import SIMULATED, TRACE_MEANING, Session, mouse_name

if TYPE_CHECKING:
    from pynwb import H5DataIO, NWBFile

GAP = 5.0  # s between trials on the session's clock, our choice
VIDEO_RATE = 200.0  # Hz, behaviour video of Ghanayim et al. 2025
DEPTH_UM = 200  # µm, imaging depth of the same study
PIXELS = 12  # columns of the made-up grid on which cells are drawn
EXCITATION_NM, EMISSION_NM = 920.0, 510.0  # nominal, for GCaMP under two photons; nothing depends on them
FIRST_DAY = datetime(2025, 1, 1, 12, tzinfo=UTC)  # for runs that do not tell when they began

COLUMNS = {
    "trial": "number of the trial in the session, from 1",
    "outcome": "success, miss, knock, slip, drop or no_reach",
    "success": "whether the pellet reached the mouth",
    "reward": "reward summed over the trial",
    "rpe": "reward-prediction error at the outcome",
    "value_at_tone": "the critic's prediction at the tone",
    "exploration": "s.d. of the exploration that the loop adds to the command",
    "dopamine_m1": "dopamine that arrived in M1, mean over the trial",
    "dopamine_striatum": "dopamine that arrived in the striatum, mean over the trial",
    "intervention": "interventions on the brain in this trial, such as m1x0 (target x factor) for M1 dopamine blocked; 'none' for none",
    "perturbation": "how the world was perturbed; 'none' for not at all",
    "reach_duration": "duration of the reach in seconds",
    "peak_speed": "peak speed of the paw in cm/s",
    "aim_error": "distance from the pellet at the end of the reach in mm",
    "seed": "seed of the world in this trial; replays it",
}


def write(path: Path, sessions: Iterable[Session], about: dict[str, str]) -> None:
    """Write one session (the only one in `sessions`) to `path`."""
    from pynwb import NWBHDF5IO

    (session,) = sessions
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*does not end in '.nwb'")  # written beside itself, then renamed
        with NWBHDF5IO(str(path), "w") as file:
            file.write(build(session, about))


def starts(session: Session) -> np.ndarray:
    """When each trial begins on the session's clock [s]."""
    return np.arange(len(session.paw_mm)) * (session.trial_length() + GAP)


def build(session: Session, about: dict[str, str]) -> NWBFile:
    """The NWBFile of one session, not yet written."""
    from pynwb import NWBFile
    from pynwb.file import Subject

    name = mouse_name(session.subject)
    identity = f"{about['config']}/{name}/{session.number}/{about['imaging']}"
    blocks = [i for i in interventions_in(session.subject.group, session.number) if is_dopamine_block(i)]
    nwb = NWBFile(
        session_description=f"{SIMULATED} Session {session.number} of mouse {name}: {len(session.paw_mm)} trials, "
        f"two-photon imaging of M1 layer 2-3.",
        identifier=str(uuid.uuid5(uuid.NAMESPACE_URL, identity)),
        session_start_time=_day(session, about),
        session_id=f"{session.number:02d}",
        experimenter=["Laboratory, Virtual"],
        lab="reachenv, a virtual motor-learning laboratory",
        institution="none (SIMULATED)",
        experiment_description="SIMULATED. A head-fixed mouse reaches for a food pellet after a tone, after the task of "
        "Ghanayim et al. 2025, Nat Commun 16:200, doi 10.1038/s41467-024-55317-4. These are not that study's data.",
        keywords=["SIMULATED", "motor learning", "dopamine", "motor cortex", "reach to grasp"],
        notes=f"{SIMULATED} Made by {about['source']} with cohort seed {about['seed']}. Imaging: {about['imaging']}. "
        f"Trials are {GAP:g} s apart on this clock by convention. Config of the run: {about['config']}",
        source_script=about["command"] or "train.py",
        source_script_file_name="train.py",
        pharmacology=_pharmacology(blocks) if blocks else None,
    )
    nwb.subject = Subject(
        subject_id=name, species="Mus musculus", strain="C57BL/6", sex="U", age="P8W/P16W", weight="0.025 kg",
        description=f"{SIMULATED} Modelled on an adult C57BL/6 of 25 g; it has no age and no sex. "
        f"Group {session.subject.group.name}, mouse {session.subject.mouse}.",
    )  # fmt: skip
    if len(session.imaging.unit_ids):
        _add_imaging(nwb, session, about)
    _add_behaviour(nwb, session)
    _add_trials(nwb, session)
    return nwb


def _add_imaging(nwb: NWBFile, session: Session, about: dict[str, str]) -> None:
    from pynwb.ophys import DfOverF, ImageSegmentation, OpticalChannel, RoiResponseSeries

    imaging = session.imaging
    device = nwb.create_device(
        "VirtualMicroscope", description="SIMULATED two-photon microscope; lab.records.imaging of reachenv."
    )
    plane = nwb.create_imaging_plane(
        name="ImagingPlane",
        description=f"SIMULATED. Layer 2-3 of forelimb M1, {DEPTH_UM} um below the surface.",
        device=device,
        optical_channel=OpticalChannel(
            name="Green", description="GCaMP fluorescence, SIMULATED.", emission_lambda=EMISSION_NM
        ),
        excitation_lambda=EXCITATION_NM,
        imaging_rate=imaging.frame_rate,
        indicator=imaging.params.indicator.name,
        location="MOp2/3",
    )
    ophys = nwb.create_processing_module("ophys", "SIMULATED two-photon imaging of M1 layer 2-3.")
    segmentation = ImageSegmentation(name="ImageSegmentation")
    ophys.add(segmentation)
    cells = segmentation.create_plane_segmentation(
        name="PlaneSegmentation",
        description="The imaged cells: the same id is the same cell in every session of a mouse. Cells of the model have "
        "no place; the masks are one pixel each on a made-up grid.",
        imaging_plane=plane,
    )
    for unit in imaging.unit_ids:
        cells.add_roi(id=int(unit), pixel_mask=[(int(unit) % PIXELS, int(unit) // PIXELS, 1.0)])
    rows = list(range(len(imaging.unit_ids)))
    stamps = (starts(session)[:, None] + np.arange(imaging.rates.shape[1]) / imaging.frame_rate).ravel()
    region = "all imaged cells"
    container = DfOverF(name="DfOverFContainer")
    ophys.add(container)  # before the series: they refer to the table of cells, and must share a file with it
    dff = container.create_roi_response_series(
        name="DfOverF",
        data=_packed(_long(imaging.dff)),
        unit="n.a.",
        timestamps=_packed(stamps),
        rois=cells.create_roi_table_region(region, region=rows),
        description=f"SIMULATED dF/F at {imaging.frame_rate:g} Hz, frames x cells; trials follow one another with a gap. "
        f"{about['imaging']}.",
    )
    rates = RoiResponseSeries(
        name="NoiseFreeRates",
        data=_packed(_long(imaging.rates)),
        unit="n.a.",
        timestamps=dff,
        rois=cells.create_roi_table_region(region, region=rows),
        description="SIMULATED firing rates behind the dF/F, without indicator or noise, frames x cells; "
        "1 is the full rate of a middling cell.",
    )
    ophys.add(rates)


def _add_behaviour(nwb: NWBFile, session: Session) -> None:
    from pynwb import TimeSeries
    from pynwb.behavior import Position, SpatialSeries

    behavior = nwb.create_processing_module("behavior", "SIMULATED movement of the paw.")
    times, paw = resample(session.paw_mm, session.dt, VIDEO_RATE)
    behavior.add(
        Position(
            spatial_series=SpatialSeries(
                name="PawPosition", data=_packed(_long(paw)), conversion=1e-3, unit="meters",
                timestamps=_packed((starts(session)[:, None] + times).ravel()),
                reference_frame="origin at the mouth; x forward, y to the left, z up",
                description=f"SIMULATED position of the right paw (its grip point) as the mouse senses it, stored in mm, "
                f"at the {VIDEO_RATE:g} Hz of the study's video: linear between steps of {session.dt * 1000:g} ms.",
            ),
            name="Position",
        )
    )  # fmt: skip
    module = nwb.create_processing_module(
        "misc", "SIMULATED dopamine signals, and areas that were recorded on request."
    )
    stamps = (starts(session)[:, None] + np.arange(session.paw_mm.shape[1]) * session.dt).ravel()
    shown = [(name, data.ravel(), TRACE_MEANING[name]) for name, data in session.traces.items()]
    shown += [(name, _long(data), f"{session.meaning[name]}, steps x cells") for name, data in session.activity.items()]
    clock = _packed(stamps)
    for name, values, meaning in shown:
        series = TimeSeries(
            name=name, data=_packed(values), unit="a.u.", timestamps=clock,
            description=f"SIMULATED: {meaning}, at {1 / session.dt:g} Hz.",
        )  # fmt: skip
        module.add(series)
        clock = series  # all share the clock of the first


def _add_trials(nwb: NWBFile, session: Session) -> None:
    """The trial table; times are on the session's clock, NaN where an event did not happen."""
    table = session.imaging.trials.drop(columns=["group", "mouse", "session"])
    begin, length = starts(session), session.trial_length()
    columns = {}
    for column in map(str, table):
        values = table[column].to_numpy()
        if column.endswith("_time"):
            columns[column] = values.astype(float) + begin
            meaning = f"when {column[:-5].replace('_', ' ')} happened, in seconds on this file's clock"
        else:
            columns[column] = [("none" if v == "" else v) for v in values.tolist()]  # NWB tools trip over empty text
            meaning = COLUMNS.get(column, f"column {column} of the run's trial table")
        nwb.add_trial_column(column, meaning)
    for k, start in enumerate(begin):
        nwb.add_trial(start_time=start, stop_time=start + length, **{name: v[k] for name, v in columns.items()})


def resample(data: np.ndarray, dt: float, rate: float) -> tuple[np.ndarray, np.ndarray]:
    """(trials, steps, k) every `dt` s → times (n,) [s] within the trial and (trials, n, k) at `rate` Hz, linear between."""
    steps = np.arange(data.shape[1]) * dt
    times = np.arange(int(np.floor(steps[-1] * rate + 1e-9)) + 1) / rate
    place = np.clip(times / dt, 0, data.shape[1] - 1)
    before = np.minimum(place.astype(int), data.shape[1] - 2)
    share = (place - before).astype(np.float32)[None, :, None]
    return times, (1 - share) * data[:, before] + share * data[:, before + 1]


def _pharmacology(blocks: list[Intervention]) -> str:
    words = ", ".join(intervention_words(part) for part in merged(blocks))
    return (
        f"SIMULATED block of dopamine in this session: {words} ({', '.join(map(str, blocks))}). "
        "It stands for the chemogenetic block (CNO) of the study; no drug was given to any animal."
    )


def _day(session: Session, about: dict[str, str]) -> datetime:
    """One session a day, the design's last on the day the run began: a made-up calendar, but the same every time."""
    config = json.loads(about["config"])
    last = datetime.fromisoformat(config["started"]).astimezone(UTC) if config.get("started") else FIRST_DAY
    return last - timedelta(days=config["design"]["sessions"] - session.number)


def _long(data: np.ndarray) -> np.ndarray:
    """(trials, times, k) → (trials · times, k)."""
    return data.reshape(-1, data.shape[-1])


def _packed(data: np.ndarray) -> H5DataIO:
    from pynwb import H5DataIO

    return H5DataIO(data, compression="gzip", compression_opts=1, shuffle=True)
