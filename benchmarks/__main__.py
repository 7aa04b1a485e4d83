"""How fast we are, in one table.

python -m benchmarks                  our environments and cohorts against raw physics: ten minutes, with peers fifteen
python -m benchmarks --quick          the same in about one minute, coarser
python -m benchmarks --peers          other projects' environments too, each installed into a virtual environment of its own
python -m benchmarks --parts cohort   only the cohorts, of 12, 24 and 48 mice, and what ten thousand would cost
python -m benchmarks --parts learning only how many steps a second PPO learns from
python -m benchmarks --parts reference --peers   this tree against an old revision of it, in turn: 20 minutes, --quick two
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks import cohort, learning, peers, ratios, reference, report, revision, worlds
from benchmarks.timing import Lap, summary, take_turns

USUAL_PARTS = ("worlds", "cohort", "learning")
PARTS = (*USUAL_PARTS, "reference")


def main(words: Sequence[str] | None = None) -> dict:
    parser = _parser()
    args = parser.parse_args(words)
    old = None
    if "reference" in args.parts:
        try:
            old = revision.tree()
        except revision.NoRevision as error:
            parser.error(str(error))
    result = {"machine": report.machine(), "threads": args.threads, "rounds": args.rounds, "warmup": "one turn each"}
    args.output.parent.mkdir(parents=True, exist_ok=True)
    if "worlds" in args.parts:
        result |= _worlds(args)
    if "cohort" in args.parts:
        result["cohort"] = _cohort(args)
        result["ratios"] = [*result.get("ratios", []), ratios.of_cohort(result["cohort"])]
    if "learning" in args.parts:
        result["learning"] = _learning(args)
    if old is not None:
        result["reference"] = _reference(args, old)
    args.output.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    print(report.text(result))
    print(f"\nWritten to {args.output}.")
    return result


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__.splitlines()[0])
    quick = "--quick" in sys.argv
    add = parser.add_argument
    add("--quick", action="store_true", help="about a minute: fewer worlds, rounds, steps and trials")
    add("--peers", action="store_true", help="other projects' environments too; installs them the first time")
    add(
        "--peers-folder",
        type=Path,
        default=peers.FOLDER,
        help="where their virtual environments are (default: %(default)s)",
    )
    add("--parts", nargs="+", choices=PARTS, default=USUAL_PARTS)
    add("--worlds", nargs="+", type=int, default=(1, 64) if quick else (1, 16, 64, 256), metavar="N")
    add("--controls", nargs="+", choices=("spinal", "muscle"), default=("spinal", "muscle"))
    add("--threads", type=int, default=2, help="of environments with more than one world (default: %(default)s)")
    add("--rounds", type=int, default=3 if quick else 7, help="turns of each rival that count (default: %(default)s)")
    add("--steps", type=int, default=1000 if quick else 4000, help="environment steps a turn (default: %(default)s)")
    add("--mice", type=int, default=24, help="of the cohort that is told of by parts (default: %(default)s)")
    add(
        "--cohort-sizes",
        nargs="*",
        type=int,
        default=() if quick else (12, 24, 48),
        metavar="N",
        help="cohorts whose cost a mouse is compared with it",
    )
    add("--workers", type=int, default=2, help="processes that share the mice (default: %(default)s)")
    add("--sessions", type=int, default=1 if quick else 4, help="of a cohort (default: %(default)s)")
    add("--trials", type=int, default=2 if quick else 4, help="of a session that count (default: %(default)s)")
    add("--rollouts", type=int, default=2 if quick else 7, help="that PPO learns from (default: %(default)s)")
    add(
        "--turns",
        type=int,
        default=1 if quick else 5,
        help="of mice and of PPO in the part reference (default: %(default)s)",
    )
    add("--seeds", type=int, default=20 if quick else 200, help="of the scripted reach (default: %(default)s)")
    add("--output", type=Path, default=Path("runs/benchmarks.json"), help="the same as JSON (default: %(default)s)")
    return parser


def _worlds(args: argparse.Namespace) -> dict:
    """Every size and control, and the peers, in one round after another."""
    rivals = {}
    for control in args.controls:
        for n in args.worlds:
            threads = min(args.threads, n)
            for name, work in worlds.rivals(n, control, threads, args.steps).items():
                rivals[(name, control, n, threads)] = work
    running, missing = _peers(args, peers.PEERS)
    for peer in running:
        rivals[("peer", peer.peer.name, peer.peer.worlds, args.threads if peer.peer.worlds > 1 else 1)] = (
            lambda peer=peer: peer.lap(args.steps)
        )
    laps = take_turns(rivals, args.rounds, _tell)
    for peer in running:
        peer.close()
    rows = [_row(key, laps) for key in laps]
    versions = {p.peer.name: p.versions for p in running}
    return {"worlds": rows, "ratios": ratios.of_worlds(laps), "missing": missing, "versions_of_peers": versions}


def _cohort(args: argparse.Namespace) -> dict:
    """The cohort of the usual size, and what a mouse costs in others."""
    sizes = sorted({args.mice, *args.cohort_sizes})
    told = {}
    for n in sizes:
        _tell(
            f"A cohort of {n} mice, {args.sessions} sessions of {args.trials} trials (of {', '.join(map(str, sizes))} mice)."
        )
        told[n] = cohort.measure(n, args.workers, args.trials, args.sessions, args.output.parent)
    return told[args.mice] | {"sizes": cohort.by_size(told, args.mice)}


def _learning(args: argparse.Namespace) -> list[dict]:
    """PPO, with its runs beside each other in several ways."""
    rows = []
    for runs, threads in learning.layouts(args.threads):
        _tell(f"PPO learns: runs {runs}, threads of each {threads}, {args.rollouts} rollouts.")
        rows.append(learning.measure(runs, threads, args.rollouts))
    return rows


def _reference(args: argparse.Namespace, old: Path) -> dict:
    """This tree against the old one."""
    running, missing = _peers(args, reference.PEERS)
    try:
        told = reference.measure(args, old, running, _tell)
    finally:
        for peer in running:
            peer.close()
    return told | {"missing": missing, "versions_of_peers": {p.peer.name: p.versions for p in running}}


def _tell(words: str) -> None:
    """How far it is; apart from the table, which may be written to a file."""
    print(words, file=sys.stderr, flush=True)


def _row(key: tuple, laps: dict[tuple, list[Lap]]) -> dict:
    kind, name, n, threads = key
    raw = laps.get(("raw", name, n, threads)) if kind in ("vector", "single") else None
    return {"kind": kind, "name": name, "worlds": n, "threads": threads, **summary(laps[key], raw)}


def _peers(args: argparse.Namespace, wanted: Sequence[peers.Peer]) -> tuple[list[peers.Running], dict[str, str]]:
    """Those that run, and why the others do not."""
    if not args.peers:
        return [], {}
    running, missing, trouble = [], {}, {}
    for peer in wanted:
        if peer.kind not in trouble:
            _tell(f"Looking for {peer.kind} in {args.peers_folder / peer.kind} ...")
            trouble[peer.kind] = peers.install(peer.kind, args.peers_folder)
        one = None if trouble[peer.kind] else peers.Running(peer, args.threads, args.peers_folder)
        why = trouble[peer.kind] or one.error
        if why:
            missing[peer.name] = why
        else:
            running.append(one)
    return running, missing


if __name__ == "__main__":
    main()
