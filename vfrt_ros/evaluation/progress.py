"""Progress on stderr, while people look."""

from __future__ import annotations


def bar_settings(progress: bool) -> dict[str, bool | None]:
    """What tqdm is told: a bar that goes away when it is full, shown on a terminal and only if wanted.

    >>> bar_settings(False)
    {'disable': True, 'leave': False}
    """
    return {"disable": None if progress else True, "leave": False}
