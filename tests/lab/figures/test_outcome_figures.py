"""Figures of outcome: all of them from analysed mice, none from a run too small or not analysed, and what they show is there."""

from dataclasses import replace

import matplotlib.pyplot as plt
import numpy as np
import pytest
from planted import cohort, held, learns
from planted_outcome import mouse_of

from reachenv.lab.analysis.outcome import decoder, glm, indicative, separation
from reachenv.lab.figures import outcome as f

pytest.importorskip("sklearn")
WAYS = {"encoding": glm, "indicative": indicative, "separation": separation, "decoder": decoder}


def analysed(rate=0.45, sessions=3):
    found = {}
    for group in ("control", "m1-block"):
        for number in (1, 2):
            mouse = mouse_of(*[dict(units=6, cells=2, trials=24, rate=rate)] * sessions, group=group, mouse=number)
            found |= {(name, group, number): module.analyse(mouse) for name, module in WAYS.items()}
    evidence = cohort({"control": learns, "m1-block": held}, mice=2, sessions=sessions)
    return replace(evidence, result=lambda *of: found.get(of))


def test_every_figure_is_drawn_and_has_its_caption():
    ways = f.drawings(analysed())
    assert list(ways) == list(f.CAPTIONS)
    for way in ways.values():
        figure = way()
        figure.canvas.draw()
        plt.close(figure)


def test_curves_are_the_numbers_of_the_analysis():
    evidence = analysed()
    figure = f.encoding(evidence)
    (line,) = [line for line in figure.axes[0].lines if str(line.get_label()).startswith("control")]
    tables = [evidence.result("encoding", "control", m)["sessions"] for m in (1, 2)]
    means = np.mean([t[(t.event == "tone") & (t.trials == "all")].contribution.to_numpy() for t in tables], axis=0)
    assert np.allclose(line.get_ydata(), means)
    plt.close(figure)


def test_nothing_is_drawn_where_nothing_was_found():
    assert f.drawings(analysed(rate=0.0)) == {}
    assert f.drawings(cohort({"control": learns}, mice=2)) == {}


def test_a_session_without_a_number_leaves_a_gap():
    evidence = analysed()
    for name in WAYS:
        table = evidence.result(name, "control", 1)["sessions"]
        column = {"encoding": "contribution", "indicative": "fraction", "separation": "dprime", "decoder": "accuracy"}[
            name
        ]
        table.loc[table.session == 2, column] = np.nan
    for way in f.drawings(evidence).values():
        plt.close(way())
