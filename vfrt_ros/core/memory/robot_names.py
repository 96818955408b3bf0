# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The names of robots, which people gave them, beside their random ids: facts of a memory, written beside its log."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from vfrt_ros.core.types.errors import RequestError, nearest

_PREFIX = "name of robot "
_ALLOWED = re.compile(r"[A-Za-z0-9_-]{1,64}")
LEAST = 4
"""Characters of an id that may stand for the whole."""


def is_name(text: str) -> bool:
    """Whether a robot can be called so: 1 to 64 letters, digits, `-` and `_`.

    Args:
        text: As somebody typed it.
    """
    return _ALLOWED.fullmatch(text) is not None


def fact(robot: str, name: str) -> dict[str, str]:
    """The fact that a robot of this id has this name.

    Args:
        robot: Its id.
        name: A valid one.
    """
    return {_PREFIX + robot: name}


def names_of(meta: Mapping[str, str]) -> dict[str, str]:
    """The names of robots by their ids.

    Args:
        meta: Facts that are written beside the log.
    """
    return {key.removeprefix(_PREFIX): name for key, name in meta.items() if key.startswith(_PREFIX)}


def robots_called(text: str, known: Iterable[str], names: Mapping[str, str]) -> tuple[str, ...]:
    """The ids of the robots that are meant.

    Args:
        text: An id, its first characters, or a name, which a robot keeps when it gets another id.
        known: The ids of all robots.
        names: Names by id.

    Raises:
        RequestError: No such robot, or the characters fit several ids.

    >>> robots_called("desk", ["a1b2c3", "d4e5f6"], {"a1b2c3": "desk"})
    ('a1b2c3',)
    """
    known = sorted(known)
    if text in known:
        return (text,)
    called = tuple(robot for robot in known if names.get(robot) == text)
    if called:
        return called
    begun = [robot for robot in known if len(text) >= LEAST and robot.startswith(text)]
    if len(begun) == 1:
        return (begun[0],)
    if begun:
        raise RequestError(
            f"'{text}' is the beginning of {len(begun)} ids ({', '.join(begun)}): write more of it."
        )
    told = ", ".join(sorted({names.get(robot, robot) for robot in known})[:8]) or "none yet"
    raise RequestError(
        f"There is no robot '{text}'.{nearest(text, [*known, *names.values()])} Known: {told}."
    )
