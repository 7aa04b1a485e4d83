"""Peers, each in a virtual environment and a process of its own, that step when they are told to."""

from __future__ import annotations

import subprocess
import sys
import venv
from dataclasses import dataclass
from pathlib import Path

from benchmarks.process import Answering
from benchmarks.timing import Lap

FOLDER = Path(__file__).parent / ".venv"  # git knows it as no part of the tree
PROBE = Path(__file__).with_name("peer_probe.py")
PACKAGES = {"envpool": "envpool", "myosuite": "myosuite", "gymnasium": "gymnasium[mujoco]"}


@dataclass(frozen=True)
class Peer:
    """An environment of another project. kind: a key of PACKAGES."""

    kind: str
    id: str
    worlds: int

    @property
    def name(self) -> str:
        return f"{self.kind} {self.id}, {self.worlds} world{'s' if self.worlds > 1 else ''}"


_OF_ENVPOOL = ("ManipulatorBringBall-v1", "FetchPickAndPlace-v4", "myoHandObjHoldRandom-v0")
PEERS = (
    *(Peer("envpool", name, worlds) for name in _OF_ENVPOOL for worlds in (1, 64)),
    Peer("myosuite", "myoHandObjHoldRandom-v0", 1),
    Peer("gymnasium", "Pusher-v5", 1),
)


def install(kind: str, folder: Path) -> str:
    """Make the environment of a kind of peer if it is not there; returns what went wrong, '' if nothing did."""
    home = folder / kind
    done = home / ".installed"
    if done.exists():
        return ""
    venv.create(home, with_pip=True, clear=True)
    pip = [str(python(kind, folder)), "-m", "pip", "install", "--quiet", PACKAGES[kind]]
    told = subprocess.run(pip, capture_output=True, text=True)
    if told.returncode:
        lines = [line for line in told.stderr.splitlines() if line.startswith("ERROR")] or told.stderr.splitlines()
        return f"pip install {PACKAGES[kind]} failed: {lines[-1] if lines else 'no reason given'}"
    done.touch()
    return ""


def python(kind: str, folder: Path) -> Path:
    return folder / kind / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")


class Running:
    """A peer's process. `versions` is what it runs on; `error`, if not '', says why it does not run."""

    def __init__(self, peer: Peer, threads: int, folder: Path):
        self.peer = peer
        words = [str(python(peer.kind, folder)), str(PROBE), peer.kind, peer.id, str(peer.worlds), str(threads)]
        self._process = Answering(words)
        first = self._process.first
        self.error, self.versions = first.get("error", ""), first.get("versions", {})

    def lap(self, steps: int) -> Lap:
        """Take about so many environment steps."""
        told = self._process.ask(str(steps))
        if "error" in told:
            raise RuntimeError(f"{self.peer.name}: {told['error']}")
        return Lap(**told)

    def close(self) -> None:
        self._process.close()
