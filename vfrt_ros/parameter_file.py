# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""ROS 2 parameter files, as far as they have to be known before a node reads them itself."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vfrt_ros.core.config.yaml_text import read_yaml
from vfrt_ros.core.types.errors import SettingError, nearest, words_of

SUFFIXES = (".yaml", ".yml")


class ParameterFileError(SettingError):
    """A parameter file is not there, or cannot be read as one."""


def config_folders() -> list[Path]:
    """Where the package's own parameter files may be: the checkout's `config`, then the installed ones."""
    prefixes = [
        Path(prefix) for prefix in os.environ.get("AMENT_PREFIX_PATH", "").split(os.pathsep) if prefix
    ]
    folders = [Path(__file__).resolve().parents[1] / "config"]
    folders += [prefix / "share" / "vfrt_ros" / "config" for prefix in prefixes]
    return [folder for folder in folders if folder.is_dir()]


def find_parameter_file(text: str) -> Path:
    """The file meant by a path, or by a name in the package's config folder, with or without `.yaml`.

    Raises:
        ParameterFileError: There is no such file; names the nearest of the package's own.
    """
    path = Path(text)
    try:
        path = path.expanduser()
        named = [folder / (text + suffix) for folder in config_folders() for suffix in ("", *SUFFIXES)]
        for candidate in (path, *named):
            if candidate.is_file():
                return candidate.resolve()
    except (OSError, ValueError, RuntimeError) as error:  # what no path can be: too long, ~nobody, a null
        raise ParameterFileError(f"No parameter file {text[:200]!r}.") from error
    own = sorted({file.stem for folder in config_folders() for file in folder.glob("*.yaml")})
    hint = nearest(path.stem, own) or (f" The package has: {', '.join(own)}." if own else "")
    raise ParameterFileError(f"No parameter file {text!r}.{hint}")


@dataclass(frozen=True)
class Section:
    """The part of a file that is for the nodes of one name.

    Attributes:
        name: As in the file, with namespaces joined: `recognition`, `/robot1/recognition`, `/**`.
        parameters: By name; mappings are kept as they are.
    """

    name: str
    parameters: dict[str, Any]

    @property
    def is_for_any_node(self) -> bool:
        """Whether it names no node of its own, so that it may hold what others need."""
        return self.name.rpartition("/")[2] in ("*", "**")

    def is_for(self, full_name: str) -> bool:
        """Whether a node of this full name takes it."""
        return re.fullmatch(_pattern(self.name), full_name) is not None

    def names(self) -> set[str]:
        """The names of its parameters, those of mappings joined by dots, as ROS joins them."""
        return set(_joined(self.parameters, ""))


def file_sections(path: Path) -> list[Section]:
    """The sections of a ROS 2 parameter file, in its order.

    Raises:
        ParameterFileError: The file cannot be read, or is not a ROS 2 parameter file.
    """
    try:
        content = read_yaml(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ParameterFileError(f"Parameter file {path} cannot be read: {words_of(error)}.") from error
    if not isinstance(content, dict):
        raise ParameterFileError(
            f"Parameter file {path} must map node names to ros__parameters; it does not."
        )
    sections = []
    for name, parameters in _sections(content, ""):
        if not isinstance(parameters, dict):
            raise ParameterFileError(f"Parameter file {path}: ros__parameters of '{name}' must be a mapping.")
        sections.append(Section(name, parameters))
    return sections


def file_values(path: Path, node: str, namespace: str = "") -> dict[str, Any]:
    """The parameters that a file gives to one node; a later section of the file wins over an earlier one.

    Raises:
        ParameterFileError: The file cannot be read, or is not a ROS 2 parameter file.
    """
    full_name = f"/{namespace.strip('/')}/{node}".replace("//", "/")
    values: dict[str, Any] = {}
    for section in file_sections(path):
        if section.is_for(full_name):
            values.update(section.parameters)
    return values


def _joined(parameters: dict[Any, Any], above: str) -> Iterator[str]:
    for key, value in parameters.items():
        name = f"{above}{key}"
        if isinstance(value, dict):
            yield from _joined(value, f"{name}.")
        else:
            yield name


def _sections(content: dict[Any, Any], above: str) -> list[tuple[str, Any]]:
    """Each node name of the file, namespaces joined, with what stands under its `ros__parameters`."""
    found = []
    for key, value in content.items():
        if key == "ros__parameters":
            found.append((above, value))
        elif isinstance(value, dict):
            found += _sections(value, f"{above}/{str(key).strip('/')}")
    return found


def _pattern(name: str) -> str:
    """A node name with `*` (one token) and `**` (any number of them) as a regular expression."""
    tokens = [token for token in name.split("/") if token]
    words = {"**": "(/[^/]+)*", "*": "/[^/]+"}
    return "".join(words.get(token, "/" + re.escape(token)) for token in tokens) + (
        "" if tokens else "(/.*)?"
    )
