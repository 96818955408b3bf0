# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Files that a command may write: new ones, and those that an earlier run of it has written."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from vfrt_ros.core.types.errors import RequestError, words_of

_HEAD = 4096
"""Bytes of a file in which it says what it is."""


def check_own(files: Mapping[Path, str]) -> None:
    """Make sure that nobody else's file would be written over.

    Args:
        files: Each file with the words near its beginning by which one of ours is known.

    Raises:
        RequestError: One of them is there and not ours, or cannot be looked at.
    """
    for path, words in files.items():
        try:
            is_ours = not path.is_symlink() and (not path.exists() or words in _head(path))
        except OSError as error:
            raise RequestError(f"{path} cannot be written: {words_of(error)}.") from error
        if not is_ours:
            raise RequestError(
                f"{path} is there already, was not written by this command and stays: "
                "choose another folder with --out."
            )


def check_apart(out: Path, data: Path) -> None:
    """Make sure that results do not go into the data set, where they would be taken for a part of it.

    Args:
        out: Where results go; it need not be there yet.
        data: The folder of the data set.

    Raises:
        RequestError: They would.
    """
    if out.resolve().is_relative_to(data.resolve()):
        raise RequestError(f"{out} is in the data set {data}: choose a folder beside it with --out.")


def _head(path: Path) -> str:
    with path.open("rb") as file:
        return file.read(_HEAD).decode(errors="replace").replace("\r\n", "\n")
