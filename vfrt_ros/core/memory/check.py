# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Is a memory's file as it was written?"""

from __future__ import annotations

import math
import sqlite3
from collections.abc import Iterable, Iterator

import numpy as np

from vfrt_ros.core.memory.checksum import MASK, is_whole
from vfrt_ros.core.memory.database import APPLICATION_ID, READ_ERRORS
from vfrt_ros.core.memory.operation_row import row_fault
from vfrt_ros.core.memory.schema import SCHEMA_VERSION, definitions, expected_definitions
from vfrt_ros.core.types.errors import RequestError, words_of

UNIT_TOLERANCE = 1e-3
"""How far from 1 the norm of a stored embedding may be; float32 and bf16 encoders stay below it."""


def first_fault(database: sqlite3.Connection) -> str:
    """The first thing that is wrong with a file of this version, in words; empty = nothing.

    Checked: SQLite's own `integrity_check`, the definitions, the checksum of every row and of every operation, the
    number of rows and the sum of checksums of each table. What the operations carry is checked when they are read.

    Args:
        database: An open memory of the newest format.
    """
    try:
        return next(_faults(database), "")
    except (*READ_ERRORS, TypeError, KeyError) as error:
        if getattr(error, "sqlite_errorcode", 0) & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            raise
        return words_of(error)


def _faults(database: sqlite3.Connection) -> Iterator[str]:
    for (text,) in database.execute("PRAGMA integrity_check(1)").fetchall():
        if text != "ok":
            yield text.splitlines()[-1]
    header = [database.execute(f"PRAGMA {name}").fetchone()[0] for name in ("application_id", "user_version")]
    if header != [APPLICATION_ID, SCHEMA_VERSION] or definitions(database) != expected_definitions():
        yield "its tables are not those of a memory"
    totals = {name: (rows, total) for name, rows, total in database.execute("SELECT * FROM total")}
    yield from _row_faults(database, "meta", totals["meta"])
    yield from _row_faults(database, "operation", totals["operation"])


def _row_faults(database: sqlite3.Connection, table: str, total: tuple[int, int]) -> Iterator[str]:
    count = sum_of_checksums = 0
    for row in database.execute(f"SELECT * FROM {table} NOT INDEXED"):
        fault = row_fault(row) if table == "operation" else ""
        if fault or (table != "operation" and not is_whole(table, row)):
            yield fault or f"a row of {table} is not as it was written"
        count += 1
        sum_of_checksums = (sum_of_checksums + row[-1]) & MASK
    if (count, sum_of_checksums) != total:
        yield f"rows of {table} are missing or doubled ({count} found, {total[0]} written)"


def embedding_fault(embedding: np.ndarray, dim: int) -> str:
    """Why a vector is not an embedding of `dim` numbers; empty = it is one.

    Args:
        embedding: Expected to be (dim,), finite and of unit norm.
        dim: Length of an embedding of the memory.

    >>> embedding_fault(np.array([0.6, 0.8], np.float32), 2)
    ''
    >>> embedding_fault(np.array([1, 1], np.float32), 2)
    'its embedding has norm 1.414; expected 1'
    """
    if embedding.shape != (dim,):
        return f"its embedding has shape {embedding.shape}; expected ({dim},)"
    norm = math.sqrt(np.vdot(embedding, embedding))
    if abs(norm - 1) <= UNIT_TOLERANCE:
        return ""
    if not np.isfinite(embedding).all():
        return "its embedding has numbers that are not finite"
    return f"its embedding has norm {norm:.3f}; expected 1"


def check_embeddings(embeddings: Iterable[np.ndarray], dim: int) -> None:
    """Refuse vectors that are not embeddings of a memory.

    Args:
        embeddings: Expected to be (dim,), finite and of unit norm each.
        dim: Length of an embedding of the memory.

    Raises:
        RequestError: Says why the first of them is refused.
    """
    for embedding in embeddings:
        fault = embedding_fault(embedding, dim)
        if fault:
            raise RequestError(f"An example cannot be stored: {fault}.")
