"""Which package may import which: the world knows no brain, the brain no world, and analysis no simulator."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
STANDARD = set(__import__("sys").stdlib_module_names)


def imports(path: Path) -> set[str]:
    """Top-level packages that a file imports anywhere in it."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            found.add(node.module.split(".")[0])
    return found


@pytest.mark.parametrize("path", sorted((ROOT / "reachenv").rglob("*.py")), ids=str)
def test_the_world_needs_numpy_mujoco_gymnasium_alone(path):
    assert imports(path) - STANDARD <= {"numpy", "mujoco", "gymnasium", "reachenv"}


@pytest.mark.parametrize("path", sorted((ROOT / "agents").rglob("*.py")), ids=str)
def test_the_brain_knows_no_world(path):
    assert not imports(path) & {"reachenv", "lab", "mujoco"}


ANALYSIS = [ROOT / "lab" / f"{name}.py" for name in ("behaviour", "stats", "equivalence", "figures", "report")]
ANALYSIS += sorted((ROOT / "lab" / "findings").glob("*.py"))
ANALYSIS += sorted((ROOT / "lab" / "imaging").glob("*.py")) + sorted((ROOT / "lab" / "export").glob("*.py"))
ANALYSIS += [ROOT / "lab" / f"{name}.py" for name in ("analyse", "analyses", "analysis", "imaged", "figures_network")]
ANALYSIS += sorted((ROOT / "lab" / "network").glob("*.py")) + sorted((ROOT / "lab" / "outcome").glob("*.py"))


@pytest.mark.parametrize("path", ANALYSIS, ids=str)
def test_analysis_reads_files_and_never_a_simulator(path):
    assert not imports(path) & {"reachenv", "agents", "mujoco"}


def test_the_checker_sees_a_forbidden_import(tmp_path):
    bad = tmp_path / "bad.py"
    bad.write_text("def f():\n    from reachenv.sim import Sim\n")
    assert "reachenv" in imports(bad)
