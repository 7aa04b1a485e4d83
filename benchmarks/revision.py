"""The source tree of the revision that we compare ourselves with, taken from the git repository."""

from __future__ import annotations

import io
import shutil
import subprocess
import tarfile
from pathlib import Path

REVISION = "21135b9f6ff1fc4071aa317412eb7902625e552f"
SHORT = REVISION[:7]
REPOSITORY = Path(__file__).parent.parent
FOLDER = Path(__file__).parent / ".reference"  # git knows it as no part of the tree
# What its benchmarks need; the results of old runs stay behind, but for the agent that PPO goes on from.
PARTS = ("reachenv", "agents", "lab", "assets", "benchmarks", "docs/results/baselines/ppo-0.zip")


class NoRevision(Exception):
    """The old revision cannot be had; the message says why and what to do."""


def tree(folder: Path = FOLDER, repository: Path = REPOSITORY, revision: str = REVISION) -> Path:
    """The folder that holds the old source tree, made where it is not there yet.

    Raises:
        NoRevision: the repository does not have it.
    """
    home, done = folder / revision[:7], folder / f"{revision[:7]}.done"
    if done.exists() and home.exists():
        return home
    check(repository, revision)
    packed = _git(repository, "archive", "--format=tar", revision, "--", *PARTS)
    if packed.returncode:
        raise NoRevision(f"git archive {revision[:7]} failed: {packed.stderr.decode().strip()}")
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir(parents=True)
    with tarfile.open(fileobj=io.BytesIO(packed.stdout)) as archive:
        archive.extractall(home, filter="data")
    done.touch()
    return home


def check(repository: Path, revision: str) -> None:
    """Raise NoRevision, with the reason, where the repository does not have the revision."""
    short = revision[:7]
    if shutil.which("git") is None:
        raise NoRevision(f"Revision {short} cannot be read: git is not installed.")
    inside = _git(repository, "rev-parse", "--is-shallow-repository")
    if inside.returncode:
        raise NoRevision(
            f"Revision {short} cannot be read: {repository} is no git repository (an installed package has no history). "
            f"Run the benchmark in a clone. git says: {inside.stderr.decode().strip()}"
        )
    if _git(repository, "cat-file", "-e", f"{revision}^{{commit}}").returncode == 0:
        return
    if inside.stdout.strip() == b"true":
        raise NoRevision(f"Revision {short} is not in this shallow clone: `git fetch --unshallow` brings it.")
    raise NoRevision(f"Revision {short} is not in this repository: fetch the branch that has it.")


def _git(repository: Path, *words: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(["git", "-C", str(repository), *words], capture_output=True)
