"""What each package says is public exists, is the same object wherever it is imported from, and loads nothing until it is used."""

import ast
import importlib
import pkgutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = sorted({
    ".".join(path.relative_to(ROOT).parent.parts)
    for top in ("reachenv", "reachenv/agents", "reachenv/lab")
    for pattern in ("__init__.py", "*/__init__.py")
    for path in (ROOT / top).glob(pattern)
})  # fmt: skip


def test_the_packages_are_found():
    assert {"reachenv", "reachenv.agents", "reachenv.agents.rl", "reachenv.lab", "reachenv.lab.records"} <= set(
        PACKAGES
    )


@pytest.mark.parametrize("package", PACKAGES)
def test_every_public_name_exists(package):
    module = importlib.import_module(package)
    for name in getattr(module, "__all__", ()):
        assert hasattr(module, name), f"{package}.{name}"
    assert module.__doc__, f"{package} does not say what it is for"


@pytest.mark.parametrize("package", PACKAGES)
def test_no_public_name_is_hidden_by_a_module_of_the_same_name(package):
    """Importing package.name as a module would put it where the public object is expected."""
    module = importlib.import_module(package)
    lazy = set(getattr(module, "__all__", ())) - set(vars(module))
    assert not lazy & {found.name for found in pkgutil.iter_modules(module.__path__)}


@pytest.mark.parametrize("package", ["reachenv", "reachenv.agents", "reachenv.lab"])
def test_type_checkers_are_told_the_same_names(package):
    module = importlib.import_module(package)
    (block,) = [node for node in ast.parse(Path(module.__file__).read_text()).body if isinstance(node, ast.If)
                and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"]  # fmt: skip
    told = {alias.asname: imported.module for imported in block.body for alias in imported.names}
    assert set(told) == set(module.__all__) - {"ENV_ID"}
    for name, home in told.items():
        assert getattr(module, name) is getattr(importlib.import_module(home), name)


def test_in_the_checkout_agents_offers_the_same_objects():
    code = "import agents, lab, reachenv.agents, reachenv.lab\n"
    code += "assert agents.BGLoop is reachenv.agents.BGLoop and lab.make_design is reachenv.lab.make_design"
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)


def test_a_name_that_is_not_there_lists_those_that_are():
    agents = importlib.import_module("reachenv.agents")
    with pytest.raises(AttributeError, match="no attribute 'BGloop'; it has Area, BGLoop"):
        agents.BGloop  # noqa: B018


def test_modules_are_there_without_being_imported():
    subprocess.run([sys.executable, "-c", "import reachenv; reachenv.env; reachenv.lab.records.folder"], check=True)


@pytest.mark.parametrize("package", ["reachenv", "reachenv.agents", "reachenv.agents.rl", "reachenv.agents.brain", "reachenv.lab",
                                     "reachenv.lab.records", "reachenv.lab.runner", "reachenv.lab.figures"])  # fmt: skip
def test_importing_a_package_loads_nothing_heavy(package):
    code = f"import sys, {package}\n"
    code += "sys.exit(', '.join({'mujoco', 'torch', 'pandas', 'scipy', 'matplotlib'} & set(sys.modules)) or 0)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
