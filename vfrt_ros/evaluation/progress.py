# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Progress on stderr, while people look."""

from __future__ import annotations


def progress_settings(progress: bool) -> dict[str, bool | None]:
    """Settings of tqdm: a line that goes away when it is done, shown on a terminal and only if wanted.

    >>> progress_settings(False)
    {'disable': True, 'leave': False}
    """
    return {"disable": None if progress else True, "leave": False}
