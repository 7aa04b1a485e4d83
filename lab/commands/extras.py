"""Which packages a command needs that are not installed: read from what the installed distribution asks for."""

from __future__ import annotations

import re
from importlib.metadata import PackageNotFoundError, requires, version

from reachenv.lab.errors import UserError, listed

_REQUIREMENT = re.compile(r"(?P<name>[\w.-]+)(\[(?P<extras>[\w,-]+)\])?.*;.*extra == ['\"](?P<of>[\w-]+)['\"]")


def check_installed(extra: str) -> None:
    """UserError, with what to install, where a package of this extra is missing."""
    absent = sorted(package for package in packages(extra) if not _there(package))
    if absent:
        raise UserError(f"this needs {listed(absent)}, which are not installed here: pip install 'reachenv[{extra}]'")


def packages(extra: str) -> set[str]:
    """Names of the distributions that an extra brings, those of the extras that it names included."""
    try:
        wanted = requires("reachenv") or []
    except PackageNotFoundError:  # run from a checkout that was never installed: nothing says what is needed
        return set()
    found: set[str] = set()
    for text in wanted:
        match = _REQUIREMENT.match(text)
        if match and match["of"] == extra:
            found |= packages(match["extras"]) if match["name"] == "reachenv" else {match["name"]}
    return found


def _there(package: str) -> bool:
    try:
        version(package)
    except PackageNotFoundError:
        return False
    return True
