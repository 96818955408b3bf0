# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Numbers of things in words."""

from __future__ import annotations


def counted(count: int, thing: str) -> str:
    """A number and what it counts.

    Args:
        count: 0 or more.
        thing: In the singular.

    >>> counted(1, "example"), counted(0, "near duplicate")
    ('1 example', '0 near duplicates')
    """
    return f"{count} {thing}{'' if count == 1 else 's'}"
