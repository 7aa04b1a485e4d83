"""`train.py --agent ppo` at a size of seconds: what it leaves, that it goes on, and what it refuses."""

import json
from dataclasses import replace

import pandas as pd
import pytest

from reachenv.agents.rl import baselines
from reachenv.lab.baselines import task
from reachenv.lab.baselines import train as baseline_run
from reachenv.lab.commands.main import call
from reachenv.lab.errors import UserError
from reachenv.lab.records.folder import Run


def train(words):
    """`python train.py` with these words."""
    call(["train", *words], script="train.py")


@pytest.fixture
def tiny(monkeypatch, tmp_path):
    """Settings and tests of a size for tests; runs go to a folder of their own."""
    small = {"n_steps": 16, "batch_size": 16, "n_epochs": 1, "gamma": 0.96, "policy_kwargs": {"net_arch": [8]}}
    monkeypatch.setitem(baselines.BASELINES, "ppo", replace(baselines.BASELINES["ppo"], worlds=2, options=small))
    monkeypatch.setattr(task, "TESTS", 2)
    monkeypatch.setattr(baseline_run, "TEST_TRIALS", 2)
    monkeypatch.chdir(tmp_path)
    return tmp_path / "runs" / "a"


def test_a_run_leaves_its_folder_and_an_interrupted_one_goes_on(tiny, capsys, monkeypatch):
    kept = baseline_run._test

    def interrupted(*args):
        table = kept(*args)
        if len(table) == 4:
            raise KeyboardInterrupt
        return table

    monkeypatch.setattr(baseline_run, "_test", interrupted)
    with pytest.raises(KeyboardInterrupt):
        train(["--agent", "ppo", "--steps", "256", "--name", "a", "--no-film", "--workers", "3"])
    assert json.loads((tiny / "config.json").read_text())["workers"] == 3
    assert "--resume runs/a" in capsys.readouterr().err
    monkeypatch.setattr(baseline_run, "_test", kept)
    made, trained_in = baseline_run.make_worlds, []

    def making(task, n, **how):
        trained_in.append(how.get("timing"))
        return made(task, n, **how)

    monkeypatch.setattr(baseline_run, "make_worlds", making)
    began_with = dict(baseline_run.TRAINING)
    monkeypatch.setitem(baseline_run.TRAINING, "total", 9.0)  # as a later version might train
    train(["--resume", "runs/a"])
    assert trained_in[0] == began_with  # a run goes on as it began
    said = capsys.readouterr().out
    assert "After 256 of 256 steps ppo eats" in said and "minutes left" in said
    config = json.loads((tiny / "config.json").read_text())
    assert config["status"] == "finished" and len(config["resumed"]) == 1
    assert config["workers"] == 3  # the most that it had: two when it went on
    assert config["task"] == {
        "agent": "ppo",
        "control": "spinal",
        "reward": "shaped",
        "steps": 256,
        "seed": 0,
        "lesion": "",
    }
    assert "repeat" in config["settings"]["why"]
    table = pd.read_parquet(tiny / "evaluation.parquet")
    assert table.groupby("steps").size().to_dict() == {0: 2, 128: 2, 256: 2}
    assert {"outcome", "success", "lift_time", "aim_error"} <= set(table)
    so_far = table.groupby("steps")[["trials_learned", "seconds_learning"]].max()
    # Summed over both parts of the run.
    assert so_far.iloc[0].tolist() == [0, 0] and (so_far.seconds_learning.diff()[1:] > 0).all()
    names = sorted(p.name for p in (tiny / "checkpoints").iterdir())
    assert names == [f"step-{n:010d}.zip" for n in (0, 128, 256)]
    assert list((tiny / "tensorboard").glob("events*")) and not (tiny / "rollout.mp4").exists()
    with pytest.raises(UserError, match="is finished; to train it longer, give it more than 256 steps"):
        train(["--resume", "runs/a"])


