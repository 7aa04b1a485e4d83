"""Interventions as text: all kinds read and print, and what cannot be is refused with what there is."""

import pytest

from reachenv.agents.interventions import Block, Depletion, Scaling, Stimulation, When, depth_at, parse
from reachenv.agents.waveforms import WAVEFORMS, theta_burst


@pytest.mark.parametrize(
    ("text", "data"),
    [
        ("gpi:8", Scaling("gpi", When((8, 8)), 0.0)),
        ("gpi:8-9@0.25", Scaling("gpi", When((8, 9)), 0.75)),
        ("stn:3x1.5", Scaling("stn", When((3, 3)), 1.5)),
        ("Thalamus>IT:1-7x0.4", Scaling("thalamus>it", When((1, 7)), 0.4)),
        ("loop:1-7x0.4", Scaling("thalamus>it", When((1, 7)), 0.4)),
        ("m1_l23:2/21-40", Scaling("m1_l23", When((2, 2), (21, 40)), 0.0)),
        ("gpi:8/5/1.0-1.5s", Scaling("gpi", When((8, 8), (5, 5), (1.0, 1.5)), 0.0)),
        ("m1:2-4/1-1.5s", Scaling("m1", When((2, 4), None, (1.0, 1.5)), 0.0)),
        ("m1:2-4", Block("m1", (2, 4))),
        ("striatum:2-4~theta-burst", Stimulation("striatum", When((2, 4)), "theta-burst")),
        ("d1:2~high-frequency=0.05", Stimulation("d1", When((2, 2)), "high-frequency", 0.05)),
        ("snc:2-7@0.6", Depletion(When((2, 7)), 0.6)),
    ],
)
def test_reads_and_prints(text, data):
    assert parse(text) == data
    assert parse(str(data)) == data


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("amygdala:2", "none of m1, striatum, both.*gpi.*thalamus>it"),
        ("it>gpi:2", "none of .*it>d1"),
        ("gpi:2/4-1", "trials 4-1.*not before the first"),
        ("gpi:2/2.0-1.0s", "end must lie after the start"),
        ("gpi:2x50", r"outside \[0, 10\]"),
        ("gpi:2@1.5", r"outside \(0, 1\]"),
        ("m1_l23:2~theta-burst", "cannot be stimulated; there is it, d1"),
        ("d1:2~gamma", "'gamma' is not known; there is sham, theta-burst, high-frequency"),
        ("d1:2~sham=0", r"outside \(0, 1\]"),
        ("snc:2x0.5", "has a depth"),
        ("snc:2/1.0-1.5s", "do not come back within a trial"),
    ],
)
def test_refuses_in_one_sentence(text, says):
    with pytest.raises(ValueError, match=says) as caught:
        parse(text)
    assert "\n" not in str(caught.value)


def test_only_blocks_have_a_depth_of_dopamine():
    assert depth_at([parse("gpi:1"), parse("m1:1@0.5")], "m1", 1) == 0.5


def test_theta_bursts_are_three_pulses_at_50_hz_five_times_a_second():
    pulses = [ms for ms in range(0, 1000, 5) if theta_burst(ms)]
    assert len(pulses) == 15
    assert pulses[:3] == [0, 20, 40] and pulses[3] == 200


def test_the_high_frequency_control_has_no_mean_and_sham_nothing():
    course = [WAVEFORMS["high-frequency"](ms) for ms in range(0, 1000, 5)]
    assert sum(course) == 0 and set(course) == {1.0, -1.0}
    assert not any(WAVEFORMS["sham"](ms) for ms in range(0, 1000, 5))
