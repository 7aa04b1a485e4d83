"""A run with the stub world and brain, ready to be carried out, and what it left, for comparison bit by bit."""

import sys
from pathlib import Path

import numpy as np
import pytest
import torch

sys.path.insert(0, str(Path(__file__).parent))  # workers started by spawn import `stub` by name

import stub

from lab.design import make_design
from lab.folder import create_run
from lab.record import assemble_trials, read_trials
from lab.run import Shard, carry_out, run_shard

torch.set_num_threads(1)  # as in the workers: more threads than free cores make small sums very slow


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


@pytest.fixture
def new_run(tmp_path):
    """new_run(name, recording=True, **sizes) → (run, design)."""
    return lambda name="run", **options: make_run(tmp_path / name, **options)


@pytest.fixture
def here(new_run):
    """here(name, parts, **...) → a finished run, carried out in this process: fast."""

    def make(name="run", parts=stub.STUB, **options):
        run, design = new_run(name, **options)
        finish_here(run, design, parts)
        return run, design

    return make


@pytest.fixture
def spread(new_run):
    """spread(workers, ...) → a run carried out by worker processes, with the events it told."""

    def make(workers, name="run", parts=stub.STUB, **options):
        run, design = new_run(name, **options)
        events = []
        carry_out(run, design, parts, workers, events.append)
        return run, design, events

    return make


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
