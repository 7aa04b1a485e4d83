"""Which folder may load what, by what is loaded when it is imported: the world knows no brain, the brain no world, and
analyses no simulator. Every module of a folder is imported in a process of its own, and what came along is looked at.
"""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent / "reachenv"
OTHERS = ("agents", "lab")
"""Folders of reachenv that are not the world's."""
WORLD = {
    ".".join(("reachenv", *path.relative_to(ROOT).with_suffix("").parts)).removesuffix(".__init__")
    for path in ROOT.rglob("*.py")
    if path.relative_to(ROOT).parts[0] not in OTHERS
} - {
    # What every folder may know: where data files are, shared names, the package itself.
    "reachenv", "reachenv.assets", "reachenv.schema", "reachenv.gl", "reachenv.lazy",
}  # fmt: skip
HEAVY = {"mujoco", "torch", "stable_baselines3"}
FORBIDDEN = {
    ".": {"torch", "stable_baselines3", "pandas", "scipy", "matplotlib", "reachenv.agents", "reachenv.lab"},
    "agents": {"mujoco", "reachenv.lab", *WORLD},
    **{f"lab/{room}": {"mujoco", *WORLD} for room in ("analysis", "findings", "figures", "export", "report", "records", "design")},
}  # fmt: skip

LOADED = """
import importlib, json, sys
for name in sys.argv[1:]:
    importlib.import_module(name)
print(json.dumps(sorted(sys.modules)))
"""


def modules(folder: str) -> list[str]:
    """Names of all modules of a folder under reachenv; of "." only those of the world itself."""
    found = [path.relative_to(ROOT) for path in (ROOT / folder).rglob("*.py")]
    names = (
        ("reachenv", *path.with_suffix("").parts) for path in found if folder != "." or path.parts[0] not in OTHERS
    )
    return sorted(".".join(n).removesuffix(".__init__") for n in names if n[-1] != "__main__")


def loaded(names: list[str]) -> set[str]:
    command = [sys.executable, "-c", LOADED, *names]
    return set(json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout))


def broken(found: set[str], forbidden: set[str]) -> set[str]:
    """The forbidden packages and modules that were loaded."""
    return {name for name in forbidden if name in found or any(f.startswith(f"{name}.") for f in found)}


@pytest.mark.parametrize("folder", FORBIDDEN)
def test_a_folder_loads_only_what_it_may(folder):
    names = modules(folder)
    assert names
    assert not broken(loaded(names), FORBIDDEN[folder])


def test_the_checker_sees_a_forbidden_import():
    assert broken(loaded(["reachenv.lab.runner.session", "reachenv.sim"]), FORBIDDEN["agents"]) >= {
        "mujoco",
        "reachenv.sim",
    }


def test_importing_the_package_loads_nothing_heavy():
    assert not broken(loaded(["reachenv"]), HEAVY | WORLD)
