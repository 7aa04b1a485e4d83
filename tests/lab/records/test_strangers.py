"""A run folder that a stranger made: whatever its config.json says, one sentence, and nothing is written outside it."""

import copy
import json
import os
from pathlib import Path

import pytest
from small_runs import finish_here, make_run
from stub import STUB

from reachenv.lab.commands.main import call
from reachenv.lab.design import checked
from reachenv.lab.design.design import Design, Origin
from reachenv.lab.design.group import Group
from reachenv.lab.design.make import make_design
from reachenv.lab.errors import UserError
from reachenv.lab.records.folder import check_name, open_run
from reachenv.lab.runner import ray_cluster
from reachenv.lab.runner.brains import BRAINS

NAMES = (
    "", ".", "..", "../..", "../../outside", "/", "/tmp/outside", "a/b", "a/../../b", "a\\b", "..\\..\\b", "C:\\outside", "C:outside",
    "~", "~root", "$HOME", "`id`", "-rf", ".hidden", ".lock", "a\0b", "\0", "a\nb", "a\r", "a\tb", " ", " a", "a ", "a b", "a" * 121,
    "a" * 5000, "a" * 200_000, "é", "control\u200b", "contr\u043el", "\u202egpj", "\uff0e\uff0e", "\u2215etc", "\u2024\u2024",
    "\ud800", "a\u0301", "\U0001f42d", "CON", "con", "nul", "NUL.txt", "aux.", "COM1", "lpt9.x", "a.", "a..", "*", "?", "a|b", "a<b", "a:b",
    "%2e%2e%2f", "file:///etc", "mice;rm", "'", '"', "{}", "{0}", "%s",
)  # fmt: skip
OTHERS = (None, True, 0, -1, 1.5, 10**30, float("nan"), float("inf"), [], ["control"], {}, {"name": "x"}, [[[]]])
WHERE = {
    "group's name": ("design", "groups", 0, "name"),
    "design's name": ("design", "name"),
    "group of origin": ("design", "origin", "group"),
    "role": ("design", "groups", 0, "role"),
    "brain": ("design", "brain"),
    "timing": ("design", "timing"),
}
NUMBERS = {
    "mice": ("design", "mice"),
    "sessions": ("design", "sessions"),
    "trials": ("design", "trials"),
    "seed": ("design", "seed"),
    "litter": ("design", "groups", 0, "litter"),
    "session of origin": ("design", "origin", "session"),
    "seed of origin": ("design", "origin", "seed"),
}
LISTS = {
    "groups": ("design", "groups"),
    "group": ("design", "groups", 0),
    "interventions": ("design", "groups", 1, "interventions"),
    "perturbations": ("design", "groups", 0, "perturbations"),
    "settings": ("design", "settings"),
    "record": ("design", "record"),
    "design": ("design",),
}


@pytest.fixture
def world(tmp_path, monkeypatch):
    """(folder of a half-done run, everything around it): the first session is there, so --resume has work to do."""
    monkeypatch.setitem(BRAINS, "bg_loop", STUB)
    monkeypatch.chdir(tmp_path)
    run, design = make_run(tmp_path / "here" / "runs" / "strange", mice=1, sessions=2, trials=2)
    finish_here(run, design, STUB)
    for subject in design.subjects():
        run.session_files(subject, 2).trials.unlink()
    (run.path / "trials.parquet").unlink()
    config = run.config()
    config["design"]["origin"] = {"run": "trained", "group": "control", "session": 3, "seed": 0}
    del config["design"]["sha256"]  # an enemy would seal it
    run.update(**config | {"origin": {"path": "/nowhere"}, "workers": 1, "command": "", "versions": {}, "resumed": []})
    return run.path


def everything(folder: Path, but: Path) -> dict[str, bytes | None]:
    """What lies in a folder, outside one part of it."""
    found = {}
    for path in folder.rglob("*"):
        if but not in (path, *path.parents):
            found[str(path)] = path.read_bytes() if path.is_file() else None
    return found


def with_value(config: dict, place: tuple, value) -> dict:
    config = copy.deepcopy(config)
    holder = config
    for step in place[:-1]:
        holder = holder[step]
    holder[place[-1]] = value
    return config


def refused(path: Path, config: dict) -> str:
    """The sentence with which a run of this config is refused."""
    (path / "config.json").write_text(json.dumps(config), encoding="utf-8")
    with pytest.raises(UserError) as caught:
        open_run(path)
    text = str(caught.value)
    assert "\n" not in text and len(text) < 600 and "strange" in text and text.isprintable(), text
    return text


@pytest.mark.parametrize("place", WHERE)
def test_no_name_of_a_config_is_a_path(world, place):
    outside, config = everything(world.parents[2], world), json.loads((world / "config.json").read_text())
    if place in ("brain", "timing"):  # these are looked up, and never a folder's
        names = [
            n for n in NAMES if len(n) > checked.LONGEST_NAME or not n.isascii() or any(c in n for c in "/\\\0\n ")
        ]
    else:
        names = NAMES
    for name in (*names, *OTHERS):
        refused(world, with_value(config, WHERE[place], name))
    assert everything(world.parents[2], world) == outside


@pytest.mark.parametrize("place", NUMBERS)
def test_no_number_of_a_config_is_beyond_its_limits(world, place):
    config = json.loads((world / "config.json").read_text())
    least = -1 if "seed" in place or place == "litter" else 0
    for value in (
        least,
        10**6 + 1 if "seed" not in place else 2**63,
        *(o for o in OTHERS if o != 0),
        "1",
        "../..",
        1e300,
    ):
        refused(world, with_value(config, NUMBERS[place], value))


