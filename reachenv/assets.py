"""Where the data files are: beside the installed package, or at the top of a checkout. Imports nothing of this project."""

from pathlib import Path

_PACKAGE = Path(__file__).parent
_INSTALLED, _CHECKOUT = _PACKAGE / "assets", _PACKAGE.parent / "assets"


def path(name: str) -> Path:
    """Return the path of the data file `name`, such as "forelimb.xml".

    A wheel carries the files inside the package; an editable install reads them from the repository.

    Raises:
        FileNotFoundError: no such data file; the message lists those that exist.
    """
    for folder in (_INSTALLED, _CHECKOUT):
        if (folder / name).is_file():
            return folder / name
    present = sorted(p.name for folder in (_INSTALLED, _CHECKOUT) if folder.is_dir() for p in folder.iterdir())
    raise FileNotFoundError(f"reachenv has no data file {name!r}; it has {', '.join(present) or 'none: reinstall it'}.")


def repository() -> Path:
    """Return the top of the checkout that this package runs from: for commands that write its pages and data files.

    Raises:
        FileNotFoundError: the package was installed, so there is no repository to write to.
    """
    if not (_PACKAGE.parent / "pyproject.toml").is_file():
        raise FileNotFoundError(
            f"{_PACKAGE} is an installed package; this command writes to a checkout of the repository."
        )
    return _PACKAGE.parent
