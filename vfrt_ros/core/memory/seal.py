"""Seals: a number in every row that tells whether the row is as it was written.

SQLite checks the structure of its pages, not what the rows say: a flipped bit in an embedding would go
unnoticed. So each row ends with the seal of its other values, and the table `total` keeps the number of rows
and the sum of the seals of each table, which a lost or a doubled row would not meet.
"""

from __future__ import annotations

import hashlib

MASK = (1 << 62) - 1
"""Seals have 62 bits, so that SQLite can add two of them without leaving its 64-bit integers."""


def seal(table: str, *values: object) -> int:
    """The seal of a row: 62 bits of BLAKE2b over the table's name and the values with their types.

    >>> seal("prompt", "cat", "[]") == seal("prompt", "cat", "[]")
    True
    >>> seal("prompt", "1") == seal("prompt", 1)
    False
    """
    parts = [table.encode()]
    for value in values:
        data = value if isinstance(value, bytes) else str(value).encode()
        parts += (f"|{type(value).__name__}:{len(data)}:".encode(), data)
    digest = hashlib.blake2b(b"".join(parts), digest_size=8).digest()
    return int.from_bytes(digest, "big") & MASK


def sealed(table: str, *values: object) -> tuple[object, ...]:
    """The values as they are stored, followed by their seal; a bool becomes the integer that SQLite gives back."""
    plain = tuple(int(value) if isinstance(value, bool) else value for value in values)
    return (*plain, seal(table, *plain))


def is_whole(table: str, row: tuple) -> bool:
    """Whether a row, seal last, is as it was written."""
    return row[-1] == seal(table, *row[:-1])
