"""Which sessions a figure shades: those in which something of a group is silenced, and no others."""

import matplotlib.pyplot as plt

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
