"""A finished run of the stub whose recordings and outcomes are known numbers, to be found again in every export."""

import numpy as np
import pandas as pd

from reachenv.lab.records.recording import TRACES, read_recording, write_recording, write_trials

OUTCOMES = ("success", "no_reach", "miss", "drop")  # of trials 1–4 in every session


def value(mouse, session, trial, frame, unit):
    """A rate of its own for every place, exact in half precision: mice, sessions, trials, frames and cells in its digits."""
    return (unit + 8 * frame + 128 * ((trial - 1) % 4) + 512 * ((session - 1) % 2)) / 1024 + (mouse - 1)


def paw(mouse, session, trial, step):
    """x, y, z in mm; each a straight line in time, so that resampling must keep it straight."""
    return np.stack([0.1 * step + trial, -0.2 * step + session, 0.0 * step + mouse], -1).astype(np.float32)


def plant(run):
    """Put known numbers into every session of a run with four trials."""
    for subject in run.design().subjects():
        for session in range(1, run.design().sessions + 1):
            files = run.session_files(subject, session)
            tape = read_recording(run, subject, session)
            n, frames, units = tape["m1_l23"].shape
            trial, frame, unit = np.meshgrid(np.arange(1, n + 1), np.arange(frames), np.arange(units), indexing="ij")
            tape["m1_l23"] = value(subject.mouse, session, trial, frame, unit).astype(np.float16)
            step = np.arange(tape["paw_mm"].shape[1])
            tape["paw_mm"] = np.stack([paw(subject.mouse, session, k, step) for k in range(1, n + 1)])
            for i, name in enumerate(TRACES):
                tape[name] = np.tile(step + 100 * i, (n, 1)).astype(np.float32)
            write_recording(files.recording, tape)
            table = pd.read_parquet(files.trials)
            table["outcome"] = pd.array(OUTCOMES, dtype="string")
            table["success"] = [o == "success" for o in OUTCOMES]
            table["at_mouth_time"] = np.where(table["success"], np.float32(0.3), np.nan).astype(np.float32)
            write_trials(files.trials, table)
    return run
