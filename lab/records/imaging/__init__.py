"""Virtual two-photon imaging of M1 layer 2-3, after the fact: from the recorded noise-free rates to ΔF/F.

    imaging = image_session(run, subject, session)     # ΔF/F (trials, frames, units) and the rates behind it
    found = readable_sessions(run)                     # what can be read, and what cannot, with the reason

Imaging only observes. It happens when an analysis asks for it, out of the files and the cohort's seed alone, so any run
can be imaged again, with another indicator or another noise, and the same call gives the same bits.
"""

from reachenv.lab.records.imaging.indicator import (
    GCAMP6F,
    GCAMP6S,
    INDICATORS,
    ImagingParams,
    Indicator,
    calcium,
    fluorescence,
)
from reachenv.lab.records.imaging.readable import Readable, Trouble, image_sessions, readable_sessions
from reachenv.lab.records.imaging.session import Imaging, image_session

__all__ = [
    "GCAMP6F", "GCAMP6S", "INDICATORS", "Imaging", "ImagingParams", "Indicator", "Readable", "Trouble", "calcium",
    "fluorescence", "image_session", "image_sessions", "readable_sessions",
]  # fmt: skip
