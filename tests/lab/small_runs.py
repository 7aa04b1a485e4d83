"""Small runs of the stub's world and brain, and what they left, for comparison bit by bit.

Not in conftest.py: worker processes import tests by name, and there is more than one conftest.
"""

import numpy as np

from reachenv.lab.design.make import make_design
from reachenv.lab.records.folder import create_run
from reachenv.lab.records.recording import assemble_trials, read_trials
from reachenv.lab.runner.local import Shard, run_shard


def make_run(path, recording=True, **sizes):
    """A new run folder at a small size: (run, design)."""
    name = sizes.pop("design", "acquisition")
    design = make_design(name, **{"mice": 2, "sessions": 3, "trials": 4, **sizes})
    config = {"design": design.to_json(), "recording": recording, "film": False, "status": "running"}
    return create_run(path, config), design


def finish_here(run, design, parts, subjects=None):
    """Carry a run out in this process, as one shard of all mice or of some."""
    run_shard(Shard(run, design, parts, run.recorded(), subjects or design.subjects()), lambda event: None)
    assemble_trials(run)


def contents(run) -> dict:
    """Everything that a run left of its mice: path → bytes."""
    files = sorted(p for p in (run.path / "mice").rglob("*") if p.is_file())
    return {str(p.relative_to(run.path)): p.read_bytes() for p in files}


def assert_same(a, b) -> None:
    left, right = contents(a), contents(b)
    assert left.keys() == right.keys()
    for name in left:
        assert left[name] == right[name], name
    assert read_trials(a).equals(read_trials(b))


def arrays(recording: dict) -> dict:
    return {k: np.asarray(v).shape for k, v in recording.items()}
