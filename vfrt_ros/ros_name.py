# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Names of nodes and namespaces as ROS 2 takes them, checked without ROS."""

from __future__ import annotations

import re

from vfrt_ros.core.types.errors import SettingError

_TOKENS = re.compile(r"(?:/[A-Za-z_][A-Za-z0-9_]*)+")
"""Source: rmw/validate_namespace.h and rmw/validate_node_name.h."""
_LONGEST = 245


def check_namespace(text: str, what: str = "A namespace") -> str:
    """The namespace without slashes around it; empty is the root.

    Raises:
        SettingError: It has a character or an empty part that ROS refuses; `what` begins the text.

    >>> check_namespace("/fleet/robot1/"), check_namespace("")
    ('fleet/robot1', '')
    """
    bare = text.strip("/")
    if bare:
        _check(f"/{bare}", text, what)
    return bare


def check_full_name(text: str, what: str = "A node's full name") -> str:
    """The name itself, like `/robot1/recognition`.

    Raises:
        SettingError: ROS takes no such name; `what` begins the text.
    """
    _check(text, text, what)
    return text


def _check(full: str, text: str, what: str) -> None:
    if len(full) > _LONGEST:
        raise SettingError(f"{what} has at most {_LONGEST} characters; got {len(full)}.")
    if not _TOKENS.fullmatch(full):
        raise SettingError(
            f"{what} is made of letters, digits and _, begins with no digit, and has / between its parts; "
            f"got {text!a}.{_hint(full, text)}"
        )


def _hint(full: str, text: str) -> str:
    """The nearest name that ROS takes, if there is one."""
    mended = re.sub(r"[^A-Za-z0-9_/]", "_", text)
    return (
        f" Did you mean '{mended}'?" if mended != text and _TOKENS.fullmatch(f"/{mended.strip('/')}") else ""
    )
