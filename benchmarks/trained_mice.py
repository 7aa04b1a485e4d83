"""Trials of trained mice, for timing their physics again and again: commands, seeds and bodies out of a finished run.

    python train.py --design single --mice 8 --sessions 6 --trials 55 --seed 0 --output RUN
    python -m benchmarks.trained_mice RUN

The file beside this one was made so from a run of revision 21135b9. Its commands are not those that today's mice would
give; they are the same for all that is timed with them.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

FILE = Path(__file__).with_suffix(".npz")
BODY = ("humerus", "forearm", "strength", "shoulder_mm")  # of reachenv.BodyVariation


def taken(run_folder: Path, last: int) -> dict[str, np.ndarray]:
    """The last trials of every mouse: command (N, T, 5), seed (N,) of the world, and what its body is, each (N, ...)."""
    import pandas as pd

    from reachenv.lab.design.bodies import body_of
    from reachenv.lab.records.folder import open_run
    from reachenv.lab.runner.brains import births

    run = open_run(run_folder)
    design, rows = run.design(), []
    subjects = design.subjects()
    for subject, birth in zip(subjects, births(design, subjects), strict=True):
        files = run.session_files(subject, design.sessions)
        table = pd.read_parquet(files.trials)
        with np.load(files.recording) as recording:
            commands = recording["command"]
        body = body_of(birth)
        for k in range(design.trials - last, design.trials):
            (seed,) = table.loc[table["trial"] == k + 1, "seed"]
            rows.append({"command": commands[k], "seed": seed, **{name: getattr(body, name) for name in BODY}})
    return {name: np.array([row[name] for row in rows]) for name in rows[0]}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.trained_mice", description=__doc__.splitlines()[0])
    parser.add_argument("run", type=Path, help="folder of a finished run with recordings")
    parser.add_argument("--last", type=int, default=2, help="trials of each mouse, counted from the end (default: 2)")
    args = parser.parse_args()
    np.savez_compressed(FILE, **taken(args.run, args.last))
    print(f"Wrote {FILE}.")


if __name__ == "__main__":
    main()
