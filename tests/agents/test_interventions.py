"""Interventions as data and as text: every one reads and prints, and what cannot be is refused in one sentence."""

import itertools

import numpy as np
import pytest

from reachenv.agents.interventions import (
    Deplete,
    Intervention,
    Scale,
    Stimulate,
    When,
    dopamine_at,
    dopamine_left,
    is_dopamine_block,
    is_sham,
    parse,
    taken,
)
from reachenv.agents.waveforms import WAVEFORMS, theta_burst


@pytest.mark.parametrize(
    ("text", "intervention", "printed"),
    [
        ("m1:2-4", Intervention("m1", When((2, 4)), Scale(0.0)), "m1:2-4"),
        ("m1:2-4x0", Intervention("m1", When((2, 4)), Scale(0.0)), "m1:2-4"),
        ("Both:1-7@0.5", Intervention("both", When((1, 7)), Scale(0.5)), "both:1-7x0.5"),
        ("striatum:3@0.9", Intervention("striatum", When((3, 3)), Scale(0.1)), "striatum:3x0.1"),
        ("m1:2x1", Intervention("m1", When((2, 2)), Scale(1.0)), "m1:2x1"),
        ("gpi:8", Intervention("gpi", When((8, 8)), Scale(0.0)), "gpi:8"),
        ("gpi:8-9@0.25", Intervention("gpi", When((8, 9)), Scale(0.75)), "gpi:8-9x0.75"),
        ("stn:3x1.5", Intervention("stn", When((3, 3)), Scale(1.5)), "stn:3x1.5"),
        ("Thalamus>IT:1-7x0.4", Intervention("thalamus>it", When((1, 7)), Scale(0.4)), "thalamus>it:1-7x0.4"),
        ("loop:1-7x0.4", Intervention("thalamus>it", When((1, 7)), Scale(0.4)), "thalamus>it:1-7x0.4"),
        ("m1_l23:2/21-40", Intervention("m1_l23", When((2, 2), (21, 40)), Scale(0.0)), "m1_l23:2/21-40"),
        ("gpi:8/5/1.0-1.5s", Intervention("gpi", When((8, 8), (5, 5), (1.0, 1.5)), Scale(0.0)), "gpi:8/5/1-1.5s"),
        ("m1:2-4/1-1.5s", Intervention("m1", When((2, 4), None, (1.0, 1.5)), Scale(0.0)), "m1:2-4/1-1.5s"),
        (
            "striatum:2-4~theta-burst",
            Intervention("striatum", When((2, 4)), Stimulate("theta-burst")),
            "striatum:2-4~theta-burst=0.02",
        ),
        ("d1:2~constant=0.05", Intervention("d1", When((2, 2)), Stimulate("constant", 0.05)), "d1:2~constant=0.05"),
        ("snc:2-7@0.6", Intervention("snc", When((2, 7)), Deplete(0.6)), "snc:2-7@0.6"),
        ("snc:2-7", Intervention("snc", When((2, 7)), Deplete(1.0)), "snc:2-7@1"),
        ("my_area2:1", Intervention("my_area2", When((1, 1)), Scale(0.0)), "my_area2:1"),
    ],
)
def test_reads_and_prints(text, intervention, printed):
    assert parse(text) == intervention and str(intervention) == printed
    assert parse(printed) == intervention


