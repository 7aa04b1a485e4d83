"""The comparison with an old revision: its arithmetic, its verdicts, and what it says where it cannot be made. Never how fast."""

import json
import subprocess

import numpy as np
import pytest

from benchmarks import reference, reference_report, revision, rows, success, trained_mice
from benchmarks.__main__ import main
from benchmarks.timing import Lap, take_turns
from reachenv.schema import CONTROL_DT
from reachenv.trial import TIMINGS


def laps(*cpu_s, steps=400):
    """Turns that took so much CPU time, and twice as long."""
    return [Lap(steps, 2 * spent, spent) for spent in cpu_s]


def found(rows_, quantity, clock):
    (row,) = (row for row in rows_ if row["quantity"].startswith(quantity) and row["by"] == clock)
    return row


def test_ratios_are_taken_turn_by_turn_and_their_median_is_held_against_the_target():
    one = rows.row("cost", "cpu", [2.0, 20.0, 2.0], [1.0, 10.0, 0.8], rows.HALF)  # busy in the second turn
    assert one["ratio"] == {"median": 0.5, "min": 0.4, "max": 0.5} and one["met"] is True
    assert rows.row("cost", "cpu", [2.0], [1.1], rows.HALF)["met"] is False
    none = rows.row("cost", "wall", None, None, rows.HALF)
    assert none["met"] is None and none["target"] == "new/old at most 0.5"
    assert "met" not in rows.row("cost", "wall", [1.0], [1.0])


def test_physics_is_told_in_milliseconds_a_trial():
    told = rows.of_physics({("physics", "old"): laps(0.1), ("physics", "new"): laps(0.04)})
    by_cpu, by_wall = (found(told, "physics", clock) for clock in rows.CLOCKS)
    assert by_cpu["old"]["median"] == pytest.approx(100) and by_wall["old"]["median"] == pytest.approx(200)
    assert by_cpu["ratio"]["median"] == pytest.approx(0.4) and by_cpu["met"] is True and "met" not in by_wall
    assert rows.STEPS == TIMINGS["compact"].steps == round(4 / CONTROL_DT)


def mice(cost, rest):
    return [{"core_ms": {"cpu": cost, "wall": 2 * cost}, "all_but_physics_us": rest}]


@pytest.mark.parametrize(("rest", "met"), [(45.0, True), (46.0, False)])
def test_the_brain_may_cost_so_much_or_half(rest, met):
    told = {("cohort", "old"): mice(100, 60), ("cohort", "new"): mice(50, rest)}
    of_24 = rows.of_cohort(told, 24, 2)
    assert found(of_24, "brain", "cpu")["met"] is met and found(of_24, "a mouse", "cpu")["met"] is True
    assert not any("met" in row for row in rows.of_cohort(told, 12, 2))  # targets are for 24 mice in two processes


def test_half_of_a_dear_brain_is_enough():
    told = {("cohort", "old"): mice(100, 120), ("cohort", "new"): mice(50, 60)}
    assert found(rows.of_cohort(told, 24, 2), "brain", "cpu")["met"] is True


def test_peers_are_held_against_by_wall_time_and_may_be_missing():
    timed = {
        ("vector", "old", 2): laps(2.0),
        ("vector", "new", 2): laps(1.0),
        ("peer", "envpool ManipulatorBringBall-v1"): laps(1.5),
    }
    told = rows.of_peers(timed, 2)
    ball = found(told, "64 worlds over envpool Manipulator", "wall")
    assert ball["old"]["median"] == 0.75 and ball["new"]["median"] == 1.5 and ball["met"] is True
    assert "met" not in found(told, "64 worlds over envpool Manipulator", "cpu")
    assert found(told, "64 worlds over envpool myoHand", "wall")["met"] is None
    assert {peer.name.split(",")[0] for peer in reference.PEERS} == set(rows.PEERS)


