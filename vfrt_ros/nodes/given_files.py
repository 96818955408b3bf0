# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The parameter files that a node was started with: what in them is for other nodes, and which have nothing for it."""

from __future__ import annotations

import contextlib
import itertools
import re
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from vfrt_ros.core.types.errors import SettingError, nearest
from vfrt_ros.parameter_file import Section, file_sections

_FOR_ANY_NODE = re.compile(r"(?:.*/)?\*{1,2}:([^:=]+):=")
"""`-p /**:name:=value`."""


def are_given(arguments: Sequence[str]) -> bool:
    """Whether a command line has anything that may be for other nodes."""
    return "--params-file" in arguments or any(map(_FOR_ANY_NODE.match, arguments))


class GivenFiles:
    """Reads the files of a command line once more than rcl does, which keeps no section.

    Args:
        arguments: The command line that the node was started with.
        full_name: Of the node.
    """

    def __init__(self, arguments: Sequence[str], full_name: str) -> None:
        self._full_name = full_name
        self._files: dict[Path, list[Section]] = {}
        self._typed = set()
        for flag, value in itertools.pairwise(arguments):
            if flag == "--params-file":
                # What rcl has taken and YAML refuses says nothing here.
                with contextlib.suppress(SettingError):
                    self._files[Path(value)] = file_sections(Path(value))
            elif flag in ("-p", "--param") and (match := _FOR_ANY_NODE.match(value)):
                self._typed.add(match[1])

    def foreign(self, names: Iterable[str]) -> list[str]:
        """Those of the names that are given to any node (`/**`) and nowhere to this one."""
        own = [section for sections in self._files.values() for section in sections if self._takes(section)]
        ours = {name for section in own if not section.is_for_any_node for name in section.names()}
        any_nodes = {name for section in own if section.is_for_any_node for name in section.names()}
        return [name for name in names if name in (any_nodes | self._typed) - ours]

    def tell(self, foreign: Sequence[str], known: Iterable[str], say: Callable[[str], object]) -> None:
        """Say in a line what is left alone, and in one for each file that it has nothing for this node."""
        if foreign:
            names = ", ".join(f"'{name}'{'' if '.' in name else nearest(name, known)}" for name in foreign)
            say(
                f"Left alone, as they are given to every node and are no parameters of {self._full_name}: {names}"
            )
        for path, sections in self._files.items():
            if not any(map(self._takes, sections)):
                say(self._nothing(path, [section.name for section in sections]))

    def _takes(self, section: Section) -> bool:
        return section.is_for(self._full_name)

    def _nothing(self, path: Path, names: list[str]) -> str:
        shown = ", ".join(f"'{name}'" for name in names) or "no node"
        own = self._full_name.rpartition("/")[2]
        cure = f" Name it '/**/{own}' there for any namespace." if own in _nodes(names) else ""
        return f"Parameter file {path} has nothing for {self._full_name}, only for {shown}.{cure}"


def _nodes(names: Iterable[str]) -> set[str]:
    return {name.rpartition("/")[2] for name in names}
