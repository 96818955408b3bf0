# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Whether a text can be written in UTF-8."""

from __future__ import annotations


def is_utf_8(text: str) -> bool:
    r"""Whether a text can be written in UTF-8, as ROS does; a lone surrogate (PEP 383) cannot.

    Args:
        text: Any.

    >>> is_utf_8("чашка"), is_utf_8(b"caf\xe9".decode(errors="surrogateescape"))
    (True, False)
    """
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