def test_one_world_is_compared_with_physics_of_its_own_tree():
    timed = {
        ("single", "old"): laps(2.0),
        ("raw", "old"): laps(1.0),
        ("single", "new"): laps(0.5),
        ("raw", "new"): laps(0.4),
    }
    one = found(rows.of_single(timed), "one world", "cpu")
    assert one["old"]["median"] == 0.5 and one["new"]["median"] == pytest.approx(0.8) and one["met"] is True


@pytest.mark.parametrize(("old", "new", "met"), [(5000, 7000, True), (3000, 5400, True), (5000, 6900, False)])
def test_ppo_may_be_fast_or_much_faster_than_it_was(old, new, met):
    told = {("learning", "old"): [{"steps_per_s": old}], ("learning", "new"): [{"steps_per_s": new}]}
    told |= {("learning_cpu", side): [{"cpu_us_per_step": cost}] for side, cost in (("old", 300.0), ("new", 150.0))}
    assert rows.of_learning(told, 2)[0]["met"] is met
    assert "met" not in rows.of_learning(told, 8)[0] and rows.of_learning(told, 2)[1]["ratio"]["median"] == 0.5


def test_threads_are_compared_with_one_thread():
    timed = {("vector", side, n): laps(1.0 / n) for side in rows.SIDES for n in (1, 2)}
    one, two = rows.of_threads(timed, [1, 2])
    assert one["over_one_thread"]["median"] == 1 and two["over_one_thread"]["median"] == 2
    assert reference.thread_counts(2, cores=2) == [1, 2]
    assert reference.thread_counts(3, cores=9) == [1, 2, 3, 4, 8]


def test_the_interval_is_clustered_by_seed():
    rng = np.random.default_rng(0)
    old, new = rng.random((2, 1, 200)) < 0.5
    one = success.difference(old, new)
    assert one["mean"] == pytest.approx(new.mean() - old.mean())
    error = np.std(new[0] * 1.0 - old[0], ddof=1) / np.sqrt(200)
    assert one["high"] - one["mean"] == pytest.approx(1.96 * error) and one["mean"] - one["low"] == pytest.approx(
        1.96 * error
    )
    many = success.difference(np.repeat(old, 40, axis=0), np.repeat(new, 40, axis=0))
    assert many == pytest.approx(one)  # cells that only repeat their seeds tell no more than one


def test_the_interval_holds_what_it_should():
    rng, covered = np.random.default_rng(1), 0
    for _ in range(300):
        ease = rng.random(100)  # of each seed, shared by its cells: they are far from independent
        old, new = (rng.random((2, 8, 100)) < np.stack([ease * 0.8, ease * 0.8 + 0.1])[:, None]).astype(float)
        told = success.difference(old, new)
        covered += told["low"] <= 0.1 <= told["high"]
    assert 0.9 <= covered / 300 <= 0.99


def made_up(old, new):
    """What both trees tell, from success by cell, over 200 seeds."""

    def told(of):
        wins = {cell: round(200 * value) for cell, value in of.items()}
        peak = {"peak_cm_s": 35.0}
        return {cell: {"success": [1] * k + [0] * (200 - k), **peak} for cell, k in wins.items()}

    return told(old), told(new)


def test_success_is_told_cell_by_cell():
    table, expert = [(0.3, 100), (2.0, 160)], [(0.3, 100), (0.3, 110)]
    old = {(0.3, 100): 0.9, (2.0, 160): 0.5, (0.3, 110): 1.0, success.FASTEST: 1.0}
    new = old | {(2.0, 160): 0.42, (0.3, 110): 0.94}
    told = success.compared(table, expert, *made_up(old, new))
    assert json.loads(json.dumps(told))["worst"]["cell"] == [2.0, 160]
    mean, worst, lowest, peak = rows.of_success(told)
    assert mean["difference"]["mean"] == pytest.approx(-0.04) and mean["met"] is False
    assert (
        worst["difference"]["mean"] == pytest.approx(-0.08) and worst["met"] is True
    )  # 16 of 200 are no more than .08
    assert (
        lowest["ratio"]["median"] == pytest.approx(0.94) and lowest["met"] is False and "110 ms" in lowest["quantity"]
    )
    assert peak["met"] is True
    same = rows.of_success(success.compared(table, expert, *made_up(old, old)))
    assert all(row["met"] for row in same)


