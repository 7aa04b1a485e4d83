"""The figures of the imaged population: drawn from result files alone, and only those for which there are results."""

import matplotlib.pyplot as plt
import pytest
from planted import cohort, held, learns
from planted_network import even, frozen, imaged_mouse
from small_runs import make_run

from reachenv.lab.analysis.registry import ANALYSES
from reachenv.lab.analysis.results import write_result
from reachenv.lab.design.design import Subject
from reachenv.lab.figures import network as figures_network
from reachenv.lab.figures.run import draw_all
from reachenv.lab.findings.verdict import evidence_of
from reachenv.lab.records.recording import write_trials
from reachenv.lab.report.page import CAPTIONS, write

NETWORK = ("activity", "kinetics", "configuration")


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A run without recordings whose analyses are there."""
    run, design = make_run(tmp_path_factory.mktemp("figures") / "run", recording=False, mice=2, sessions=7)
    table = cohort({"control": learns, "m1-block": held}, mice=2, trials=4).trials
    for subject in design.subjects():
        for session in range(1, 8):
            mine = table[
                (table.group == subject.group.name) & (table.mouse == subject.mouse) & (table.session == session)
            ]
            files = run.session_files(subject, session)
            files.trials.parent.mkdir(parents=True, exist_ok=True)
            write_trials(files.trials, mine)
        path = even if subject.group.name == "control" else frozen
        mouse = imaged_mouse(path, trials=4, units=10, seconds=2.0, seed=subject.mouse)
        for analysis in (a for a in ANALYSES if a.name in NETWORK):
            write_result(run, analysis.name, subject, analysis.compute(mouse), "made up")
    run.update(versions={}, machine={"system": "", "cores": 1}, started="", resumed=[], git=None, command="")
    return run


def test_every_figure_is_drawn_and_has_words(run):
    ways = figures_network.drawings(evidence_of(run))
    assert set(ways) == set(figures_network.CAPTIONS) and not set(ways) & set(CAPTIONS)
    for draw in ways.values():
        figure = draw()
        assert figure.axes and any(axis.has_data() for axis in figure.axes)
        plt.close(figure)


def test_they_come_into_the_folder_and_into_the_report(run):
    drawn = {path.stem for path in draw_all(run)}
    assert set(figures_network.CAPTIONS) <= drawn
    page = write(run).read_text()
    assert all(f'alt="{name.replace("_", " ")}"' in page for name in figures_network.CAPTIONS)


def test_without_analyses_none_is_drawn(tmp_path):
    run, _ = make_run(tmp_path / "bare")
    assert figures_network.drawings(evidence_of(run)) == {}


def test_the_expert_session_is_not_compared_with_itself(run):
    figure = figures_network.configuration(evidence_of(run))
    distance = figure.axes[0].lines[-1]
    assert not (distance.get_ydata() == 0).any()
    plt.close(figure)


def test_a_mouse_without_its_expert_session_is_drawn_too(run, tmp_path):
    import shutil

    from reachenv.lab.records.folder import Run

    shutil.copytree(run.path, tmp_path / "run")
    other = Run(tmp_path / "run")
    first = Subject(other.design().groups[0], 1)
    mouse = imaged_mouse(even, trials=4, units=10, seconds=2.0)
    del mouse.sessions[7]
    for analysis in (a for a in ANALYSES if a.name in NETWORK):
        write_result(other, analysis.name, first, analysis.compute(mouse), "made up")
    for draw in figures_network.drawings(evidence_of(other)).values():
        plt.close(draw())
