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


PROBES = ("babbling", "dynamics")
"""Probes of a brain by itself: `reachenv babbling` and `reachenv dynamics --keep` write what they find into assets/NAME.json."""


def probes(brain: Mapping[str, Any]) -> dict[str, dict[str, Any] | None]:
    """What was found of this very brain by itself, by the name of the probe; None where nothing was.

    brain: a `Description` as plain data. A probe counts only for the brain whose digest it carries.
    """
    return {name: of_brain(_asset(f"{name}.json"), brain) for name in PROBES}


def of_brain(probe: dict[str, Any] | None, brain: Mapping[str, Any]) -> dict[str, Any] | None:
    """A probe's results where they are of this brain, else None."""
    return probe if probe and probe.get("brain", {}).get("digest") == brain["digest"] else None


def shipped_brain() -> dict[str, str]:
    """Which brain the package ships: name, version, digest."""
    from reachenv.agents.brain.describe import describe

    shipped = describe()
    return {"name": shipped.name, "version": shipped.version, "digest": shipped.digest}


def is_shipped(config: Mapping[str, Any]) -> bool:
    """Whether a run, by its config.json, was made with the very brain that is shipped now.

    Runs of before brains described themselves cite a probe with a digest of parameters and wires, "params"; the shipped probe
    carries it where that brain and today's are one.
    """
    shipped = shipped_brain()
    if "brain" in config:
        return {name: config["brain"].get(name) for name in shipped} == shipped
    cited = (config.get("dynamics") or {}).get("params")
    return (
        config.get("design", {}).get("agent") == shipped["name"]
        and cited is not None
        and {"params": cited} == formerly(shipped)
    )


def formerly(brain: Mapping[str, str]) -> dict[str, str]:
    """{"params": digest} by which runs of before cite this very brain, from the shipped probe; {} where they cite another."""
    kept = _asset("dynamics.json") or {}
    return {"params": kept["params"]} if "params" in kept and kept.get("brain") == dict(brain) else {}


def _asset(name: str) -> dict[str, Any] | None:
    try:
        return json.loads(assets.path(name).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None


def differences(then: dict[str, str], now: dict[str, str]) -> str:
    """What changed since the run began, as 'mujoco 4.0.0 → 4.0.1, …'; '' for nothing."""
    changed = [f"{name} {then.get(name, 'none')} → {now[name]}" for name in now if then.get(name) != now[name]]
    return ", ".join(changed)
