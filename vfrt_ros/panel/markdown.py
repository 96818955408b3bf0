# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Texts of others, such as labels, where Streamlit expects Markdown."""

from __future__ import annotations

import re

_PUNCTUATION = re.compile(r"([!-/:-@\[-`{-~])")


def plain(text: str) -> str:
    r"""Markdown that shows exactly this text.

    >>> plain("a *star*")
    'a \\*star\\*'
    """
    return _PUNCTUATION.sub(r"\\\1", " ".join(text.split()))
