"""Arrays and facts in one safetensors file plus a JSON beside it. No pickle: opening a stranger's file runs nothing."""

import hashlib
import json
import os
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import IO

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load as read_tensors
from safetensors.numpy import save as write_tensors

FORMAT = "reachenv-brain"
VERSION = 1
BODY, HEAD = "brain.safetensors", "brain.json"
"""Names of the two parts within a zip."""
Zip = str | Path | IO[bytes]


class CheckpointError(ValueError):
    """A saved brain that cannot be used; the message names the file, what was found and what was expected."""


def save(path: str | os.PathLike, state: Mapping[str, np.ndarray], meta: Mapping) -> None:
    """Write `path` (.safetensors) and its JSON. Each file appears whole or not at all; the JSON, written last, seals both."""
    path = Path(path)
    body, text = encode(state, meta)
    _replace(path, body)
    _replace(path.with_suffix(".json"), text)


def load(path: str | os.PathLike) -> tuple[dict[str, np.ndarray], dict]:
    """Read what `save` wrote: (state, meta). Raises CheckpointError."""
    path = Path(path)
    body, text = (_bytes_of(part) for part in (path, path.with_suffix(".json")))
    return decode(body, text, str(path))


def save_zip(path: Zip, state: Mapping[str, np.ndarray], meta: Mapping) -> None:
    """Write both in one zip; .zip is added to a path without a suffix."""
    body, head = encode(state, meta)
    with zipfile.ZipFile(_zip_path(path), "w") as file:
        file.writestr(BODY, body)
        file.writestr(HEAD, head)


def load_zip(path: Zip, what: str) -> tuple[dict[str, np.ndarray], dict]:
    """Read what `save_zip` wrote: (state, meta). Raises CheckpointError, which says that `what` was expected."""
    path = _zip_path(path)
    name = str(path) if isinstance(path, str | Path) else "the file"
    try:
        with zipfile.ZipFile(path) as file:
            return decode(file.read(BODY), file.read(HEAD), name)
    except zipfile.BadZipFile:
        raise CheckpointError(f"{name}: not a zip file; expected {what}") from None
    except KeyError as error:
        raise CheckpointError(f"{name}: {error.args[0]}; expected {BODY} and {HEAD}") from None
    except OSError as error:
        raise CheckpointError(f"{name}: cannot be read ({error.strerror}); expected {what}") from None


def encode(state: Mapping[str, np.ndarray], meta: Mapping) -> tuple[bytes, bytes]:
    """The two files' bytes."""
    body = write_tensors({k: np.asarray(v, order="C") for k, v in state.items()})
    head = {"format": FORMAT, "version": VERSION, "sha256": hashlib.sha256(body).hexdigest(), "meta": dict(meta)}
    return body, json.dumps(head, indent=1).encode()


def decode(body: bytes, text: bytes, name: str) -> tuple[dict[str, np.ndarray], dict]:
    """Inverse of `encode`; `name` is what errors call the file."""
    try:
        head = json.loads(text)
    except ValueError:
        raise CheckpointError(f"{name}: its JSON is damaged; expected format {FORMAT!r}, version {VERSION}") from None
    found = head.get("format") if isinstance(head, dict) else type(head).__name__
    if found != FORMAT:
        raise CheckpointError(f"{name}: found format {found!r}; expected {FORMAT!r}")
    version = head.get("version")
    if version != VERSION:
        raise CheckpointError(f"{name}: found version {version!r}; this program reads version {VERSION}")
    digest = hashlib.sha256(body).hexdigest()
    if digest != head.get("sha256"):
        raise CheckpointError(
            f"{name}: damaged, found SHA-256 {digest[:12]}…; expected {str(head.get('sha256'))[:12]}…"
        )
    if not isinstance(head.get("meta"), dict):
        raise CheckpointError(f"{name}: its JSON has no 'meta' object; expected one")
    try:
        return read_tensors(body), head["meta"]
    except SafetensorError as error:
        raise CheckpointError(f"{name}: not a safetensors file ({error}); expected one") from None


def _bytes_of(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise CheckpointError(f"{path}: cannot be read ({error.strerror}); expected a saved brain") from None


def _zip_path(path: Zip) -> Zip:
    return Path(path).with_suffix(".zip") if isinstance(path, str | Path) and not Path(path).suffix else path


def _replace(path: Path, data: bytes) -> None:
    # The process id keeps two writers of one folder from sharing a temporary file.
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with open(temporary, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
