"""Arrays and facts in one safetensors file plus a JSON beside it. No pickle: opening a stranger's file runs nothing.

The JSON holds the SHA-256 of the arrays, and `seal`, the SHA-256 of its own other entries: head and arrays are whole, or refused.
Files from before there was a seal are read without it. Against a stranger who seals what he has made, everything is
checked once more where it is used: sizes here, types and ranges of facts by `facts`, arrays by `fits`.
"""

import contextlib
import hashlib
import json
import os
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Any

import numpy as np
from safetensors.numpy import load as read_tensors
from safetensors.numpy import save as write_tensors

from reachenv.agents import archive

FORMAT = "reachenv-brain"
VERSION = 1
BODY, HEAD = "brain.safetensors", "brain.json"
"""Names of the two parts within a zip."""
MOST_HEAD = 4 * 2**20
"""Bytes of a head, and of the list of arrays: a hundred times a usual one."""
LARGEST = {"float32": 1e9, "float64": 1e15}
"""Size of what an agent has learned: products of these are finite, as those of the largest numbers are not."""
ENTRIES = {"format", "version", "sha256", "meta", "seal"}
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
    head = path.with_suffix(".json")
    return decode(_bytes_of(path, archive.MOST_BYTES), _bytes_of(head, MOST_HEAD), str(path))


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
        with contextlib.nullcontext(path) if not isinstance(path, Path | str) else _opened(path) as file:
            parts = archive.read_members(file, {BODY: archive.MOST_BYTES, HEAD: MOST_HEAD})
    except OSError as error:
        raise CheckpointError(f"{name}: cannot be read ({error.strerror}); expected {what}") from None
    except ValueError as error:
        raise CheckpointError(f"{name}: {error}; expected {what}") from None
    return decode(parts[BODY], parts[HEAD], name)


def encode(state: Mapping[str, np.ndarray], meta: Mapping) -> tuple[bytes, bytes]:
    """The two files' bytes."""
    body = write_tensors({k: np.asarray(v, order="C") for k, v in state.items()})
    head = {"format": FORMAT, "version": VERSION, "sha256": hashlib.sha256(body).hexdigest(), "meta": dict(meta)}
    return body, json.dumps(head | {"seal": _seal(head)}, indent=1).encode()


def decode(body: bytes, text: bytes, name: str) -> tuple[dict[str, np.ndarray], dict]:
    """Inverse of `encode`; `name` is what errors call the file."""
    try:
        head = archive.read_json(text)
    except ValueError as error:
        reason = archive.short(error)
        raise CheckpointError(
            f"{name}: its JSON is damaged ({reason}); expected format {FORMAT!r}, version {VERSION}"
        ) from None
    found = head.get("format") if isinstance(head, dict) else type(head).__name__
    if found != FORMAT:
        raise CheckpointError(f"{name}: found format {_brief(found)}; expected {FORMAT!r}")
    version = head.get("version")
    if type(version) is not int or version != VERSION:
        raise CheckpointError(f"{name}: found version {_brief(version)}; this program reads version {VERSION}")
    digest = hashlib.sha256(body).hexdigest()
    if digest != head.get("sha256"):
        raise CheckpointError(
            f"{name}: damaged, found SHA-256 {digest[:12]}…; expected {_brief(head.get('sha256'), 12)}"
        )
    if not head.keys() <= ENTRIES:
        raise CheckpointError(f"{name}: damaged, its JSON has the entry {_brief(min(head.keys() - ENTRIES))}")
    if "seal" in head and head["seal"] != _seal(head):
        raise CheckpointError(f"{name}: damaged, its JSON does not fit its own SHA-256")
    if not isinstance(head.get("meta"), dict):
        raise CheckpointError(f"{name}: its JSON has no 'meta' object; expected one")
    try:
        if int.from_bytes(body[:8], "little") > MOST_HEAD:
            raise ValueError("its list of arrays is too long")
        return read_tensors(body), head["meta"]
    except Exception as error:  # SafetensorError, and what numpy raises for types and shapes that it does not have
        raise CheckpointError(f"{name}: not a safetensors file ({archive.short(error)}); expected one") from None


def fits(state: Mapping[str, np.ndarray], expected: Mapping[str, Any]) -> None:
    """That `state` has at least the expected arrays, of their types and shapes, all within LARGEST; ValueError names the first not so.

    expected: arrays or tensors by name.
    """
    for name, value in expected.items():
        dtype, shape = str(value.dtype).removeprefix("torch."), tuple(value.shape)
        if name not in state:
            raise ValueError(f"state {name!r}: found nothing, expected an array of shape {shape}")
        found = np.asarray(state[name])
        if found.shape != shape or str(found.dtype) != dtype:
            raise ValueError(
                f"state {name!r}: found {found.dtype} of shape {found.shape}, expected an array of shape {shape}, {dtype}"
            )
        if not (np.abs(found) <= LARGEST.get(dtype, np.inf)).all():  # not so of NaN
            raise ValueError(f"state {name!r}: holds values that are not numbers, or beyond all that is learned")


def facts(meta: Mapping[str, Any], **wanted: tuple[int, int]) -> tuple[int, ...]:
    """The whole numbers of a head by name, each within (least, most). KeyError, TypeError or ValueError names the first that is not."""
    return tuple(whole(meta[name], name, *limits) for name, limits in wanted.items())


def whole(value: Any, name: str, least: int, most: int) -> int:
    """A whole number from a file, within limits; ValueError or TypeError where it is none."""
    if type(value) is not int:  # no bool, which is an int to Python
        raise TypeError(f"{name} is {_brief(value)}, not a whole number")
    if not least <= value <= most:
        raise ValueError(f"{name} is {_brief(value)}; it lies between {least} and {most}")
    return value


@contextlib.contextmanager
def refusing(name: object, what: str = "this program") -> Iterator[None]:
    """Whatever a file's contents make go wrong inside ends as one short CheckpointError."""
    try:
        yield
    except CheckpointError:
        raise
    except (ImportError, KeyboardInterrupt):
        raise
    except Exception as error:  # a stranger's file can have any of them raised
        said = f"it has no {error}" if isinstance(error, KeyError) else archive.short(error)
        raise CheckpointError(f"{name}: does not fit {what} ({archive.short(ValueError(said))})") from None


def _seal(head: Mapping[str, Any]) -> str:
    """SHA-256 of a head's entries but the seal, as they are read: independent of spaces and of order."""
    plain = json.dumps({k: v for k, v in head.items() if k != "seal"})
    return hashlib.sha256(json.dumps(json.loads(plain), sort_keys=True).encode()).hexdigest()


def _brief(value: object, most: int = 60) -> str:
    """A value from a file as a message shows it."""
    text = repr(value) if isinstance(value, str | int | float | bool | None) else type(value).__name__
    return archive.short(ValueError(text), most)


def _bytes_of(path: Path, most: int) -> bytes:
    try:
        return archive.read_file(path, most)
    except OSError as error:
        raise CheckpointError(f"{path}: cannot be read ({error.strerror}); expected a saved brain") from None
    except ValueError as error:
        raise CheckpointError(f"{path}: {error}; expected a saved brain") from None


@contextlib.contextmanager
def _opened(path: str | Path) -> Iterator[IO[bytes]]:
    """A plain file, opened; a pipe or a device is not read at all."""
    if Path(path).exists() and not Path(path).is_file():
        raise ValueError("it is not a plain file")
    with open(path, "rb") as file:
        yield file


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
