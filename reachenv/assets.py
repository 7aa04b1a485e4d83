"""Where the data files are: beside the installed package, or at the top of a checkout."""

from pathlib import Path

_INSTALLED = Path(__file__).parent / "assets"
_CHECKOUT = Path(__file__).parent.parent / "assets"


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
