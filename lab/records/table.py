"""A table in a parquet file that carries the SHA-256 of its own bytes, so that a flipped bit is never another number.

Parquet has no checksum of its footer, which says where columns lie and what they are called. The digest stands in the footer's
key-value metadata, and is that of the whole file with the digest's own 64 characters as zeros: one file, which every
reader of parquet opens. Tables from before there was a digest are read without it.
"""

from __future__ import annotations

import hashlib
import io
import re
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from reachenv.agents import archive
from reachenv.lab.records.folder import write_bytes

KEY, START, BLANK = b"reachenv-digest", b"sha256-of-the-file-with-zeros-here:", b"0" * 64
MOST_CELLS = 200_000_000
"""Of one table; 37 columns of five million trials."""
MOST_BYTES = 2**30
_SEAL = re.compile(re.escape(KEY) + b".{1,9}?" + re.escape(START) + b"([0-9a-f]{64})", re.DOTALL)


def write_table(path: Path, table: pd.DataFrame) -> None:
    """Write a table, whole or not at all, with its digest."""
    write_bytes(path, sealed(table))


def sealed(table: pd.DataFrame) -> bytes:
    """The bytes of a table's file. The same table gives the same bytes."""
    plain = pa.Table.from_pandas(table, preserve_index=False)
    metadata = {**(plain.schema.metadata or {}), KEY: START + BLANK}
    file = io.BytesIO()
    pq.write_table(plain.replace_schema_metadata(metadata), file)
    content = file.getvalue()
    if content.count(START + BLANK) != 1:
        raise ValueError("the digest's place is not there once")
    return content.replace(START + BLANK, START + hashlib.sha256(content).hexdigest().encode())


def read_table(path: Path, columns: list[str] | None = None) -> pd.DataFrame:
    """The table of a file, whose digest is compared where it has one. OSError, or ValueError that says what is wrong."""
    content = archive.read_file(path, MOST_BYTES)
    check(content)
    try:
        about = pq.ParquetFile(io.BytesIO(content)).metadata
        if about.num_rows * max(about.num_columns, 1) > MOST_CELLS:
            raise ValueError(f"{about.num_rows:,} rows are more than a table of ours has")
        return pd.read_parquet(io.BytesIO(content), columns=columns)
    except Exception as error:  # pyarrow raises several kinds
        raise ValueError(archive.short(error)) from None


def check(content: bytes) -> None:
    """ValueError where the bytes of a table do not fit the digest that they carry, or it is half there."""
    if KEY not in content and START not in content:
        return
    found = _SEAL.findall(content)
    if len(found) != 1:
        raise ValueError("its SHA-256 cannot be read")
    (digest,) = found
    if hashlib.sha256(content.replace(START + digest, START + BLANK)).hexdigest().encode() != digest:
        raise ValueError("its content does not fit its SHA-256")
