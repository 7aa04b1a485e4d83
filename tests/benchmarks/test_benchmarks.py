"""The benchmarks make their table and JSON, compare like with like, and say what does not run. Never how fast."""

import json

import numpy as np
import pytest

from benchmarks import cohort, peers, worlds
from benchmarks.__main__ import main
from benchmarks.raw import Raw, Recorder
from benchmarks.timing import Lap, summary, take_turns
from reachenv.vector_env import PelletReachVectorEnv


def test_the_table_and_the_json_are_made(tmp_path, capsys):
    path = tmp_path / "bench.json"
    words = "--worlds 1 2 --controls spinal --rounds 1 --steps 1 --mice 2 --workers 2 --trials 1 --output"
    main([*words.split(), str(path)])
    told, table = json.loads(path.read_text()), capsys.readouterr().out
    assert [(r["kind"], r["worlds"]) for r in told["worlds"]] == [
        ("raw", 1), ("vector", 1), ("single", 1), ("raw", 2), ("vector", 2),
    ]  # fmt: skip
    assert "of_raw_wall" in told["worlds"][1] and "of_raw_wall" not in told["worlds"][0]
    assert told["machine"]["cores"] and told["machine"]["versions"]["mujoco"]
    mice = told["cohort"]
    assert mice["mice"] == 2 and mice["ratio"]["cpu"]["median"] > 1
    assert {"physics", "raw physics", "brain: a step", "recording and the loop"} <= set(mice["cpu_us_per_mouse_step"])
    assert mice["many"]["gigabytes"] > 0
    assert "steps a second" in table and "over raw physics" in table and "10,000 mice of 7 sessions" in table


def test_ten_thousand_mice_cost_in_proportion():
    told = cohort.many({"raw physics": 500.0, "physics": 60.0, "brain: a step": 40.0}, bytes_per_trial=2000.0)
    # 10,000 mice × 385 trials × 400 steps × 100 µs; × 2 kB a trial
    assert told["core_hours"] == pytest.approx(42.78, rel=1e-3) and told["gigabytes"] == pytest.approx(7.7)
    assert told["bottleneck"] == "physics" and told["bottleneck_share"] == pytest.approx(0.6)


def test_raw_physics_is_the_same_physics():
    env = PelletReachVectorEnv(2, timing=worlds.TIMING)
    recorder = worlds._recorded(env, worlds.reaches(2))
    raw = Raw(recorder, 1)
    assert raw.replay(recorder) == len(recorder.controls) == worlds.TIMING.steps * worlds.CALLS
    assert raw.ends_like(recorder)
    recorder.controls[-20] = recorder.controls[0] + 0.5  # other excitations, for 2 ms, after the last pellet was eaten
    raw.replay(recorder)
    assert not raw.ends_like(recorder)


def test_a_write_to_the_state_is_noticed():
    env = PelletReachVectorEnv(1)
    env.reset(seed=0)
    env.sim.batch = recorder = Recorder(env.sim.batch)
    for _ in range(3):
        env.step(np.zeros((1, 5)))
    env.sim.eat(np.array([True]))
    env.step(np.zeros((1, 5)))
    assert list(recorder.entered) == [0, 3 * worlds.CALLS]


def test_ratios_are_taken_round_by_round():
    raw = [Lap(100, 1.0, 1.0), Lap(100, 4.0, 1.0)]  # the machine was busy in the second round
    ours = [Lap(100, 2.0, 2.0), Lap(100, 8.0, 2.0)]
    told = summary(ours, raw)
    assert told["of_raw_wall"] == {"median": 0.5, "min": 0.5, "max": 0.5}
    assert told["steps_per_s"] == {"median": 31.25, "min": 12.5, "max": 50.0}


def test_rivals_take_turns_after_one_that_does_not_count():
    order = []

    def rival(name):
        return lambda: order.append(name) or Lap(1, 1.0, 1.0)

    laps = take_turns({"a": rival("a"), "b": rival("b")}, 2)
    assert order == ["a", "b", "a", "b", "b", "a"] and len(laps["a"]) == 2


def test_a_peer_that_cannot_run_says_why(tmp_path):
    running = peers.Running(peers.Peer("gymnasium", "Pusher-v5", 1), 1, tmp_path)
    assert running.error.startswith("cannot be started")


@pytest.mark.parametrize("kind", peers.PACKAGES)
def test_a_package_that_is_missing_is_reported_by_the_probe(kind, tmp_path):
    import subprocess
    import sys

    words = [sys.executable, "-S", str(peers.PROBE), kind, "No-v0", "1", "1"]  # -S: no installed packages
    told = json.loads(subprocess.run(words, capture_output=True, text=True, check=True).stdout)
    assert "ModuleNotFoundError" in told["error"]
