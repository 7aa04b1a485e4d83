"""Folders of baselines that are damaged, foreign or full: one sentence each, and nothing in them changes."""

import json
import shutil
from dataclasses import asdict, replace

import pandas as pd
import pytest
import stub
from small_runs import finish_here, make_run
from test_baseline_run import tiny, train  # noqa: F401  a fixture

from reachenv.agents.rl import baselines
from reachenv.lab.baselines import comparison, task
from reachenv.lab.baselines import train as baseline_run
from reachenv.lab.baselines.task import CONFIG, Task, open_baseline
from reachenv.lab.baselines.train import last_checkpoint, read_tests
from reachenv.lab.errors import UserError
from reachenv.lab.records import folder as folders
from reachenv.lab.records.config import check_config


@pytest.fixture(scope="module")
def _begun(tmp_path_factory):
    """A folder with two checkpoints, not finished."""
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("baseline")
        small = {"n_steps": 16, "batch_size": 16, "n_epochs": 1, "gamma": 0.96, "policy_kwargs": {"net_arch": [8]}}
        patch.setitem(baselines.BASELINES, "ppo", replace(baselines.BASELINES["ppo"], worlds=2, options=small))
        patch.setattr(task, "TESTS", 2)
        patch.setattr(baseline_run, "TEST_TRIALS", 2)
        patch.chdir(folder)
        train(["--agent", "ppo", "--steps", "128", "--name", "a", "--no-film"])
        return folder / "runs" / "a"


@pytest.fixture
def begun(_begun, tiny):  # noqa: F811
    shutil.copytree(_begun, tiny)
    config = json.loads((tiny / "config.json").read_text()) | {"status": "running", "finished": None}
    config["task"]["steps"] = 256
    (tiny / "config.json").write_text(json.dumps(config))
    return tiny


def contents(folder):
    kept = [
        p
        for p in sorted(folder.rglob("*"))
        if p.is_file() and p.name not in (".lock", "config.json") and "events" not in p.name
    ]
    return {p: p.read_bytes() for p in kept}


def mouse_brain(folder):
    run, design = make_run(folder / "mice", mice=1, sessions=2, trials=2)
    finish_here(run, design, stub.STUB)
    return run.session_files(design.subjects()[0], 1).brain.read_bytes()


def test_without_damage_it_goes_on(begun):
    train(["--resume", "runs/a"])
    assert json.loads((begun / "config.json").read_text())["status"] == "finished"


@pytest.mark.parametrize(
    "damage", ["a flipped bit", "half of it", "nothing in it", "a mouse's brain", "a folder", "another step's"]
)
def test_a_checkpoint_that_cannot_be_gone_on_from_is_a_sentence(begun, damage, tmp_path):
    path = last_checkpoint(folders.Run(begun))
    body = path.read_bytes()
    if damage == "a flipped bit":
        middle = len(body) // 2
        path.write_bytes(body[:middle] + bytes([body[middle] ^ 1]) + body[middle + 1 :])
    elif damage == "half of it":
        path.write_bytes(body[: len(body) // 2])
    elif damage == "nothing in it":
        path.write_bytes(b"")
    elif damage == "a mouse's brain":
        path.write_bytes(mouse_brain(tmp_path))
    elif damage == "a folder":
        path.unlink()
        path.mkdir()
    else:
        path.write_bytes((begun / "checkpoints" / "step-0000000000.zip").read_bytes())
    before = contents(begun)
    with pytest.raises(
        UserError, match="step-0000000128.zip.*reachenv baseline --resume goes on from the checkpoint before"
    ):
        train(["--resume", "runs/a"])
    assert contents(begun) == before
    if damage == "half of it":  # the others take as long
        path.unlink()
        train(["--resume", "runs/a"])  # as the sentence says


@pytest.mark.parametrize(
    "damage", ["gone", "empty", "no rows", "half of it", "without the last test", "other columns", "a folder"]
)
def test_tests_that_are_not_all_there_are_a_sentence(begun, damage):
    path = begun / "evaluation.parquet"
    table, body = pd.read_parquet(path), path.read_bytes()
    path.unlink()
    if damage == "empty":
        path.write_bytes(b"")
    elif damage == "no rows":
        table.iloc[:0].to_parquet(path)
    elif damage == "half of it":
        path.write_bytes(body[: len(body) // 2])
    elif damage == "without the last test":
        table[table.steps == 0].to_parquet(path)
    elif damage == "other columns":
        table[["trial"]].to_parquet(path)
    elif damage == "a folder":
        path.mkdir()
    before = contents(begun)
    with pytest.raises(UserError, match="evaluation.parquet"):
        train(["--resume", "runs/a"])
    assert contents(begun) == before
    run = folders.Run(begun)
    if damage != "without the last test":
        with pytest.raises(UserError, match="evaluation.parquet"):
            comparison.read_baseline(run)
        with pytest.raises(UserError, match="evaluation.parquet"):
            read_tests(run)


@pytest.mark.parametrize(
    ("entry", "value", "said"),
    [
        ("task", {"agent": "dqn"}, "task.agent is not one of ppo, sac and recurrent_ppo"),
        ("task", {"agent": "sac"}, "not of this run of sac"),
        ("task", {}, "'task.agent' is missing"),
        ("task", [], "task is not an object"),
        ("task", {"agent": "ppo", "steps": -5}, "task.steps is not a whole number"),
        ("task", {"agent": "ppo", "seed": 1.5}, "task.seed is not a whole number"),
        ("task", {"agent": "ppo", "lesion": "m1:2"}, "rpe:6-10"),
        ("task", {"agent": "ppo", "colour": 1}, "a task has no 'colour'"),
        ("task", ..., "'task' is missing"),
        ("status", "lost", "status is not one of"),
        ("status", ..., "'status' is missing"),
        ("training_timing", ..., "no 'training_timing'"),
        ("training_timing", {"total": "x"}, "training_timing.total is not a number"),
        ("training_timing", {"total": 0.1}, "training_timing in its config.json"),
        ("training_timing", {"colour": 1}, "training_timing in its config.json"),
        ("resumed", ..., "no 'resumed'"),
        ("resumed", {}, "resumed is not a list"),
        ("film", 1, "film is not true or false"),
    ],
)  # fmt: skip
def test_a_config_of_another_kind_is_a_sentence_and_stays_as_it_is(begun, entry, value, said):
    path = begun / "config.json"
    config = json.loads(path.read_text())
    config |= {entry: value}
    if value is ...:
        del config[entry]
    path.write_text(json.dumps(config))
    before = contents(begun)
    with pytest.raises(UserError) as error:
        train(["--resume", "runs/a"])
    assert said in str(error.value) and str(error.value).isprintable(), error.value
    assert contents(begun) == before


def test_a_full_disk_names_the_command_that_goes_on(begun, monkeypatch):
    def full(path, write):
        raise OSError(28, "No space left on device", str(path))

    monkeypatch.setattr(baseline_run, "write_whole", full)
    with pytest.raises(UserError, match=r"takes no more .*make room, then reachenv baseline --resume runs/a"):
        train(["--resume", "runs/a"])
    monkeypatch.undo()
    assert open_baseline(begun) is not None


def test_what_a_run_writes_of_itself_is_what_is_read(begun):
    run, learned = open_baseline(begun)
    check_config(begun, json.loads((begun / "config.json").read_text()), CONFIG)
    assert asdict(learned) == asdict(Task("ppo", steps=256)) and run.path == begun
