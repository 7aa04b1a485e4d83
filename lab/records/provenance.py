"""What a run was made with: versions, source revision, machine, parameters, babbling. Written to config.json, compared on resume."""

from __future__ import annotations

import json
import math
import os
import platform
import re
import subprocess
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

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


def babbling() -> dict | None:
    """How blank mice's reaches narrowed, as `reachenv babbling` left it in assets; None where it did not."""
    return _asset("babbling.json")


def dynamics() -> dict | None:
    """What `reachenv dynamics --keep` found of the loop by itself; None where it did not, or of other parameters."""
    from reachenv.agents.brain.digest import digest

    told = _asset("dynamics.json")
    return told if told and told.get("params") == digest() else None


def _asset(name: str) -> dict | None:
    try:
        return json.loads(assets.path(name).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None


def differences(then: dict[str, str], now: dict[str, str]) -> str:
    """What changed since the run began, as 'mujoco 4.0.0 → 4.0.1, …'; '' for nothing."""
    changed = [f"{name} {then.get(name, 'none')} → {now[name]}" for name in now if then.get(name) != now[name]]
    return ", ".join(changed)
