"""Options from anybody: whatever words a command gets, it reads them or ends in one short sentence, and nothing is written."""

import dataclasses

import hypothesis
import pytest
import stub
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from reachenv.lab.commands import baseline, train
from reachenv.lab.commands.main import COMMANDS, call
from reachenv.lab.errors import KEPT, LONGEST_WORD, UserError, in_one_line
from reachenv.lab.runner import brains

VALUED = {
    name: [action.option_strings[0] for action in command.parser()._actions if action.option_strings and action.nargs != 0]
    for name, command in COMMANDS.items()
}  # fmt: skip
OPTIONS = [(name, option) for name, options in VALUED.items() for option in options]


@pytest.fixture(autouse=True)
def _nothing_is_written(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(brains.BRAINS, "bg_loop", stub.STUB)
    yield
    assert not list(tmp_path.iterdir())


def refused(words):
    with pytest.raises(UserError) as error:
        call(words)
    said = str(error.value)
    assert error.value.code == 2 and said.isprintable() and len(said) < 1500, said
    return said


def test_all_options_with_a_value_are_tried():
    fields = len(dataclasses.fields(train.Options)) + len(dataclasses.fields(baseline.Options))
    assert len(OPTIONS) > fields - 8 and {"train", "baseline", "export", "film", "novice"} <= set(VALUED)


@pytest.mark.parametrize(("name", "option"), OPTIONS)
def test_an_empty_value_is_no_default(name, option):
    for words in ([option, ""], [option, "  "], [f"{option}="], [option, "\t"]):
        assert f"{option} is empty" in refused([name, *words])


@pytest.mark.parametrize("name", COMMANDS)
def test_an_empty_word_is_no_folder(name):
    assert "is empty" in refused([name, ""])


@pytest.mark.parametrize(("name", "option"), OPTIONS)
def test_what_is_very_long_is_not_echoed_in_full(name, option):
    parser = COMMANDS[name].parser()
    kind = next(a.type for a in parser._actions if option in a.option_strings)
    if kind is not None and getattr(kind, "__module__", "").endswith(
        "parser"
    ):  # numbers and names; others are looked at in the run
        said = refused([name, option, "9" * 5000])
        assert option in said and "9" * (KEPT + 1) not in said


@pytest.mark.parametrize(
    "words",
    [
        ["train", "--name", "n" * 5000],
        ["train", "--design", "d" * 5000],
        ["train", "--design", "d " * 5000],
        ["train", "--timing", "t" * 5000],
        ["train", "--brain", "b" * 5000],
        ["train", "--groups", "g" * 5000],
        ["train", "--set", "s" * 5000],
        ["train", "--" + "x" * 5000],
        ["train", "--resume", "r" * 5000],
        ["train", "--intervention", "m1:" + "2" * 5000],
        ["film", "f" * 5000],
        ["c" * 5000],
        ["train", "x\x1b[31m\ny"],
        ["train", "--output", "a\0b"],
        ["film", "a\udcffb"],
    ],
)
def test_long_and_strange_words_end_in_a_short_sentence(words):
    said = refused(words)
    assert len(said) < 900 and words[-1][:KEPT].strip("-") not in said * (len(words[-1]) < KEPT)


def test_a_long_path_is_named_whole_where_it_must_be_typed_again():
    path = "/" + "/".join("folder" for _ in range(35))
    assert in_one_line(f"go on: --resume {path}").endswith(path) and len(path) < LONGEST_WORD
    assert in_one_line("9" * 5000) == f"{'9' * KEPT}… (5,000 characters)"
    assert in_one_line("a\nb\x1b") == r"a\nb\x1b"


numbers = st.sampled_from(
    ["0", "-1", "1", "2", "1.5", "nan", "inf", "1e9", "9" * 30, "9" * 5000, "٣", "0x10", "1_000", "+2", " 3", "--"]
)
words = (
    numbers
    | st.text(max_size=12)
    | st.sampled_from(["control", "m1:2-4", "compact", "acquisition", "runs/x", "x=y", ",", "rpe:6-10"])
)


@given(
    st.lists(st.tuples(st.sampled_from(VALUED["train"] + VALUED["baseline"]), words), min_size=1, max_size=4),
    st.booleans(),
)
@hypothesis.settings(max_examples=300, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
def test_any_words_are_read_or_refused_in_a_sentence(pairs, train_it):
    name = "train" if train_it else "baseline"
    given_words = [word for pair in pairs for word in pair]
    parser = COMMANDS[name].parser()
    try:
        parser.read(given_words)
    except UserError as error:
        assert str(error).isprintable() and len(str(error)) < 1500
    except SystemExit as end:
        assert end.code == 0  # --help
