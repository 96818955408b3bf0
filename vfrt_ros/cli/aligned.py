# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Rows of texts as aligned columns, as wide as a terminal shows them, and never wrapped: a script may read them."""

from __future__ import annotations

from collections.abc import Collection, Sequence


def aligned(rows: Sequence[Sequence[str]], *, right: Collection[int] = ()) -> list[str]:
    """A line for each row.

    Args:
        rows: The heading first; as many cells each.
        right: Columns that end together, as numbers do; the others begin together.

    >>> aligned([("label", "examples"), ("cup", "3"), ("茶碗", "12")], right={1})
    ['label  examples', 'cup           3', '茶碗         12']
    """
    from rich.cells import cell_len

    widths = [max(map(cell_len, column)) for column in zip(*rows, strict=True)]
    lines = []
    for row in rows:
        cells = []
        for number, (cell, width) in enumerate(zip(row, widths, strict=True)):
            blanks = " " * (width - cell_len(cell))
            cells.append(blanks + cell if number in right else cell + blanks)
        lines.append("  ".join(cells).rstrip())
    return lines
