"""Every design with every kind of intervention, as typed: the brain can carry it out, or one sentence says why not."""

import hypothesis
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from reachenv.agents.interventions import EXAMPLES, parse
from reachenv.lab.design.catalogue import DESIGNS, TIMINGS, TOTAL_S
from reachenv.lab.design.make import intervention_group, make_design
from reachenv.lab.errors import UserError
from reachenv.lab.runner.brains import meet, parts_for
from reachenv.trial import TIMINGS as TRIALS

KINDS = (
    "m1:2", "striatum:2", "both:2", "m1:1-2x0.5", "m1:2@0.25", "m1:2x1", "gpi:2", "stn:2", "it:2", "d1:2", "d2:2x2", "thalamus>it:2x0.4",
    "loop:2", "m1_l23:2", "snc:2@0.6", "striatum:2~theta-burst", "d1:2~sham", "gpi:2~high-frequency=0.05", "gpi:2/3-5", "m1:2/1.0-1.5s",
    "gpi:2/2/0.5-1s", "m1:2+gpi:2", "snc:1-2@0.3+striatum:2~theta-burst", *EXAMPLES.replace(" or ", ", ").split(", "),
)  # fmt: skip
REFUSED = (
    "vta:2",
    "dopamine_m1:2",
    "nonsense:2",
    "both:2~theta-burst",
    "snc:2x0.5",
    "gpi:2x11",
    "m1:2@0",
    "m1:0",
    "m1:2-1",
    "m1:2~noise",
)
ALONE = ("stimulation",)  # designs without a control group


@pytest.fixture(autouse=True)
def _one_thread():
    torch.set_num_threads(1)


def asked(name, text, **more):
    named = DESIGNS[name]
    sizes = {"mice": 1, "sessions": max(8, named.fewest_sessions), "trials": max(6, named.fewest_trials)}
    design = make_design(name, interventions=[text], **{**sizes, **more})
    meet(design, parts_for(design.brain))
    return design


def with_groups(name):
    return {"groups": (DESIGNS[name].default_groups[0],)} if name in ALONE else {}


@pytest.mark.parametrize("name", DESIGNS)
def test_what_can_be_done_stands_beside_control(name):
    for text in KINDS:
        design = asked(name, text, **with_groups(name))
        assert len(design.groups) == 2 and len(design.groups[-1].interventions) == text.count("+") + 1
        assert name in ALONE or design.control() == design.groups[0]


@pytest.mark.parametrize("name", DESIGNS)
def test_what_cannot_be_done_is_one_sentence(name):
    for text in REFUSED:
        with pytest.raises(UserError) as error:
            asked(name, text, **with_groups(name))
        assert str(error.value).isprintable() and text.split(":")[0] in str(error.value)


def test_a_design_without_a_control_group_asks_for_a_group():
    with pytest.raises(UserError, match="'stimulation' has no control group .* --groups: there is young-sham"):
        asked("stimulation", "gpi:2")
    assert {name for name in DESIGNS if make_design(name, trials=40).control() is None} >= set(ALONE)


@pytest.mark.parametrize(
    ("texts", "said"),
    [
        (["m1:2+m1:2"], "does the same twice"),
        (["m1:2+m1:2x0"], "does the same twice"),
        (["both:2+striatum:2"], "does the same twice"),
        (["loop:2+thalamus>it:2"], "does the same twice"),
        (["gpi:2+gpi:2/1-6"], "does the same twice"),
        (["gpi:2+gpi:2/0-4s"], "does the same twice"),
        (["m1:2", "m1:2"], "asked for twice"),
        (["m1:2", "M1:2"], "asked for twice"),
        (["m1:2", "m1:2x0"], "are alike"),
        (["both:2", "m1:2+striatum:2"], "are alike"),
        (["gpi:2+m1:2", "m1:2+gpi:2"], "are alike"),
        (["gpi:2/7"], "asks for trial 7; a session has 6 trials"),
        (["gpi:2/1-9"], "asks for trial 9"),
        (["gpi:9"], "asks for session 9"),
        (["m1:2/3-4.5s"], "asks for second 4.5; a trial lasts 4 s"),
        (["m1:2/1.001-1.002s"], "holds at no moment"),
        (["m1:2/2-1s"], "the end must lie after the start"),
        (["m1:2/1..2-3s"], "1..2"),
        (["+".join(f"gpi:{k}" for k in range(1, 9)) + "".join(f"+stn:{k}" for k in range(1, 9))], "makes a group's name of"),
        (["m1:" + "9" * 5000], "m1:"),
        (["m1:2x" + "9" * 4000], "outside"),
        (["m1:2x0." + "0" * 5000 + "1"], "makes a group's name of"),
        (["x" * 5000], "does not read"),
        ([""], "does not read"),
        (["m1:2+"], "does not read"),
    ],
)  # fmt: skip
def test_what_is_beyond_a_run_or_there_twice_is_one_sentence(texts, said):
    with pytest.raises(UserError) as error:
        make_design("single", interventions=texts, mice=1, sessions=8, trials=6)
    message = str(error.value)
    assert said in message and len(message) < 700 and message.isprintable(), message


def test_a_group_like_one_of_the_design_is_refused_and_sham_is_another():
    with pytest.raises(UserError, match="'m1-block' and 'm1-2-4' are alike"):
        make_design(groups=("control", "m1-block"), interventions=["m1:2-4"])
    assert len(make_design(groups=("control", "m1-block"), interventions=["m1:2-4x1"]).groups) == 3


@pytest.mark.parametrize("timing", TIMINGS)
def test_the_end_of_a_trial_is_that_of_its_timing(timing):
    assert TRIALS[timing].total == TOTAL_S[timing] and set(TRIALS) == set(TIMINGS)
    last = TOTAL_S[timing]
    assert intervention_group(f"m1:2/1-{last:g}s", 3, 6, timing)
    with pytest.raises(UserError, match="a trial lasts"):
        intervention_group(f"m1:2/1-{last + 0.01:g}s", 3, 6, timing)


pieces = st.sampled_from(
    ["m1", "gpi", "snc", "loop", ":", "-", "/", "@", "x", "~", "=", "s", "+", ".", "0", "2", "9", " ", ">", "sham", "é"]
)


@given(st.lists(pieces, max_size=14).map("".join) | st.text(max_size=30))
@hypothesis.settings(max_examples=400, deadline=None, derandomize=True)
def test_any_text_is_an_intervention_or_a_sentence(text):
    try:
        design = make_design("single", interventions=[text], mice=1, sessions=8, trials=6)
    except UserError as error:
        assert str(error).isprintable() and len(str(error)) < 700
    else:
        group = design.groups[-1]
        assert tuple(parse(str(i)) for i in group.interventions) == group.interventions
        assert all(i.when.sessions[1] <= 8 for i in group.interventions)
