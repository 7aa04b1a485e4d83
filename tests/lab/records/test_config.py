"""config.json with anything in the place of its values: every command that opens a run works, or says in one sentence what is wrong."""

import json

import hypothesis
import pytest
import stub
from edits import JUNK, complete, edited, places, write
from hypothesis import HealthCheck, given
from hypothesis import strategies as st
from small_runs import finish_here, make_run

from reachenv.lab import findings
from reachenv.lab.commands import stages
from reachenv.lab.commands.plan import make_plan
from reachenv.lab.commands.train import Options
from reachenv.lab.design.design import Design
from reachenv.lab.errors import UserError
from reachenv.lab.export.export import export
from reachenv.lab.film.scenes import cast
from reachenv.lab.records.config import read_json
from reachenv.lab.records.folder import open_run
from reachenv.lab.report import page, publish
from reachenv.lab.runner import brains
from reachenv.lab.runner.load import load_brain
from reachenv.lab.runner.origin import find_origin

OPENERS = {
    "findings": findings.write,
    "report": page.write,
    "film": cast,
    "publish": lambda run: publish.publish(run, run.path.parent / "published", overwrite=True),
    "export": lambda run: export(run, ["parquet"], run.path.parent / "export", overwrite=True),
    "load_brain": lambda run: load_brain(run, "control/m01"),
    "--from": lambda run: find_origin(run.path),
    "--resume": lambda run: stages._say_start(make_plan(Options(resume=run.path), "")),
}


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    made, design = make_run(tmp_path_factory.mktemp("config") / "run", mice=1, sessions=2, trials=2)
    finish_here(made, design, stub.STUB)
    complete(made, design)
    findings.write(made)
    return made


@pytest.fixture(scope="module")
def whole(run):
    return json.loads((run.path / "config.json").read_text())


@pytest.fixture(autouse=True)
def _stub_brain(monkeypatch):
    monkeypatch.setitem(brains.BRAINS, "bg_loop", stub.STUB)


def in_one_sentence(work, *given):
    """Do it; the sentence with which it was refused, "" where it was not. Anything but a UserError is raised."""
    try:
        work(*given)
    except UserError as error:
        said = str(error)
        assert said.isprintable() and len(said) < 1500, said
        return said
    return ""


def test_what_a_run_itself_writes_is_read(run, whole):
    write(run, whole)
    assert json.loads((run.path / "config.json").read_text()) == whole
    for name, work in OPENERS.items():
        assert not in_one_sentence(work, open_run(run.path)), name


def test_every_value_replaced_by_every_kind_of_junk_is_read_or_refused_in_a_sentence(run, whole):
    tried = refused = 0
    for at in places(whole):
        for value in (*JUNK, ...):
            write(run, edited(whole, at, value))
            tried += 1
            refused += bool(in_one_sentence(open_run, run.path))
    assert tried > 2000 and 0.7 < refused / tried < 1


@pytest.mark.parametrize(
    ("at", "value", "said"),
    [
        (("design",), [], "design is not an object"),
        (("design", "name"), None, "design.name is not a text"),
        (("design", "mice"), True, "design.mice is not a whole number from 1 to 999"),
        (("design", "trials"), 10**30, "damaged"),
        (("design", "seed"), float("inf"), "Infinity"),
        (("design", "groups", 1, "name"), "control", "a name of its own"),
        (("design", "groups", 0, "role"), "king", "design.groups.0.role is not one of control, sham, reference and treated"),
        (("design", "groups", 1, "interventions", 0), "m1", "does not read as"),
        (("design", "timing"), "slow", "design.timing is not one of"),
        (("status",), "done", "status is not one of running and finished"),
        (("recording",), ..., "'recording' is missing"),
        (("versions",), {"numpy": 2}, "versions.numpy is not a text"),
        (("resumed",), ["yesterday"], "resumed.0 is not a date and time"),
        (("command",), "\udcff", "damaged"),
        (("babbling", "miss_mm"), [[1.0], [1.0, 2.0]], "rows of one length"),
        (("dynamics", "threshold"), ..., "'dynamics.threshold' is missing"),
    ],
)  # fmt: skip
def test_the_sentence_names_the_entry_and_what_belongs_there(run, whole, at, value, said):
    write(run, edited(whole, at, value))
    assert said in in_one_sentence(open_run, run.path)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[" * 100_000, "nested too deeply"),
        ("1e999", "too large"),
        ("9" * 5000, "damaged"),
        ('{"format": "reachenv-run", "version": NaN}', "NaN"),
        ("\xff", "damaged"),
        ("", "damaged"),
    ],
)
def test_what_is_no_json_of_ours_is_refused(tmp_path, text, said):
    (tmp_path / "config.json").write_bytes(text.encode("latin-1"))
    assert said in in_one_sentence(open_run, tmp_path)


def test_a_file_of_gigabytes_is_not_read(tmp_path):
    with open(tmp_path / "config.json", "wb") as file:
        file.truncate(10**10)
    assert "16,777,216 is the most" in in_one_sentence(open_run, tmp_path)
    with pytest.raises(UserError, match="the most"):
        read_json(tmp_path / "config.json")


def test_entries_that_a_command_needs_are_missed_in_a_sentence(run, whole):
    for name in ("versions", "machine", "command", "started", "film", "resumed"):
        write(run, edited(whole, (name,), ...))
        said = {opener: in_one_sentence(work, open_run(run.path)) for opener, work in OPENERS.items()}
        assert all(f"no {name!r}" in sentence for sentence in said.values() if sentence), said
        assert not said["report"] and not said["findings"]


junk = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


@given(data=st.data())
@hypothesis.settings(max_examples=40, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
def test_two_edits_anywhere_end_no_command_in_a_traceback(run, whole, data):
    entries = whole
    for _ in range(2):
        at = data.draw(st.sampled_from(list(places(entries))))
        value = data.draw(st.just(...) | st.sampled_from(JUNK) | junk)
        entries = edited(entries, at, value)
        if not entries:
            break
    write(run, entries)
    if in_one_sentence(open_run, run.path):
        return
    name = data.draw(st.sampled_from(list(OPENERS)))
    in_one_sentence(OPENERS[name], open_run(run.path))


def test_the_check_sees_a_traceback(run, whole):
    write(run, whole)
    with pytest.raises(ZeroDivisionError):
        in_one_sentence(lambda run: 1 / 0, open_run(run.path))


def test_a_design_read_is_the_design_written(run, whole):
    write(run, whole)
    assert open_run(run.path).design() == Design.from_json(whole["design"])
