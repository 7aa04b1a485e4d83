"""Predictions' sentences and page on made-up runs whose answer is known."""

import json
from types import SimpleNamespace

import matplotlib.pyplot as plt
import pytest
from planted_loop import planted

from reachenv.lab.commands.main import call
from reachenv.lab.design.group import blocked_sessions
from reachenv.lab.design.make import make_design
from reachenv.lab.errors import UserError
from reachenv.lab.findings.verdict import m1_factor
from reachenv.lab.report import predictions


def works(group, session, trial):
    """Success that grows by .1 a session, less by what was blocked; at the outcome all of learning is lost, at the tone none."""
    factors = [m1_factor(i) for i in group.interventions]
    depth = max((1 - f for f in factors if f is not None), default=1.0 if group.name == "m1-outcome" else 0.0)
    return 0.2 + 0.1 * (session - 1) * (1 - depth)


def follows(group, session, trial):
    """All of the move is made up for within the day and kept, half where M1 is blocked, and none of that on the next day."""
    if session < 8 or trial < 25 and session == 8:
        return 0.0
    if any(i.target == "m1" for i in group.interventions):
        return 0.5 if session in blocked_sessions(group, session) else 0.0
    return 1.0


def test_depth_and_time_are_told_as_shares_of_what_control_gains():
    evidence = planted("partial-block", success=works, trials=60)
    depths = predictions.depth_says(evidence)
    assert [float(s.split(": ")[1].split(" ")[0]) for s in depths[:4]] == pytest.approx(
        [0.75, 0.5, 0.25, 0.0], abs=0.08
    )
    assert depths[0].startswith("25 % of M1") and "12 pairs of twins" in depths[0] and "straight line" in depths[-1]
    tone, outcome, apart = predictions.time_says(evidence)
    assert tone.split(": ")[1].startswith("1.0") and "P = 0.00049" in apart
    assert float(outcome.split(": ")[1].split(" ")[0]) == pytest.approx(0, abs=0.08)


def test_what_blocks_leave_of_adaptation_by_day_and_on_the_next():
    evidence = planted("adapting-block", made_up=follows)
    whole, m1, striatum, both = predictions.adapting_says(evidence)
    assert whole.startswith("Nothing blocked") and m1.startswith("M1 dopamine") and both.startswith("M1 and striatal")
    for sentence, by_day, by_night in ((whole, 1, 1), (m1, 0.5, 0), (striatum, 1, 1)):
        day, night = (
            float(part.split(" [")[0].split(" ")[-1])
            for part in sentence.split("], ")[0:1] + [sentence.split(" at ")[1]]
        )
        assert (day, night) == pytest.approx((by_day, by_night), abs=0.12), sentence


def test_the_page_has_every_prediction_and_says_what_was_not_run(tmp_path):
    evidence = planted("partial-block", success=works)
    run = SimpleNamespace(config=lambda: {"command": "python train.py --design partial-block"})
    text = predictions.page({"partial-block": (run, evidence)}, tmp_path / "images")
    assert all(f"{i}. {p.title}" in text for i, p in enumerate(predictions.PREDICTIONS, 1))
    assert "Not run yet: `reachenv train --design adapting-block`" in text and "cohort seed 0" in text
    sections = text.split("## ")[1:]
    assert ["images/prediction_depth.png" in s for s in sections] == [True, False, False]
    assert ["images/prediction_time.png" in s for s in sections] == [False, True, False]
    assert sorted(p.name for p in (tmp_path / "images").iterdir()) == ["prediction_depth.png", "prediction_time.png"]


def test_each_prediction_draws_all_mice_and_the_mean_of_its_own_groups():
    evidence = planted("partial-block", success=works, trials=60, mice=5)
    gains = predictions.gain(evidence)
    shown = {
        predictions.draw_depth: {0: "control", 25: "m1-at-0.25", 50: "m1-at-0.5", 75: "m1-at-0.75", 100: "m1-block"},
        predictions.draw_time: {0: "control", 1: "m1-tone", 2: "m1-outcome", 3: "m1-block"},
    }
    for draw, groups in shown.items():
        figure = draw(evidence)
        (axis,) = figure.axes
        mice = [line for line in axis.lines if line.get_alpha() == 0.35]
        means = [bar.lines[0] for bar in axis.containers]
        assert [line.get_xdata().mean() for line in mice] == pytest.approx(list(groups))
        assert [list(line.get_ydata()) for line in mice] == [list(gains[name]) for name in groups.values()]
        assert [float(line.get_xdata()[0]) for line in means] == list(groups)
        assert [float(line.get_ydata()[0]) for line in means] == pytest.approx(
            [gains[name].mean() for name in groups.values()]
        )
        plt.close(figure)


def test_the_dashed_line_says_what_a_loss_in_proportion_were():
    figure = predictions.draw_depth(planted("partial-block", success=works, trials=60, mice=5))
    (axis,) = figure.axes
    (line,) = (line for line in axis.lines if line.get_label() == "in proportion")
    means = [float(bar.lines[0].get_ydata()[0]) for bar in axis.containers]
    assert list(line.get_xdata()) == [0, 100] and list(line.get_ydata()) == [means[0], means[-1]]
    plt.close(figure)


def test_a_run_of_another_design_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(predictions, "open_run", lambda path: None)
    monkeypatch.setattr(predictions, "evidence_of", lambda run: SimpleNamespace(design=make_design("covert")))
    with pytest.raises(UserError, match="'covert'; predictions are read from adapting-block and partial-block"):
        call(["predictions", str(tmp_path)])


def test_a_design_in_seconds_fits_one_timing():
    with pytest.raises(UserError, match="made for the timing compact; --timing ghanayim2025 given"):
        make_design("partial-block", timing="ghanayim2025")
    design = make_design("partial-block")
    told = {g.name: [str(i) for i in g.interventions] for g in design.groups}
    assert told["m1-at-0.25"] == ["m1:2-4x0.75"] and told["m1-outcome"] == ["m1:2-4/1.5-4s"]
    assert json.dumps(design.to_json())
