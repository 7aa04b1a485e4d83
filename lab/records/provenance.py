"""What a run was made with: versions, source revision, machine, parameters, babbling. Written to config.json, compared on resume."""

from __future__ import annotations

import json
import math
import os
import platform
import re
import subprocess
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from reachenv import assets

PACKAGES = ("reachenv", "mujoco", "gymnasium", "numpy", "torch", "stable-baselines3", "pandas", "scipy", "matplotlib")


def versions() -> dict[str, str]:
    """Version of Python and of every package that a result can depend on."""
    found = {"python": platform.python_version()}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "not installed"
    return found


def machine() -> dict[str, object]:
    return {"system": platform.platform(), "processor": platform.machine(), "cores": os.cpu_count()}


def cores(config: dict) -> float:
    """How many cores a run computed on, by its config.json: workers, or where that was not yet written, its command's --workers.

    NaN where a Ray cluster gave as many as it had.
    """
    said = re.search(r"--workers[ =](\d+)", config["command"])
    asked = config.get("workers") or (int(said[1]) if said else 0)
    if asked:
        return asked
    return math.nan if "--ray" in config["command"] else min(2, config["machine"]["cores"])  # the default of train.py


def git_revision() -> str | None:
    """Commit of the source, with '-dirty' where it was changed since; None outside a git checkout."""
    source = Path(__file__).resolve().parent
    try:
        said = subprocess.run(
            ["git", "describe", "--always", "--dirty", "--abbrev=40", "--exclude=*"],
            cwd=source,
            capture_output=True,
            text=True,
            timeout=10,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return said.stdout.strip() or None


def parameters() -> dict:
    """Every number of the brain that is not a wire (`agents.brain.params`), so that a folder says by itself what it was made with."""
    from reachenv.agents.brain.params import LoopParams, to_json

    return json.loads(json.dumps(to_json(LoopParams())))  # as a file gives them back


def shipped_brain() -> dict[str, str]:
    """Which brain the package ships: name, version, digest."""
    from reachenv.agents.brain.describe import describe

    shipped = describe()
    return {"name": shipped.name, "version": shipped.version, "digest": shipped.digest}


def babbling(digest: str | None = None) -> dict[str, Any] | None:
    """How untrained mice's reaches narrowed, as `reachenv babbling` left it in assets; None where it did not, or of another brain.

    digest: of the brain that is asked about, default the shipped one.
    """
    return _probe("babbling.json", digest)


def dynamics(digest: str | None = None) -> dict[str, Any] | None:
    """What `reachenv dynamics --keep` found of the loop by itself; None where it did not, or of another brain. digest: see `babbling`."""
    return _probe("dynamics.json", digest)


def is_shipped(probe: Mapping[str, Any] | None) -> bool:
    """Whether a probe of the dynamics that a run cites is of the brain that is shipped now.

    Runs of before brains had a digest cite one of parameters and wires, "params"; the shipped probe carries it where the two are one.
    """
    if not probe:
        return False
    if "brain" in probe:
        return probe["brain"]["digest"] == shipped_brain()["digest"]
    return probe.get("params") == formerly(shipped_brain()).get("params", "")


def formerly(brain: Mapping[str, str]) -> dict[str, str]:
    """{"params": digest} by which runs of before cite this very brain, from the shipped probe; {} where they cite another."""
    kept = _asset("dynamics.json") or {}
    return {"params": kept["params"]} if "params" in kept and kept.get("brain") == dict(brain) else {}


def _probe(name: str, digest: str | None) -> dict[str, Any] | None:
    found = _asset(name)
    of = (found or {}).get("brain", {}).get("digest")
    return found if of and of == (digest or shipped_brain()["digest"]) else None


def _asset(name: str) -> dict[str, Any] | None:
    try:
        return json.loads(assets.path(name).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None


def differences(then: dict[str, str], now: dict[str, str]) -> str:
    """What changed since the run began, as 'mujoco 4.0.0 → 4.0.1, …'; '' for nothing."""
    changed = [f"{name} {then.get(name, 'none')} → {now[name]}" for name in now if then.get(name) != now[name]]
    return ", ".join(changed)
