"""How figures tell groups apart, and which sessions they mark: those in which something is done to a group's brain, no others."""

from dataclasses import replace

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_rgb

from reachenv.lab.design import protocols
from reachenv.lab.design.catalogue import DESIGNS
from reachenv.lab.design.make import make_design
from reachenv.lab.figures import run as figures
from reachenv.lab.figures.style import GROUP_COLOURS, bars_above, colours, marked_sessions, shade_treated


def marked(design) -> dict[str, list[int]]:
    return {g.name: marked_sessions(g, design.sessions) for g in design.groups}


@pytest.mark.parametrize("name", DESIGNS)
def test_every_group_of_a_design_has_a_colour_of_its_own(name):
    design = make_design(name)
    assert len(set(colours(design).values())) == len(design.groups)


def test_beyond_eight_groups_control_keeps_its_colour():
    names = [g.name for g in protocols.adaptation(8, 200)]
    found = colours(make_design("adaptation", groups=names, trials=200))
    assert len(found) == len(names) > 8 and [n for n, c in found.items() if c == GROUP_COLOURS[0]] == ["control"]


def test_blocks_of_dopamine_and_silenced_nuclei_are_marked_alike():
    covert = make_design("covert", mice=1, sessions=6)
    assert marked(covert) == {"control": [], "gpi-block": [1, 2, 3], "m1-block": [1, 2, 3]}


def test_a_sham_and_what_lasts_a_part_of_a_session_are_not():
    names = ("control", "m1-block", "sham")
    assert marked(make_design("acquisition", groups=names, mice=1, sessions=7))["sham"] == []
    assert marked(make_design("stimulation", mice=1, sessions=5))["young-sham"] == []
    off = marked(make_design("gpi-off", mice=1, sessions=9, trials=60))
    assert off["expert-off"] == [9] and off["adapting-off"] == []


def test_time_windows_losses_and_stimulation_are_marked_too():
    assert marked(make_design("partial-block"))["m1-outcome"] == [2, 3, 4]
    assert marked(make_design("depletion"))["loss-0.6"] == [2, 3, 4, 5, 6, 7]
    assert marked(make_design("stimulation"))["aged-theta-burst"] == [2, 3, 4, 5]
    assert marked(make_design("adaptation", trials=200))["gain-0.5"] == [8]


def test_the_figure_says_what_is_done_to_whom():
    figure, axis = plt.subplots()
    bars_above(axis, make_design("covert", mice=1, sessions=6))
    assert [t.get_text() for t in axis.texts] == ["M1 dopamine blocked", "GPi silenced"]  # from below
    plt.close(figure)


def test_sessions_are_shaded_once_and_in_a_groups_colour_where_it_is_treated_alone():
    for name, colour in (("covert", "black"), ("acquisition", GROUP_COLOURS[1])):
        figure, axis = plt.subplots()
        shade_treated(axis, make_design(name, mice=1))
        assert [patch.get_facecolor()[:3] for patch in axis.patches] == [to_rgb(colour)]
        plt.close(figure)


def test_each_part_of_a_block_has_a_bar_of_its_own_with_depth_and_time():
    figure, axis = plt.subplots()
    room = bars_above(axis, make_design("partial-block"), tone=1.0)
    assert [t.get_text() for t in reversed(axis.texts)] == [
        "25% of M1 dopamine blocked", "50% of M1 dopamine blocked", "75% of M1 dopamine blocked", "M1 dopamine blocked",
        "M1 dopamine blocked 0–0.5 s after the tone", "M1 dopamine blocked 0.5–3 s after the tone",
    ]  # fmt: skip
    figure.canvas.draw()
    boxes = [t.get_window_extent() for t in axis.texts]
    assert all(below.y1 <= above.y0 for below, above in zip(boxes, boxes[1:], strict=False))  # none over another
    assert boxes[-1].y1 <= axis.bbox.y1 + room * figure.dpi / 72
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
    assert [t.get_text() for t in axis.texts] == ["loop × 0.75", "loop × 0.5"]
    for column in ("reach_duration", "peak_speed", "aim_error", "endpoint_x", "endpoint_y", "endpoint_z"):
        table[column] = table.trial.astype(float)
    spread = figures.kinematics(design, table).axes[3]
    assert spread.get_title(loc="left") == "endpoint s.d. [mm]" and np.allclose(
        spread.lines[2].get_ydata(), np.sqrt(2.5)
    )
    plt.close("all")