@pytest.mark.parametrize("place", LISTS)
def test_no_list_of_a_config_is_anything_else(world, place):
    config = json.loads((world / "config.json").read_text())
    deep = [[]]
    for _ in range(40):
        deep = [deep]
    fits = {"settings": ({},), "record": ([],), "interventions": ([],), "perturbations": ([],), "group": ({},)}.get(
        place, ()
    )
    for value in (
        "../..",
        *(o for o in OTHERS if not any(type(o) is type(f) for f in fits)),
        deep,
        [None],
        [0],
        ["../.."],
        ["\0"],
        [{}],
    ):
        refused(world, with_value(config, LISTS[place], value))
    refused(
        world, with_value(config, ("design", "groups"), config["design"]["groups"] * 2)
    )  # one folder for two groups


@pytest.mark.parametrize("name", ["/tmp/outside", "../../outside", "../../../../../../tmp/outside", "a/../../outside"])
def test_to_resume_writes_nothing_outside(world, name):
    config = json.loads((world / "config.json").read_text())
    for place in (("design", "groups", 0, "name"), ("design", "name")):
        (world / "config.json").write_text(json.dumps(with_value(config, place, name)), encoding="utf-8")
        before = everything(world.parents[2], world)
        for words in (["report"], ["findings"], ["figures"], ["analyse"], ["export", "--mat"]):
            with pytest.raises(UserError):
                call([*words, str(world)])
        assert everything(world.parents[2], world) == before
    for changed in (
        with_value(config, ("design", "groups", 0, "name"), name),
        with_value(config, ("origin", "path"), name),
        with_value(config, ("origin",), name),
        with_value(config, ("design", "origin", "run"), name),
    ):
        (world / "config.json").write_text(json.dumps(changed), encoding="utf-8")
        before = everything(world.parents[2], world)
        with pytest.raises(UserError) as caught:
            call(["train", "--resume", str(world)])
        assert "\n" not in str(caught.value)
        assert everything(world.parents[2], world) == before


def test_a_config_that_is_no_plain_file_or_too_large_is_refused(world):
    for text in (
        "[" * 100_000,
        "{" * 100_000,
        '{"format": "reachenv-run", "format": "x"}',
        " " * (17 * 2**20),
        "1" * 5000,
        '"\\ud800"',
    ):
        (world / "config.json").write_text(text, encoding="utf-8")
        with pytest.raises(UserError, match=r"config\.json"):
            open_run(world)
    (world / "config.json").unlink()
    os.mkfifo(world / "config.json")
    with pytest.raises(UserError, match=r"config\.json"):
        open_run(world)


@pytest.mark.parametrize(
    "what", ["mice/control", "mice/control/m01/session-02.parquet", ".lock", "figures", "tensorboard"]
)
def test_a_link_out_of_the_folder_is_refused(world, what):
    outside = world.parents[1] / "victim"
    outside.mkdir()
    (outside / "kept").write_text("kept")
    link = world / what
    if link.is_dir():
        link.rename(world / "moved")
    link.symlink_to(outside / "kept" if link.suffix or what == ".lock" else outside)
    with pytest.raises(UserError, match="is a link that leads out of the run folder"):
        call(["train", "--resume", str(world)])
    assert [p.name for p in outside.iterdir()] == ["kept"] and (outside / "kept").read_text() == "kept"


def test_a_link_to_the_folder_and_links_within_it_are_followed(world, tmp_path):
    config = json.loads((world / "config.json").read_text())
    config["design"].pop("origin")
    (world / "config.json").write_text(json.dumps(config))
    (world / "mice" / "control" / "m01").rename(world / "kept")
    (world / "mice" / "control" / "m01").symlink_to("../../kept")
    (tmp_path / "link").symlink_to(world)
    assert open_run(tmp_path / "link").next_session(open_run(world).design().subjects()[0]) == 2


def test_names_on_the_command_line_are_checked_alike(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in NAMES:
        with pytest.raises(UserError) as caught:
            check_name(name)
        assert len(str(caught.value)) < 300 and "\n" not in str(caught.value)
        with pytest.raises(UserError) as caught:
            make_design(groups=[name])
        with pytest.raises(ValueError):
            Group(name)
        with pytest.raises(ValueError):
            Origin("run", name, 1, 0)
    with pytest.raises(UserError, match="Join fewer"):
        make_design(
            interventions=[
                "+".join(f"gpi:{k}" for k in range(1, 8))
                + "".join(f"+stn:{k}" for k in range(1, 8))
                + "".join(f"+gpe:{k}" for k in range(1, 8))
            ]
        )
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "name", ["control", "m1-block", "m1-2-4-at-0.5", "a.b_c+d", "_x", "0", "A" * 120, "console", "nullable"]
)
def test_usual_names_are_taken(name):
    assert Group(name).name == checked.name(name, "it") == check_name(name) == name


def test_designs_come_back_from_their_json_and_a_changed_one_is_refused():
    design = make_design(mice=3, seed=5)
    plain = json.loads(json.dumps(design.to_json()))
    assert Design.from_json(plain) == design
    with pytest.raises(ValueError, match="not the one that was written"):
        Design.from_json(plain | {"seed": 7})
    assert (
        Design.from_json({k: v for k, v in plain.items() if k != "sha256"} | {"seed": 7}).seed == 7
    )  # as folders of before


def test_a_worker_of_a_cluster_cannot_name_other_files(tmp_path):
    run, design = make_run(tmp_path / "run", mice=1, sessions=2, trials=2)
    for name in ("../outside.npz", "/tmp/outside.npz", "config.json", "mice/control/m01/session-09.npz"):
        with pytest.raises(UserError, match="none of its mice and session"):
            ray_cluster._take(run, {name: b"x"}, design.subjects()[:1], 1, print)
    assert [p.name for p in tmp_path.iterdir()] == ["run"] and [p.name for p in run.path.iterdir()] == ["config.json"]
