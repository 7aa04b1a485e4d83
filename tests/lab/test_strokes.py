"""Which sessions a figure shades: those in which something of a group is silenced, and no others."""

from dataclasses import replace

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from lab import figures, protocols
from lab.design import make_design
from lab.strokes import shade_blocks, silent_sessions


def silent(design) -> dict[str, list[int]]:
    return {g.name: silent_sessions(g, design.sessions) for g in design.groups}


def test_blocks_of_dopamine_and_silenced_nuclei_are_shaded_alike():
    covert = make_design("covert", mice=1, sessions=6)
    assert silent(covert) == {"control": [], "gpi-block": [1, 2, 3], "m1-block": [1, 2, 3]}


def test_a_sham_and_what_lasts_a_part_of_a_session_are_not():
    names = ("control", "m1-block", "sham")
    assert silent(make_design("acquisition", groups=names, mice=1, sessions=7))["sham"] == []
    off = silent(make_design("gpi-off", mice=1, sessions=9, trials=60))
    assert off["expert-off"] == [9] and off["adapting-off"] == []


def test_the_figure_says_what_is_silenced():
    figure, axis = plt.subplots()
    shade_blocks(axis, make_design("covert", mice=1, sessions=6))
    assert [t.get_text() for t in axis.texts] == ["GPi silenced", "M1 dopamine blocked"]
    assert len(axis.patches) == 2
    plt.close(figure)


def test_a_run_of_one_session_is_drawn_by_trial():
    design = replace(make_design("single", mice=2, sessions=1, trials=40), groups=protocols.adaptation(1, 40)[3:5])
    names, mice, trials = np.meshgrid([g.name for g in design.groups], (1, 2), range(1, 41), indexing="ij")
    table = pd.DataFrame({"group": names.ravel(), "mouse": mice.ravel(), "session": 1, "trial": trials.ravel()})
    table["success"] = table.trial > 20
    axis = figures.learningcurves(design, table).axes[0]
    mean = next(line for line in axis.lines if line.get_lw() == 2.4)
    assert axis.get_xlabel() == "trial" and axis.get_title(loc="left") == "Success within the session"
    assert np.allclose(mean.get_xdata(), np.arange(3, 40, 5)) and list(mean.get_ydata()) == [0.0] * 4 + [1.0] * 4
    assert {(p.get_x(), p.get_x() + p.get_width()) for p in axis.patches} == {(2.5, 24.5)}  # moved: trials 3 to 24
    assert [t.get_text() for t in axis.texts] == ["loop × 0.5", "loop × 0.75"]
    for column in ("reach_duration", "peak_speed", "aim_error", "endpoint_x", "endpoint_y", "endpoint_z"):
        table[column] = table.trial.astype(float)
    spread = figures.kinematics(design, table).axes[3]
    assert spread.get_title(loc="left") == "endpoint s.d. [mm]" and np.allclose(spread.lines[2].get_ydata(), np.sqrt(2.5))
    plt.close("all")