def test_cells_in_which_nobody_succeeded_have_no_ratio():
    with pytest.raises(ValueError, match="no cell"):
        success.lowest_ratio({(0.3, 100): 0.0}, {(0.3, 100): 0.5})
    cell, ratio = success.lowest_ratio({(0.3, 100): 0.0, (0.3, 110): 0.5}, {(0.3, 100): 0.0, (0.3, 110): 0.6})
    assert cell == (0.3, 110) and ratio == pytest.approx(1.2)


def test_the_tables_are_those_that_were_asked_for():
    assert len(success.TABLE) == 5 * 8 and len(success.EXPERT) == 15
    assert {ms for _, ms in success.EXPERT} == set(range(100, 241, 10))


def test_what_the_old_tree_did_is_kept(tmp_path):
    asked = []
    for _ in range(2):
        kept = success.Kept(tmp_path / "kept.json")
        assert kept.ask("a cell", lambda: asked.append(1) or {"success": [1]}) == {"success": [1]}
    assert len(asked) == 1 and kept.found == 1


def test_every_cell_is_asked_of_both_trees_and_progress_is_told():
    said, cells = [], [(0.3, 100), (0.3, 110)]
    old, new = success.run(cells, lambda cell: {"old": cell}, lambda cell: {"new": cell}, said.append)
    assert list(old) == list(new) == cells and new[(0.3, 110)] == {"new": (0.3, 110)}
    assert "cell 1 of 2." in said[0] and "cell 2 of 2, 0.0 min left" in said[1]


def test_rivals_that_warm_up_by_themselves_have_no_turn_that_does_not_count():
    order, said = [], []
    take_turns({"a": lambda: order.append("a"), "b": lambda: order.append("b")}, 2, said.append, warm=False)
    assert order == ["a", "b", "b", "a"] and said[1] == "Round 1 of 2." and "left" in said[2]


# -- the old tree -------------------------------------------------------------------------------------------------------


def git(folder, *words):
    who = ("-c", "user.name=a", "-c", "user.email=a@example.org")
    return subprocess.run(["git", "-C", str(folder), *who, *words], check=True, capture_output=True, text=True).stdout


@pytest.fixture
def repository(tmp_path):
    """A repository with two commits, the older of which has all parts."""
    home = tmp_path / "repository"
    for part in revision.PARTS:
        path = home / part if "." in part else home / part / "code.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("old")
    git(tmp_path, "init", "--quiet", str(home))
    for message in ("old", "new"):
        (home / "reachenv" / "code.py").write_text(message)
        git(home, "add", ".")
        git(home, "commit", "--quiet", "-m", message)
    return home


def test_the_old_tree_is_taken_from_the_repository_once(repository, tmp_path):
    old = git(repository, "rev-parse", "HEAD~1").strip()
    folder = revision.tree(tmp_path / "trees", repository, old)
    assert (folder / "reachenv" / "code.py").read_text() == "old" and folder.name == old[:7]
    (folder / "mark").touch()
    assert (revision.tree(tmp_path / "trees", repository, old) / "mark").exists()


def test_a_shallow_clone_says_how_to_get_the_revision(repository, tmp_path):
    old = git(repository, "rev-parse", "HEAD~1").strip()
    git(tmp_path, "clone", "--quiet", "--depth", "1", repository.as_uri(), str(tmp_path / "shallow"))
    with pytest.raises(revision.NoRevision, match="shallow clone: `git fetch --unshallow`"):
        revision.tree(tmp_path / "trees", tmp_path / "shallow", old)


