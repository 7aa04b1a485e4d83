"""Public names that are imported when they are first used (PEP 562): importing a package then loads nothing heavy."""

import importlib
from collections.abc import Callable, Mapping
from typing import Any


def public(package: str, home: Mapping[str, str]) -> tuple[list[str], Callable[[str], Any], Callable[[], list[str]]]:
    """What a package's `__init__` needs to offer names out of its modules.

    Args:
        package: its full name, such as "reachenv.lab".
        home: module within the package → the names in it, with spaces between them.

    Returns:
        `__all__`, `__getattr__`, `__dir__`.
    """
    module_of = {name: module for module, names in home.items() for name in names.split()}
    names = sorted(module_of)

    def getattr_(name: str) -> Any:
        if name in module_of:
            return getattr(importlib.import_module(f"{package}.{module_of[name]}"), name)
        if not name.startswith("_"):
            try:
                return importlib.import_module(f"{package}.{name}")
            except ModuleNotFoundError as error:
                if error.name != f"{package}.{name}":
                    raise
        raise AttributeError(f"module {package!r} has no attribute {name!r}; it has {', '.join(names)}")

    return names, getattr_, lambda: names
