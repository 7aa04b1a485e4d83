"""This tree against the old revision: both in turn on one machine, each in a process of its own that waits for its turn."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Sequence
from functools import partial
from importlib import metadata
from pathlib import Path

from benchmarks import peers, revision, rows, success
from benchmarks.process import Answering
from benchmarks.timing import Lap, take_turns

PROBE = Path(__file__).with_name("reference_probe.py")
PEERS = tuple(peer for peer in peers.PEERS if peer.worlds == rows.WORLDS and peer.name.split(",")[0] in rows.PEERS)
Tell = Callable[[str], None]


class Tree:
    """A source tree that measures itself; see benchmarks.reference_probe for what it can be asked.

    Raises:
        RuntimeError: it did not start, or could not measure something.
    """

    def __init__(self, name: str, folder: Path):
        self.name = name
        variables = os.environ | {"PYTHONPATH": str(folder)}
        self._process = Answering([sys.executable, "-P", str(PROBE), str(folder)], folder, variables, quiet=False)
        self._checked(self._process.first)

    def measure(self, what: str, **settings) -> dict:
        return self._checked(self._process.ask(json.dumps({"do": what, **settings})))

    def lap(self, what: str, **settings) -> Lap:
        told = self.measure(what, **settings)
        return Lap(told["steps"], told["wall"], told["cpu"])

    def close(self) -> None:
        self._process.close()

    def _checked(self, told: dict) -> dict:
        if "error" in told:
            raise RuntimeError(f"The {self.name} tree: {told['error']}")
        return told


def measure(args: argparse.Namespace, old_folder: Path, running: Sequence[peers.Running], tell: Tell) -> dict:
    """Everything, as plain data with its rows. args: those of benchmarks.__main__. running: the peers that take turns too."""
    old, new = trees = Tree("old", old_folder), Tree("new", revision.REPOSITORY)
    try:
        laps = take_turns(_short(trees, running, args), args.rounds, tell)
        long = take_turns(_long(trees, args), args.turns, tell, warm=False)
        told = _success(old, new, args, old_folder.parent, tell)
    finally:
        for tree in trees:
            tree.close()
    found = [
        *rows.of_physics(laps),
        *rows.of_cohort(long, args.mice, args.workers),
        *rows.of_peers(laps, args.threads),
        *rows.of_single(laps),
        *rows.of_learning(long, args.threads),
        *rows.of_success(told),
    ]
    parts = {side: [one["parts"] for one in long[("cohort", side)]] for side in rows.SIDES}
    return {
        "revision": revision.SHORT,
        "turns": args.turns,
        "rows": found,
        "threads": rows.of_threads(laps, thread_counts(args.threads)),
        "cpu_us_per_mouse_step": parts,
        "success": told,
    }


def thread_counts(wanted: int, cores: int | None = None) -> list[int]:
    """1, 2, 4 … as far as there are cores, and the number that was asked for."""
    if cores is None:
        cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return sorted({wanted, *(2**k for k in range(cores.bit_length()) if 2**k <= cores)})


def _short(trees: Sequence[Tree], running: Sequence[peers.Running], args: argparse.Namespace) -> dict[tuple, Callable]:
    """What takes seconds. The same of both trees stands side by side, so that they are timed one after the other."""
    rivals: dict[tuple, Callable] = {("physics", tree.name): partial(tree.lap, "physics") for tree in trees}
    for kind in ("single", "raw"):
        for tree in trees:
            rivals[(kind, tree.name)] = partial(tree.lap, "worlds", kind=kind, n=1, threads=1, steps=args.steps)
    for count in thread_counts(args.threads):
        for tree in trees:
            work = partial(tree.lap, "worlds", kind="vector", n=rows.WORLDS, threads=count, steps=args.steps)
            rivals[("vector", tree.name, count)] = work
    for peer in running:
        rivals[("peer", peer.peer.name.split(",")[0])] = partial(peer.lap, args.steps)
    return rivals


def _long(trees: Sequence[Tree], args: argparse.Namespace) -> dict[tuple, Callable]:
    """What takes many seconds, and does what does not count by itself."""
    mice = {"mice": args.mice, "workers": args.workers, "trials": args.trials, "sessions": 1}
    mice["folder"] = str(args.output.parent.resolve())
    rollouts = max(1, args.rollouts // args.turns)
    ppo = {"runs": args.threads, "threads": 1, "rollouts": rollouts}
    rivals: dict[tuple, Callable] = {}
    for what, settings in (("cohort", mice), ("learning", ppo), ("learning_cpu", {"rollouts": rollouts})):
        for tree in trees:
            rivals[(what, tree.name)] = partial(tree.measure, what, **settings)
    return rivals


def _success(old: Tree, new: Tree, args: argparse.Namespace, folder: Path, tell: Tell) -> dict:
    table, expert = (success.QUICK_TABLE, success.QUICK_EXPERT) if args.quick else (success.TABLE, success.EXPERT)
    versions = " ".join(f"{package} {metadata.version(package)}" for package in ("mujoco", "numpy"))
    kept = success.Kept(folder / f"success-{revision.SHORT}.json")

    def ask(tree: Tree, cell: success.Cell) -> dict:
        aim, ms = cell
        return tree.measure("success", aim_mm=aim, reach_s=ms / 1000, seeds=args.seeds, threads=args.threads)

    def from_old(cell: success.Cell) -> dict:
        key = f"{versions}, {args.seeds} seeds, {cell[0]:g} mm, {cell[1]} ms"
        return kept.ask(key, lambda: ask(old, cell))

    cells = list(dict.fromkeys([*table, *expert, success.FASTEST]))
    told = success.run(cells, from_old, partial(ask, new), tell)
    return success.compared(table, expert, *told) | {"old_from_earlier_runs": kept.found}