def test_no_repository_and_no_such_revision_are_told_apart(repository, tmp_path, monkeypatch):
    with pytest.raises(revision.NoRevision, match="is not in this repository"):
        revision.check(repository, "0" * 40)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path))
    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(revision.NoRevision, match="no git repository.*Run the benchmark in a clone"):
        revision.check(empty, revision.REVISION)


def test_the_command_says_why_and_ends_before_it_measures(monkeypatch, capsys):
    def missing():
        raise revision.NoRevision("Revision 21135b9 is not here.")

    monkeypatch.setattr(revision, "tree", missing)
    with pytest.raises(SystemExit) as ended:
        main(["--parts", "reference"])
    assert ended.value.code == 2 and "Revision 21135b9 is not here." in capsys.readouterr().err


# -- the probe ----------------------------------------------------------------------------------------------------------


def test_a_tree_measures_itself_in_a_process_of_its_own():
    tree = reference.Tree("new", revision.REPOSITORY)
    lap = tree.lap("worlds", kind="raw", n=1, threads=1, steps=1)
    told = tree.measure("success", aim_mm=0.0, reach_s=0.15, seeds=2, threads=1)
    with pytest.raises(RuntimeError, match="The new tree: KeyError"):
        tree.measure("worlds", kind="none", n=1, threads=1, steps=1)
    tree.close()
    assert lap.steps == 120 and lap.cpu > 0 and set(told["success"]) <= {0, 1} and told["peak_cm_s"] > 0


def test_code_that_is_not_from_the_tree_is_refused(tmp_path):
    (tmp_path / "reachenv").symlink_to(revision.REPOSITORY / "reachenv")
    (tmp_path / "benchmarks").symlink_to(revision.REPOSITORY / "benchmarks")
    with pytest.raises(RuntimeError, match="The old tree: RuntimeError: Python finds"):
        reference.Tree("old", tmp_path)


def test_the_trials_of_trained_mice_are_whole():
    with np.load(trained_mice.FILE, allow_pickle=False) as mice:
        n, steps, size = mice["command"].shape
        assert (n, steps, size) == (16, TIMINGS["compact"].steps, 5) and np.isfinite(mice["command"]).all()
        assert mice["shoulder_mm"].shape == (n, 3)
        assert all(mice[name].shape == (n,) for name in ("seed", "humerus", "forearm", "strength"))


# -- the table ----------------------------------------------------------------------------------------------------------


def test_the_table_says_value_target_and_verdict():
    cells = {(0.3, 100): 0.9, success.FASTEST: 1.0}
    compared = success.compared([(0.3, 100)], [(0.3, 100)], *made_up(cells, cells)) | {"old_from_earlier_runs": 2}
    timed = {("vector", side, n): laps(1.0 / n) for side in rows.SIDES for n in (1, 2)}
    told = {
        "revision": "21135b9",
        "rows": [
            rows.row("cost", "cpu", [2.0, 2.0], [1.0, 0.8], rows.HALF),
            rows.row("speed", "wall", None, None, rows.PPO),
            *rows.of_success(compared),
        ],
        "threads": rows.of_threads(timed, [1, 2]),
        "cpu_us_per_mouse_step": {"old": [{"physics": 100.0, "brain": 40.0}], "new": [{"physics": 50.0}]},
        "success": compared,
    }
    table = "\n".join(reference_report.text(told))
    assert "0.45 (0.40 - 0.50)  new/old at most 0.5: met" in table
    assert "at least 7,000 or new/old at least 1.77: not measured" in table
    assert "+0.000 (+0.000 to +0.000)  interval within ±0.02: met" in table
    assert "2.00 times as many as with one thread" in table and "0.90>0.90" in table
    assert "2 cells of the old revision were kept" in table
    assert [line.split()[-2:] for line in table.splitlines()[-2:]] == [["100.0", "50.0"], ["40.0", "-"]]
