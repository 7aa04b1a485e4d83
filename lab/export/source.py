"""What every export is made from: one session of one mouse, read whole, and what to call things."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field

import numpy as np

from reachenv.lab.design.design import Subject
from reachenv.lab.records.folder import Run
from reachenv.lab.records.imaging import Imaging, ImagingParams, image_session
from reachenv.lab.records.recording import TRACES, USUAL, read_activity, read_recording, recorded_areas

SIMULATED = (
    "SIMULATED: no animal was used. A virtual mouse, a neural model in a physical model of the forelimb, learned to "
    "reach for a food pellet; its activity, dopamine and movement come from that model."
)
TRACE_MEANING = {
    "vta": "firing of the model's VTA dopamine cells",
    "dopamine_m1": "dopamine that arrives in M1",
    "dopamine_striatum": "dopamine that arrives in the striatum",
}


@dataclass(frozen=True, eq=False)
class Session:
    """One session. imaging: ΔF/F, rates, paw, trials. traces: dopamine by name → (trials, steps).

    activity: areas that were recorded on request, by name → (trials, steps, cells). meaning: what each of these is.
    """

    imaging: Imaging
    traces: dict[str, np.ndarray]
    activity: dict[str, np.ndarray] = field(default_factory=dict)
    meaning: dict[str, str] = field(default_factory=dict)

    @property
    def subject(self) -> Subject:
        return self.imaging.subject

    @property
    def number(self) -> int:
        return self.imaging.session

    @property
    def paw_mm(self) -> np.ndarray:
        return self.imaging.paw_mm

    @property
    def dt(self) -> float:
        return self.imaging.dt

    def trial_length(self) -> float:
        """[s]"""
        return self.paw_mm.shape[1] * self.dt


def read_session(run: Run, subject: Subject, session: int, params: ImagingParams) -> Session:
    """Read and image one session; UserError where it cannot be read."""
    areas = recorded_areas(run)
    traces = read_recording(run, subject, session, [name for name in TRACES if name in areas])
    meaning = {name: about for name, about in areas.items() if name not in USUAL}
    activity = {name: read_activity(run, subject, session, name) for name in meaning}
    return Session(image_session(run, subject, session, params), traces, activity, meaning)


def mouse_name(subject: Subject) -> str:
    """Such as control-m03: letters, digits and hyphens alone, as file names and DANDI want."""
    return re.sub(r"[^A-Za-z0-9-]+", "-", f"{subject.group.name}-m{subject.mouse:02d}")


def about(run: Run, params: ImagingParams) -> dict[str, str]:
    """What a file says of where it comes from: text entries, the same in every format."""
    config, indicator = run.config(), params.indicator
    return {
        "simulated": SIMULATED,
        "source": "reachenv " + str(config.get("versions", {}).get("reachenv", "")),
        "run": run.path.name,
        "command": str(config.get("command", "")),
        "seed": str(config["design"]["seed"]),
        "imaging": f"{indicator.name}: double-exponential kernel, rise {indicator.rise:g} s, decay {indicator.decay:g} s "
        f"({indicator.source}); dF/F {params.gain:g} at rate 1; SNR {params.snr:g} (dF/F of a cell at rate 1 over the "
        f"s.d. of one frame's Gaussian noise)",
        "config": json.dumps(config, ensure_ascii=False),
    }