def test_text_keeps_every_intervention_whole():
    rng = np.random.default_rng(0)
    effects = [
        *map(Scale, (0, 0.0, 1e-7, 0.1 + 0.2, 1, 10, *rng.uniform(0, 10, 20))),
        *(Stimulate(waveform, size) for waveform in WAVEFORMS for size in (1.0, 0.02, 1e-6, rng.uniform())),
        *map(Deplete, (0.0, 0.3, 1, rng.uniform())),
    ]
    spans = [(1, 1), (2, 14), (10, 10)]
    seconds = [None, (0.0, 1e-3), (1.0, 1.5), (0.1 + 0.2, 7 / 3)]
    whens = [When(*when) for when in itertools.product(spans, [None, *spans], seconds)]
    for effect, when in itertools.product(effects, whens):
        targets = ("snc",) if effect.kind == "deplete" else ("m1", "both", "it>d1", "loop", "dopamine_m1", "n_5")
        if effect.kind != "deplete" or when.seconds is None:
            for target in targets:
                intervention = Intervention(target, when, effect)
                assert parse(str(intervention)) == intervention, str(intervention)


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("m1:2-4", "m1x0"),
        ("m1:2-4@0.5", "m1x0.5"),
        ("gpi:8/21-40", "gpix0"),
        ("snc:2-7@0.6", "snc@0.6"),
        ("striatum:2~sham", "striatum~sham=0.02"),
        ("m1:2/1.0-1.5s", "m1x0/1-1.5s"),
    ],
)
def test_a_label_leaves_out_sessions_and_trials(text, label):
    assert parse(text).label() == label


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("m1", "TARGET:FIRST-LAST.*for example m1:2-4"),
        ("m1:a-b", "TARGET:FIRST-LAST"),
        ("m1:2-4x", "TARGET:FIRST-LAST"),
        ("m1:4-2", "sessions 4-2.*not before the first"),
        ("m1:0-2", "count from 1"),
        ("m1:2-4@0", r"share 0 that is taken away is outside \(0, 1\]"),
        ("gpi:2@1.5", r"outside \(0, 1\]"),
        ("m1:2-4@1.2.3", "share '1.2.3' is not a number"),
        ("gpi:2/4-1", "trials 4-1.*not before the first"),
        ("gpi:2/2.0-1.0s", "end must lie after the start"),
        ("gpi:2/1..0-2s", "time '1..0' is not a number"),
        ("gpi:2x50", r"outside \[0, 10\]"),
        ("d1:2~gamma", "'gamma' is not known; there is sham, theta-burst, high-frequency"),
        ("d1:2~sham=0", r"outside \(0, 1\]"),
        ("snc:2x0.5", "takes a loss of cells, for example snc:2-7@0.6"),
        ("snc:2@1.5", r"loss of nigral cells 1.5 is outside \[0, 1\]"),
        ("snc:2/1.0-1.5s", "do not come back within a trial"),
    ],
)
def test_refuses_in_one_sentence(text, says):
    with pytest.raises(ValueError, match=says) as caught:
        parse(text)
    assert "\n" not in str(caught.value) and "block" not in str(caught.value)


def test_data_is_checked_without_text_too():
    with pytest.raises(ValueError, match="'M1 ' may have lower-case letters"):
        Intervention("M1 ", When((1, 1)), Scale())
    with pytest.raises(ValueError, match="gpi loses no cells"):
        Intervention("gpi", When((1, 1)), Deplete())
    with pytest.raises(ValueError, match="nan"):
        Scale(float("nan"))


def test_what_is_a_dopamine_block_and_what_a_sham():
    blocks = ("m1:1", "striatum:1x0.5", "both:1/1-2s", "dopamine_m1:1")
    others = ("m1:1x1", "m1:1x2", "gpi:1", "striatum:1~constant", "snc:1")
    assert [is_dopamine_block(parse(t)) for t in blocks + others] == [True] * 4 + [False] * 5
    assert [dopamine_at(parse(t)) for t in ("both:1", "dopamine_m1:1", "d1:1")] == [("m1", "striatum"), ("m1",), ()]
    assert dopamine_at(parse("striatum:1~constant")) == ()
    shams = ("m1:1x1", "gpi:1x1", "d1:1~sham", "snc:1@0")
    assert [is_sham(parse(t)) for t in shams + blocks + others[1:]] == [True] * 4 + [False] * 8


def test_what_is_left_of_dopamine_multiplies():
    these = [parse(t) for t in ("m1:2-4x0.5", "both:4-5@0.5", "m1:1-9/1-2s", "gpi:1-9", "striatum:3/2x0")]
    assert [dopamine_left(these, "m1", s) for s in range(1, 7)] == [1, 0.5, 0.5, 0.25, 0.5, 1]
    assert [dopamine_left(these, "striatum", s) for s in range(2, 7)] == [1, 0, 0.5, 0.5, 1]
    assert [dopamine_left(these, "striatum", 3, trial) for trial in (1, 2)] == [1, 0]


def test_a_share_and_a_factor_give_the_same_float32():
    """What is kept of dopamine is a float32 in the loop: it is the same as 1 minus the share, as it was computed before."""
    shares = np.arange(1, 1001) / 1000
    assert all(np.float32(taken(share)) == np.float32(1.0 - share) for share in shares)


def test_theta_bursts_are_three_pulses_at_50_hz_five_times_a_second():
    pulses = [ms for ms in range(0, 1000, 5) if theta_burst(ms)]
    assert len(pulses) == 15
    assert pulses[:3] == [0, 20, 40] and pulses[3] == 200


def test_the_high_frequency_control_has_no_mean_and_sham_nothing():
    course = [WAVEFORMS["high-frequency"](ms) for ms in range(0, 1000, 5)]
    assert sum(course) == 0 and set(course) == {1.0, -1.0}
    assert not any(WAVEFORMS["sham"](ms) for ms in range(0, 1000, 5))
