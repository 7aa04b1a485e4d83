"""Files that a stranger may have made: how much is read is decided before anything is read or unpacked."""

from __future__ import annotations

import json
import math
import os
import stat
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

MOST_BYTES = 2**30
"""Of one saved agent: a thousand times a usual one."""
MOST_TEXT = 16 * 2**20
"""Of one JSON file."""
DEPTH = 32
"""Of nested lists and objects in a JSON file."""
DIRECTORY = 2**16
"""Bytes of a zip's list of members: several hundred members."""
RATIO = 20
"""By which a member may be compressed on average where a limit is not known by other means; float32 weights come to less than 2."""
_END = b"PK\x05\x06"
_END64 = b"PK\x06\x07"


def read_file(path: Path, most: int = MOST_BYTES) -> bytes:
    """The bytes of a plain file of at most so many. OSError as from `open`; ValueError where it is larger or no plain file."""
    with open(path, "rb", opener=_at_once) as file:
        about = os.fstat(file.fileno())
        if not stat.S_ISREG(about.st_mode):
            raise ValueError("it is not a plain file")
        if about.st_size > most:
            raise ValueError(f"it has {about.st_size:,} bytes; {most:,} is the most that is read")
        return file.read(most)


def read_json(text: bytes, **hooks: Any) -> Any:
    """Plain data from JSON of limited size and depth, in which no name is given twice. ValueError says what is wrong.

    hooks: of `json.loads`, for numbers and constants.
    """
    if len(text) > MOST_TEXT:
        raise ValueError(f"{len(text):,} bytes of JSON; {MOST_TEXT:,} is the most that is read")
    try:
        data = json.loads(text, object_pairs_hook=_no_name_twice, **hooks)
    except RecursionError:
        raise ValueError("JSON nested too deeply") from None
    level, depth = [data], 0
    while level:  # level by level, so that depth costs no recursion here
        depth += 1
        if depth > DEPTH:
            raise ValueError(f"JSON nested more than {DEPTH} deep")
        level = [inner for value in level if isinstance(value, dict | list) for inner in _inside(value)]
    return data


def members(file: IO[bytes], most: int, ratio: float = math.inf) -> dict[str, zipfile.ZipInfo]:
    """The members of a zip file by name, after every size that it gives was checked; nothing is unpacked.

    most: bytes of all members unpacked. ratio: of these to the bytes of the file. Raises ValueError, which says what is wrong.
    """
    size = file.seek(0, os.SEEK_END)
    start = file.seek(max(0, size - 2**16 - 22 - 20))
    tail = file.read()
    end = tail.rfind(_END)
    if end < 0 or len(tail) < end + 22:
        raise ValueError("not a zip file")
    directory = int.from_bytes(tail[end + 12 : end + 16], "little")
    if tail[max(0, end - 20) : end].startswith(_END64) or directory > min(DIRECTORY, start + end):
        raise ValueError("a zip file with too many members")
    file.seek(0)
    found: dict[str, zipfile.ZipInfo] = {}
    try:
        with zipfile.ZipFile(file) as archive:
            listed = archive.infolist()
    except Exception as error:  # NotImplementedError and struct.error besides BadZipFile
        raise ValueError(f"not a zip file ({short(error)})") from None
    # A length that swallows the entry after it would make a member vanish; zipfile does not count.
    if len(listed) != int.from_bytes(tail[end + 10 : end + 12], "little"):
        raise ValueError("a zip file whose list of members is damaged")
    for member in listed:
        if member.filename in found:
            raise ValueError(f"a zip file with two members {member.filename[:80]!r}")
        if member.flag_bits & 0x1 or member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise ValueError(
                f"a zip file whose member {member.filename[:80]!r} is encrypted or compressed in a way not used"
            )
        found[member.filename] = member
    unpacked = sum(member.file_size for member in listed)
    if unpacked > min(most, ratio * size):
        raise ValueError(
            f"a zip file of {size:,} bytes that unpacks to {unpacked:,}; {min(most, ratio * size):,.0f} is the most"
        )
    file.seek(0)
    return found


def read_members(file: IO[bytes], most: Mapping[str, int]) -> dict[str, bytes]:
    """The members of a zip file that has these and no others, each of at most so many bytes. ValueError says what is wrong."""
    found = members(file, sum(most.values()), RATIO)
    if found.keys() != most.keys():
        there = ", ".join(repr(name[:80]) for name in list(found)[:4]) or "nothing"
        raise ValueError(f"a zip file with {there}; expected {' and '.join(most)}")
    out = {}
    try:
        with zipfile.ZipFile(file) as archive:
            for name, member in found.items():
                if member.file_size > most[name]:
                    raise ValueError(f"{name} of {member.file_size:,} bytes; {most[name]:,} is the most")
                with archive.open(member) as part:
                    # So many bytes, since a member may hold more than it says; the last of them has the checksum compared.
                    out[name] = part.read(member.file_size)
                if len(out[name]) != member.file_size:
                    raise ValueError(f"{name} is cut short")
    except ValueError:
        raise
    except Exception as error:  # zipfile, zlib and struct each have their own
        raise ValueError(f"a damaged zip file ({short(error)})") from None
    return out


def short(error: BaseException, most: int = 200) -> str:
    """An error's text in one short line."""
    text = " ".join(str(error).split()) or type(error).__name__
    text = "".join(c if c.isprintable() else "?" for c in text)
    return text if len(text) <= most else text[: most - 1] + "…"


def _at_once(path: str, flags: int) -> int:
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))  # a pipe in the place of a file would be waited for


def _inside(value: dict | list) -> Any:
    return value.values() if isinstance(value, dict) else value


def _no_name_twice(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("JSON with one name twice")
    return found
