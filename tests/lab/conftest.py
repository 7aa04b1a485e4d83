"""Fixtures: a run with the stub world and brain, ready to be carried out, or carried out."""

import sys
from pathlib import Path

import pytest
import torch

sys.path.insert(0, str(Path(__file__).parent))  # workers started by spawn import `stub` by name

import stub
from small_runs import finish_here, make_run

from reachenv.lab.runner.local import carry_out

torch.set_num_threads(1)  # as in the workers: more threads than free cores make small sums very slow


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
