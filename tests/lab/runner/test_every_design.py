"""Whole runs of every design with the stub, alone and with interventions from the command line: figures, findings, report, film's cast."""

import pytest
import stub
from small_runs import finish_here, make_run

from reachenv.lab import findings
from reachenv.lab.design.catalogue import DESIGNS
from reachenv.lab.figures import run as figures
from reachenv.lab.film.scenes import cast
from reachenv.lab.report import page

MORE = (
    ("stimulation", {"groups": ("young-sham",), "interventions": ["gpi:2"]}),
    ("stimulation", {"groups": ("young-theta-burst",)}),
    ("acquisition", {"groups": ("m1-block",)}),
    ("acquisition", {"groups": ("sham",)}),
    ("acquisition", {"interventions": ["snc:2@0.6+gpi:1", "m1:2/1.0-1.5s", "thalamus>it:2x0.4", "m1:2x1"]}),
    ("single", {"interventions": ["m1:1/1", "d1:1~theta-burst"]}),
    ("adapting-block", {"groups": ("adapting-m1",), "interventions": ["m1:2"]}),
    ("adaptation", {"groups": ("gain-0.5",)}),
    ("gpi-off", {"groups": ("adapting-off", "abrupt")}),
)


def complete(path, name, **more):
    named = DESIGNS[name]
    sizes = {
        "mice": 1,
        "sessions": max(1 if name == "single" else 2, named.fewest_sessions),
        "trials": max(2, named.fewest_trials),
    }
    run, design = make_run(path / "run", design=name, **sizes, **more)
    finish_here(run, design, stub.STUB)
    findings.write(run)
    return run


@pytest.mark.parametrize(("name", "more"), [*((name, {}) for name in DESIGNS), *MORE])
def test_findings_report_and_film_take_any_groups(tmp_path, name, more):
    run = complete(tmp_path, name, **more)
    assert page.write(run).exists() and cast(run)


@pytest.mark.long
@pytest.mark.parametrize(("name", "more"), [*((name, {}) for name in DESIGNS), *MORE])
def test_figures_take_any_groups(tmp_path, name, more):
    assert figures.draw_all(complete(tmp_path, name, **more))
