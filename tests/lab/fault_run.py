"""A small run with the stub, stopped at a file that it writes, or on a full disk, and resumed: what is left of it.

    python tests/lab/fault_run.py FOLDER POINT ...     POINT: moment:number, such as during:3, or disk:KIB (needs a mount), or all

Prints one line of JSON a point. moments: `before` a file gets its name, `during` its writing (half of it is there), `after` it has its
name. A process that is stopped ends by os._exit, as kill -9 would end it. Everything is imported once; each attempt is a fork.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path

os.environ["MPLBACKEND"] = "Agg"
sys.path[:0] = [str(Path(__file__).parents[2]), str(Path(__file__).parent)]

import pandas as pd  # noqa: E402, F401  imported before the forks
import stub  # noqa: E402
import torch  # noqa: E402
from torch.utils.tensorboard import SummaryWriter  # noqa: E402, F401

from reachenv.lab.commands import stages  # noqa: E402
from reachenv.lab.commands.main import main  # noqa: E402
from reachenv.lab.figures import run as figures  # noqa: E402
from reachenv.lab.records import provenance  # noqa: E402
from reachenv.lab.records.folder import write_whole  # noqa: E402
from reachenv.lab.report import page  # noqa: E402, F401
from reachenv.lab.runner import brains  # noqa: E402
from reachenv.lab.runner.local import Shard, run_shard  # noqa: E402

STOPPED = 99
WORDS = ["--design", "acquisition", "--mice", "1", "--sessions", "2", "--trials", "2", "--seed", "3", "--no-film"]
MOMENTS = ("before", "during", "after")


def carry_out(run, design, parts, workers, on_event):
    run_shard(Shard(run, design, parts, run.recorded(), design.subjects()), on_event)


def draw_one(run):
    """A figure's place is taken by a small file: drawing all of them takes most of a small run's time."""
    write_whole(run.path / "figures" / "learning_curves.png", lambda part: part.write_bytes(b"figure" * 1000))


def stop_at(moment: str, number: int) -> None:
    """End this process at the so-manyth file that is written whole, from 1."""
    counted = {"fsync": 0, "name": 0}
    fsync, replace, rename = os.fsync, os.replace, os.rename

    def flushed(descriptor):
        counted["fsync"] += 1
        if moment == "during" and counted["fsync"] == number:
            os.ftruncate(descriptor, os.fstat(descriptor).st_size // 2)
            os._exit(STOPPED)
        fsync(descriptor)

    def named(give):
        def give_or_stop(*paths):
            counted["name"] += 1
            if moment == "before" and counted["name"] == number:
                os._exit(STOPPED)
            give(*paths)
            if moment == "after" and counted["name"] == number:
                os._exit(STOPPED)

        return give_or_stop

    os.fsync, os.replace, os.rename = flushed, named(replace), named(rename)


def attempt(words: Sequence[str], said: Path, moment: str = "", number: int = 0) -> int:
    """`train.py` with these words in a fork of this process; its exit code."""
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    code = 70
    try:
        with open(said, "w") as file:
            os.dup2(file.fileno(), 2)
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        if moment:
            stop_at(moment, number)
        main(["train", *words], script="train.py")
    except SystemExit as end:
        code = end.code or 0
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(code)


def left(run: Path) -> dict[str, bytes]:
    """What a finished run holds that depends on its mice: everything but times, commands and TensorBoard's clock."""
    files = [*(run / "mice").rglob("*"), run / "trials.parquet"]
    kept = {str(p.relative_to(run)): p.read_bytes() for p in sorted(files) if p.is_file()}
    findings = json.loads((run / "findings.json").read_text())
    return kept | {"findings": json.dumps(findings["findings"]).encode()}


def unfinished(run: Path) -> list[str]:
    return sorted(p.name for p in [*run.parent.glob(".*.new"), *run.rglob(".*.part"), *run.rglob(".*.tmp")])


def point(folder: Path, moment: str, number: int, whole: dict[str, bytes]) -> dict:
    """Stop a run at a point and go on."""
    run, said = folder / f"{moment}-{number}", folder / "said"
    words = [*WORDS, "--output", str(run)]
    before = attempt(words, said, moment, number)
    if before == 0:
        return {"moment": moment, "number": number, "stopped": False}
    there, leaves = run.exists(), unfinished(run)
    age(run)
    after = attempt(["--resume", str(run)] if there else words, said)
    return {
        "moment": moment, "number": number, "stopped": before == STOPPED, "folder": there, "leftovers": leaves, "code": after,
        "said": said.read_text()[-2000:], "same": left(run) == whole, "leftovers after": unfinished(run),
    }  # fmt: skip


def age(run: Path) -> None:
    """What was left beside a run is as old as it is when somebody comes back to it."""
    for path in run.parent.glob(".*.new"):
        os.utime(path, (0, 0))


def disk(folder: Path, kib: int, whole: dict[str, bytes]) -> dict:
    """A run on a disk of so many KiB, which is then made larger."""
    mount, said = folder / f"disk-{kib}", folder / "said"
    mount.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={kib}k", "tmpfs", str(mount)], check=True)
    try:
        run = mount / "run"
        before = attempt([*WORDS, "--output", str(run)], said)
        told, there, leaves = said.read_text()[-2000:], run.exists(), unfinished(run)
        subprocess.run(["mount", "-o", "remount,size=64m", str(mount)], check=True)
        after = attempt(["--resume", str(run)] if there else [*WORDS, "--output", str(run)], said) if before else 0
        return {
            "moment": "disk", "number": kib, "stopped": before != 0, "code before": before, "said before": told, "folder": there,
            "leftovers": leaves, "code": after, "said": said.read_text()[-2000:], "same": left(run) == whole,
        }  # fmt: skip
    finally:
        subprocess.run(["umount", str(mount)], check=True)


def run_points(folder: Path, points: Sequence[str]) -> None:
    torch.set_num_threads(1)
    brains.BRAINS["bg_loop"] = stub.STUB
    stages.carry_out, figures.draw_all = carry_out, draw_one
    provenance.git_revision = lambda: "0"
    folder.mkdir(parents=True, exist_ok=True)
    assert attempt([*WORDS, "--output", str(folder / "whole")], folder / "said") == 0, (folder / "said").read_text()
    whole = left(folder / "whole")
    if "all" in points:
        for moment in MOMENTS:
            for number in range(1, 1000):
                found = point(folder, moment, number, whole)
                if not found["stopped"]:
                    break
                print(json.dumps(found), flush=True)
    for name in points:
        moment, _, number = name.partition(":")
        if moment == "disk":
            print(json.dumps(disk(folder, int(number), whole)), flush=True)
        elif number:
            print(json.dumps(point(folder, moment, int(number), whole)), flush=True)


if __name__ == "__main__":
    run_points(Path(sys.argv[1]), sys.argv[2:])
