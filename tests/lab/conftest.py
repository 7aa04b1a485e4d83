"""A run with the stub world and brain, ready to be carried out, and what it left, for comparison bit by bit."""

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))  # workers started by spawn import `stub` by name

import stub

from lab.design import make_design
from lab.folder import create_run
from lab.record import assemble_trials, read_trials
from lab.run import Shard, carry_out, run_shard


@pytest.fixture
def new_run(tmp_path):
    """new_run(name, recording=True, **sizes) → (run, design)."""

    def make(name="run", recording=True, **sizes):
        design = make_design(**{"mice": 2, "sessions": 3, "trials": 4, **sizes})
        config = {"design": design.to_json(), "recording": recording, "film": False, "status": "running"}
        return create_run(tmp_path / name, config), design

    return make


@pytest.fixture
def here(new_run):
    """here(**...) → a finished run, carried out in this process by one shard: fast."""

    def make(name="run", parts=stub.STUB, **options):
        run, design = new_run(name, **options)
        run_shard(Shard(run, design, parts, run.recorded(), design.subjects()), lambda event: None)
        assemble_trials(run)
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
