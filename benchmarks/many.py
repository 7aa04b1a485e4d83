"""What ten thousand mice would cost, from what one mouse costs: core hours, disk, and what gives out first.

Mice are independent and their trials alike, so that cost grows in proportion; `benchmarks.cohort` measures that it does.
"""

from __future__ import annotations

import io
import os
import tempfile
import time
import zipfile
from collections.abc import Sequence
from pathlib import Path

MICE = 10_000
SESSIONS, SESSION_TRIALS = 7, 55  # of the study, in the compact timing:
STEPS = 400  # of a trial
FILMED = ("film_trial.npy", "qpos.npy", "film_m1.npy")  # of a recording: they grow with filmed trials, not with all


def grown(recording: Path, trials: int) -> dict[str, float]:
    """How many times a recording of `trials` trials would be its size in a session of the study.

    packed: on disk. plain: before compression, which is what its writing takes time for.
    """
    from reachenv.lab.records.recording import film_trials

    more, filmed = SESSION_TRIALS / trials, len(film_trials(SESSION_TRIALS)) / len(film_trials(trials))
    with zipfile.ZipFile(recording) as file:
        entries = file.infolist()
    out = {}
    for name, size in (("packed", "compress_size"), ("plain", "file_size")):
        sizes = {entry.filename: getattr(entry, size) for entry in entries}
        full = sum(n * (filmed if array in FILMED else more) for array, n in sizes.items())
        out[name] = full / sum(sizes.values())
    return out


def session_files(run, subjects: Sequence, design) -> dict:
    """What sessions of these mice say of one of the study.

    bytes_per_mouse_session: mean over mice and sessions. recording_takes: how many times as long a recording takes to
    write. of_one: one mouse's files by suffix, without its recording.
    """
    sizes, takes = [], []
    for subject in subjects:
        for session in range(1, design.sessions + 1):
            files = run.session_files(subject, session)
            more = grown(files.recording, design.trials)
            takes.append(more["plain"])
            others = (files.brain, files.brain.with_suffix(".json"), files.trials)
            sizes.append(files.recording.stat().st_size * more["packed"] + sum(path.stat().st_size for path in others))
    mean = {"bytes_per_mouse_session": sum(sizes) / len(sizes), "recording_takes": sum(takes) / len(takes)}
    return {**mean, "of_one": _as_in_the_study(files)}


def _as_in_the_study(files) -> dict[str, bytes]:
    """The files of a mouse's session but for its recording, the trials as many as in the study."""
    import pandas as pd

    table, written = pd.read_parquet(files.trials), io.BytesIO()
    pd.concat([table] * -(-SESSION_TRIALS // len(table)))[:SESSION_TRIALS].to_parquet(written, index=False)
    brain = {path.suffix: path.read_bytes() for path in (files.brain, files.brain.with_suffix(".json"))}
    return {**brain, ".parquet": written.getvalue()}


def writing_s(of_one: dict[str, bytes], bytes_per_mouse_session: float, folder: Path, mice: int = 24) -> float:
    """Wall time [s] that the main process of a run on Ray needs to put away one mouse's session, at the disk of `folder`.

    Not in it: what Ray takes to bring the files there, and TensorBoard's events.
    """
    import pandas as pd

    from reachenv.lab.design.design import Design
    from reachenv.lab.design.protocols import CONTROL
    from reachenv.lab.records.folder import create_run
    from reachenv.lab.records.table import sealed
    from reachenv.lab.runner.ray_cluster import _take

    recording = os.urandom(max(0, round(bytes_per_mouse_session) - sum(len(data) for data in of_one.values())))
    design = Design("single", (CONTROL,), mice, 1, SESSION_TRIALS)
    with tempfile.TemporaryDirectory(dir=folder) as here:
        run = create_run(Path(here) / "run", {"design": design.to_json(), "recording": True, "status": "running"})
        table = pd.read_parquet(io.BytesIO(of_one[".parquet"]))
        files = {
            str(run.session_files(subject, 1).trials.with_suffix(suffix).relative_to(run.path)): data
            for subject in design.subjects()
            for suffix, data in {
                **of_one,
                ".npz": recording,
                ".parquet": sealed(table.assign(group=subject.group.name, mouse=subject.mouse, session=1)),
            }.items()
        }
        began = time.perf_counter()
        _take(run, files, design.subjects(), 1, lambda event: None)
        return (time.perf_counter() - began) / mice


def cost(cpu_us_per_step: dict[str, float], bytes_per_mouse_session: float, writing: float) -> dict:
    """What MICE mice of the study would cost. cpu_us_per_step: by part, and raw physics, which is only compared with.

    writing: `writing_s`. It is the one thing that more machines do not share, so that it says how many cores are of use.
    """
    parts = {name: us for name, us in cpu_us_per_step.items() if name != "raw physics"}
    total, mouse_sessions = sum(parts.values()), MICE * SESSIONS
    core_s = SESSION_TRIALS * STEPS * total * 1e-6  # of one mouse and session
    dearest = max(parts, key=parts.get)
    return {
        "mice": MICE,
        "core_hours": mouse_sessions * core_s / 3600,
        "gigabytes": mouse_sessions * bytes_per_mouse_session / 1e9,
        "bottleneck": dearest,
        "bottleneck_share": parts[dearest] / total,
        "main_writes_ms_per_mouse_session": 1e3 * writing,
        "main_writes_hours": mouse_sessions * writing / 3600,
        "main_keeps_up_with_cores": core_s / writing,
    }
