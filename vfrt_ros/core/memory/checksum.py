# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Checksums: a number in every row that tells whether the row is as it was written.

SQLite checks the structure of its pages, not what the rows say: a flipped bit in an embedding would go unnoticed.
So each row ends with the checksum of its other values, and the table `total` keeps the number of rows and the sum
of the checksums of each table, which a lost or a doubled row would not meet.
"""

from __future__ import annotations

import hashlib

MASK = (1 << 62) - 1
"""Checksums have 62 bits, so that SQLite can add two of them without leaving its 64-bit integers."""


def checksum(table: str, *values: object) -> int:
    """62 bits of BLAKE2b over the table's name and the values with their types.

    Args:
        table: Name of the table that the values stand in.
        values: Texts, bytes, whole numbers, floats, bools and None.

    >>> checksum("meta", "cat", "[]") == checksum("meta", "cat", "[]")
    True
    >>> checksum("meta", "1") == checksum("meta", 1)
    False
    """
    parts = [table.encode()]
    for value in values:
        data = value if isinstance(value, bytes) else str(value).encode()
        parts += (f"|{type(value).__name__}:{len(data)}:".encode(), data)
    digest = hashlib.blake2b(b"".join(parts), digest_size=8).digest()
    return int.from_bytes(digest, "big") & MASK


def checked(table: str, *values: object) -> tuple[object, ...]:
    """The values as they are stored, followed by their checksum; a bool becomes the integer that SQLite gives back.

    Args:
        table, values: As for `checksum`.
    """
    plain = tuple(int(value) if isinstance(value, bool) else value for value in values)
    return (*plain, checksum(table, *plain))


def is_whole(table: str, row: tuple) -> bool:
    """Whether a row, checksum last, is as it was written.

    Args:
        table: Name of the table that it stands in.
        row: Its values, and the checksum last.
    """
    return row[-1] == checksum(table, *row[:-1])
