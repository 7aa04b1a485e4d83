"""Run folders under faults: stopped at a file that is written, or on a full disk, a run goes on and ends bit-identical."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from reachenv.lab.errors import UserError
from reachenv.lab.records import folder as folders
from reachenv.lab.records.folder import check_file, check_folder, create_run, open_run, write_whole

HARNESS = Path(__file__).parents[1] / "fault_run.py"


def can_mount(tmp_path) -> bool:
    if os.geteuid() != 0:
        return False
    try:
        mounted = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(tmp_path)], capture_output=True
        )
    except OSError:
        return False
    return mounted.returncode == 0 and subprocess.run(["umount", str(tmp_path)]).returncode == 0


def outcomes(tmp_path, points):
    done = subprocess.run(
        [sys.executable, str(HARNESS), str(tmp_path / "runs"), *points], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return [json.loads(line) for line in done.stdout.splitlines()]


def check(found):
    over = found["code"] == 2 and "is finished and stays as it is" in found["said"]  # stopped after its last file
    assert found["stopped"] and (found["code"] == 0 or over) and found["same"], found
    assert "Traceback" not in found["said"] and not found.get("leftovers after"), found
    if found["moment"] == "disk":
        said = found["said before"]
        assert found["code before"] == 2 and len(said.splitlines()) == 1 and "No space left on device" in said, found
        assert not found["leftovers"], found


def test_stopped_at_some_files_and_resumed_it_ends_bit_identical(tmp_path):
    points = ["during:1", "after:1", "during:3", "before:9", "after:23"]
    found = outcomes(tmp_path, points)
    assert [(f["moment"], f["number"]) for f in found] == [(p.split(":")[0], int(p.split(":")[1])) for p in points]
    for one in found:
        check(one)
    assert not found[0]["folder"] and not found[1]["folder"] and all(one["folder"] for one in found[2:])
    assert all(one["leftovers"] for one in found if one["moment"] == "during")


def test_a_full_disk_at_some_sizes_is_a_sentence_and_with_more_room_it_ends_bit_identical(tmp_path):
    if not can_mount(tmp_path):
        pytest.skip("mounting a small disk needs root, and is not allowed here")
    for one in outcomes(tmp_path, ["disk:4", "disk:40"]):
        check(one)


@pytest.mark.long
def test_stopped_at_every_file_and_resumed_it_ends_bit_identical(tmp_path):
    found = outcomes(tmp_path, ["all"])
    for one in found:
        check(one)
    assert {one["moment"] for one in found} == {"before", "during", "after"} and len(found) > 60


@pytest.mark.long
def test_a_full_disk_of_every_size_is_a_sentence(tmp_path):
    if not can_mount(tmp_path):
        pytest.skip("mounting a small disk needs root, and is not allowed here")
    for one in outcomes(tmp_path, [f"disk:{kib}" for kib in range(4, 204, 8)]):
        check(one)


CONFIG = {"design": {}, "recording": True, "status": "running"}


def test_a_folder_that_cannot_be_filled_is_not_there(tmp_path, monkeypatch):
    def full(path, content):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(folders, "write_bytes", full)
    with pytest.raises(UserError, match="cannot be made: No space left on device"):
        create_run(tmp_path / "run", CONFIG)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("command", ["train \udcff", "train \ud800"])
def test_what_is_no_text_leaves_nothing(tmp_path, command):
    with pytest.raises(UserError, match="not text"):
        create_run(tmp_path / "deep" / "run", {**CONFIG, "command": command})
    assert not list(tmp_path.iterdir())


def test_leftovers_of_killed_processes_are_swept_and_nothing_else(tmp_path):
    stale, fresh, other = tmp_path / ".a.123.new", tmp_path / ".b.124.new", tmp_path / ".c.125.new"
    for path in (stale, fresh, other):
        path.mkdir()
        (path / "config.json").write_text("{}")
    (other / "precious.txt").write_text("x")
    for path in (stale, other):
        os.utime(path, (0, 0))
    create_run(tmp_path / "run", CONFIG)
    assert sorted(p.name for p in tmp_path.iterdir()) == [".b.124.new", ".c.125.new", "run"]


@pytest.mark.parametrize("kind", ["folder", "file", "link to nowhere", "full folder"])
def test_what_is_there_is_never_touched(tmp_path, kind):
    path = tmp_path / "run"
    if kind == "file":
        path.write_text("x")
    elif kind == "link to nowhere":
        path.symlink_to(tmp_path / "nowhere")
    else:
        path.mkdir()
        if kind == "full folder":
            (path / "x").write_text("x")
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(UserError, match="exists already and is never overwritten"):
        create_run(path, CONFIG)
    assert sorted(tmp_path.rglob("*")) == before


def test_a_folder_made_by_another_in_the_meantime_is_not_overwritten(tmp_path, monkeypatch):
    path, rename = tmp_path / "run", os.rename

    def late(source, target):
        path.mkdir()
        (path / "theirs").write_text("x")
        rename(source, target)

    monkeypatch.setattr(os, "rename", late)
    with pytest.raises(UserError, match="exists already"):
        create_run(path, CONFIG)
    assert [p.name for p in tmp_path.rglob("*")] == ["run", "theirs"]


@pytest.mark.parametrize("suffix", [".parquet", ".npz", ".safetensors"])
def test_a_folder_in_the_place_of_a_session_file_is_a_sentence(here, suffix):
    run, design = here(mice=1, sessions=2, trials=2)
    path = run.session_files(design.subjects()[0], 1).trials.with_suffix(suffix)
    path.unlink()
    path.mkdir()
    with pytest.raises(UserError, match=f"{path.name} is a folder where a file belongs"):
        open_run(run.path).next_session(design.subjects()[0])
    with pytest.raises(UserError, match="is a folder"):
        write_whole(path, lambda part: part.write_text("x"))


@pytest.mark.parametrize("target", ["/dev/null", "/dev/full", "/proc/x", "/proc/self/x/y", "a-file/x", "a-file"])
def test_places_that_take_no_files_are_found_out_before_any_work(tmp_path, target, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("a-file").write_text("x")
    with pytest.raises(UserError, match="--out .* cannot be written"):
        check_folder(Path(target), "--out")
    if target != "a-file":
        with pytest.raises(UserError, match="--out .* cannot be written"):
            check_file(Path(target), "--out")
    check_folder(tmp_path / "new" / "deep", "--out")
    check_file(tmp_path / "a-file", "--out")
    assert [p.name for p in tmp_path.iterdir()] == ["a-file"]
