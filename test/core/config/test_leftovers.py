# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""What a killed process left is removed when it is old, and nothing else is."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from vfrt_ros.core.config.leftovers import LEFT_AFTER_SECONDS, remove_leftovers

NOW = time.time()
OLD, YOUNG = NOW - LEFT_AFTER_SECONDS - 60, NOW - LEFT_AFTER_SECONDS + 600


def left_file(path: Path, changed: float = OLD) -> Path:
    path.write_bytes(b"half")
    os.utime(path, (changed, changed))
    return path


def left_folder(path: Path, changed: float = OLD, of_the_folder: float = OLD) -> Path:
    path.mkdir()
    left_file(path / "part", changed)
    os.utime(path, (of_the_folder, of_the_folder))
    return path


def link(path: Path) -> Path:
    path.symlink_to(left_file(path.with_name("target")))
    os.utime(path, (OLD, OLD), follow_symlinks=False)
    return path


CASES: dict[str, tuple[Callable[[Path], Path], str, bool]] = {
    "an old file": (left_file, ".new-a", True),
    "an old folder": (left_folder, ".new-a", True),
    "a file that is being written": (lambda path: left_file(path, YOUNG), ".new-a", False),
    "a folder with a file that is being written": (lambda path: left_folder(path, YOUNG), ".new-a", False),
    "a folder that was just made": (lambda path: left_folder(path, OLD, YOUNG), ".new-a", False),
    "another name": (left_file, "new-a", False),
    "a link": (link, ".new-a", False),
}


@pytest.mark.parametrize(("leave", "name", "is_removed"), CASES.values(), ids=CASES.keys())
def test_what_is_removed(tmp_path: Path, leave: Callable[[Path], Path], name: str, is_removed: bool) -> None:
    path = leave(tmp_path / name)
    remove_leftovers(tmp_path, ".new-*", Path.exists)
    assert os.path.lexists(path) is not is_removed


def test_what_is_not_ours_stays(tmp_path: Path) -> None:
    path = left_folder(tmp_path / ".new-a")
    remove_leftovers(tmp_path, ".new-*")
    assert path.is_dir()


def test_one_that_cannot_be_removed_keeps_none_of_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = [left_file(tmp_path / name) for name in (".new-a", ".new-b")]
    stuck, unlink = paths[0], Path.unlink

    def refuse(path: Path, missing_ok: bool = False) -> None:
        if path == stuck:
            raise PermissionError(13, "Permission denied", str(path))
        unlink(path, missing_ok)

    monkeypatch.setattr(Path, "unlink", refuse)
    remove_leftovers(tmp_path, ".new-*")
    assert [path.exists() for path in paths] == [True, False]


def test_a_folder_that_is_not_there_is_no_fault(tmp_path: Path) -> None:
    remove_leftovers(tmp_path / "nowhere", "*")
    assert not (tmp_path / "nowhere").exists()