def test_a_finished_run_can_be_made_longer(tiny):
    train(["--agent", "ppo", "--steps", "128", "--name", "a", "--no-film"])
    for words, says in (
        (["--steps", "128"], "--steps 128 given, which is not more"),
        (["--steps", "256", "--seed", "1"], "--seed cannot be given with --resume"),
    ):
        before = (tiny / "config.json").read_bytes()
        with pytest.raises(UserError, match=says):
            train(["--resume", "runs/a", *words])
        assert (tiny / "config.json").read_bytes() == before
    train(["--resume", "runs/a", "--steps", "256"])
    config = json.loads((tiny / "config.json").read_text())
    assert config["status"] == "finished" and config["task"]["steps"] == 256
    assert config["made_longer"] == ["python train.py --resume runs/a --steps 256"] and len(config["resumed"]) == 1
    table = pd.read_parquet(tiny / "evaluation.parquet")
    assert table.groupby("steps").size().to_dict() == {0: 2, 128: 2, 256: 2}


def test_a_run_with_a_lesion_cannot_be_made_longer(tiny):
    train(["--agent", "ppo", "--steps", "128", "--name", "a", "--no-film", "--lesion", "rpe:2"])
    with pytest.raises(UserError, match="whose sessions are parts of the whole"):
        train(["--resume", "runs/a", "--steps", "256"])
    with pytest.raises(UserError, match=r"is finished\.$"):
        train(["--resume", "runs/a"])


def test_a_second_process_is_refused_and_changes_nothing(tiny):
    train(["--agent", "ppo", "--steps", "128", "--name", "a", "--no-film"])
    before = (tiny / "config.json").read_bytes()
    with Run(tiny).alone(), pytest.raises(UserError, match="another process"):
        train(["--resume", "runs/a", "--steps", "256"])
    assert (tiny / "config.json").read_bytes() == before


def test_the_recurrent_one_is_trained_and_tested_by_the_same_command(tiny, monkeypatch):
    net = {"net_arch": [8], "lstm_hidden_size": 4}
    small = {"n_steps": 16, "batch_size": 16, "n_epochs": 1, "gamma": 0.96, "policy_kwargs": net}
    usual = baselines.BASELINES["recurrent_ppo"]
    monkeypatch.setitem(baselines.BASELINES, "recurrent_ppo", replace(usual, worlds=2, options=small))
    train(["--agent", "recurrent_ppo", "--steps", "256", "--name", "a", "--no-film"])
    assert json.loads((tiny / "config.json").read_text())["status"] == "finished"
    assert pd.read_parquet(tiny / "evaluation.parquet").groupby("steps").size().to_dict() == {0: 2, 128: 2, 256: 2}


def test_a_lesion_blocks_its_sessions_alone(tiny, capsys, monkeypatch):
    told = []
    monkeypatch.setattr(baselines, "block_reward_errors", lambda agent, blocked: told.append(blocked))
    train(["--agent", "ppo", "--steps", "256", "--name", "a", "--no-film", "--lesion", "rpe:2"])
    assert told == [False, True] and "lesion rpe:2" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--agent", "ppo", "--mice", "3"], "--mice is not an option; reachenv train has it"),
        (["--steps", "10"], "--steps is not an option; reachenv baseline has it"),
        (["--agent", "ppo", "--control", "mind"], "--control: 'mind' given; there is spinal and muscle"),
        (["--agent", "ppo", "--reward", "lots"], "--reward: 'lots' given; there is shaped and sparse"),
        (["--agent", "ppo", "--steps", "0"], "--steps: must lie between 1 and 10,000,000,000, 0 given"),
        (["--agent", "ppo", "--lesion", "m1:2-4"], "one is written rpe:6-10"),
        (["--agent", "ppo", "--lesion", "rpe:2-4"], "within sessions 1 to 2"),
        (["--agent", "sac", "--lesion", "rpe:2"], "is for ppo and recurrent_ppo; --agent sac given"),
        (["--agent", "ppo", "--lesion", "rpe:1", "--lesion", "rpe:2"], "takes one --intervention; 2 given"),
        (["--agent", "ppo", "--device", "tpu"], "--device: 'tpu' given; did you mean cpu. There is cpu, cuda and auto"),
        (["--agent", "ppo", "--workers", "0"], "--workers: must lie between 1 and 256, 0 given"),
        (["--device", "cpu"], "reachenv baseline has it"),
        (["--agent", "dqn"], "there is bg_loop, ppo, sac and recurrent_ppo"),
    ],
)
def test_what_cannot_be_is_one_sentence_and_leaves_nothing(tiny, words, says):
    with pytest.raises(UserError, match=says):
        train(words)
    assert not tiny.parent.exists()
