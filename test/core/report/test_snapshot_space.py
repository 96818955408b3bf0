# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The folder of snapshots stays within its size, and nothing else in it is touched."""

from __future__ import annotations

import os
import time
from pathlib import Path

import numpy as np

from vfrt_ros.core.config.leftovers import LEFT_AFTER_SECONDS
from vfrt_ros.core.report.snapshot import FILES, make_room, write_snapshot

FRAME = np.zeros((8, 8, 3), np.uint8)


def snapshot(folder: Path, name: str, age: int, size: int = 100) -> Path:
    path = folder / name
    path.mkdir(parents=True)
    for file in FILES:
        (path / file).write_bytes(bytes(size))
    os.utime(path, (10_000 - age, 10_000 - age))
    return path


def test_the_oldest_go_first_until_it_fits(tmp_path) -> None:
    paths = [snapshot(tmp_path, name, age) for name, age in (("b", 30), ("a", 20), ("c", 40), ("d", 10))]
    assert make_room(tmp_path, paths[3], 600) == [tmp_path / "c", tmp_path / "b"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "d"]
    assert make_room(tmp_path, paths[3], 600) == []


def test_the_newest_stays_even_where_it_is_too_large_or_its_clock_is_wrong(tmp_path) -> None:
    old, new = snapshot(tmp_path, "old", 1), snapshot(tmp_path, "new", 100)
    assert make_room(tmp_path, new, 10) == [old]
    assert new.is_dir()


def test_what_is_no_snapshot_is_not_touched(tmp_path) -> None:
    elsewhere = snapshot(tmp_path / "elsewhere", "linked", 500)
    folder = tmp_path / "snapshots"
    new = snapshot(folder, "new", 1)
    mixed = snapshot(folder, "with a note", 400)
    (mixed / "note.txt").write_text("keep")
    (folder / "empty").mkdir()
    (folder / "file.txt").write_text("keep")
    (folder / "link").symlink_to(elsewhere)
    assert make_room(folder, new, 1) == []
    assert len(list(folder.iterdir())) == 5
    assert elsewhere.is_dir()


def test_writing_a_snapshot_makes_room(tmp_path) -> None:
    snapshot(tmp_path, "old", 50, size=10_000)
    path = write_snapshot(tmp_path, "new", FRAME, FRAME, {}, limit=5_000)
    assert list(tmp_path.iterdir()) == [path]


def killed_while_writing(folder: Path, name: str, file: str, age: float) -> Path:
    """What is left of a snapshot whose node was killed `age` seconds ago."""
    path = folder / name / "desk"
    path.mkdir(parents=True)
    (path / file).write_bytes(b"half")
    changed = time.time() - age
    for each in (path / file, path, path.parent):
        os.utime(each, (changed, changed))
    return path.parent


def test_what_a_killed_node_left_is_removed_when_it_is_old(tmp_path) -> None:
    killed_while_writing(tmp_path, ".new-old_1234", "frame.png", 2 * LEFT_AFTER_SECONDS)
    written = killed_while_writing(tmp_path, ".new-now_1234", "frame.png", 1)
    theirs = killed_while_writing(tmp_path, ".new-recipes", "cake.txt", 2 * LEFT_AFTER_SECONDS)
    path = write_snapshot(tmp_path, "desk", FRAME, FRAME, {})
    assert set(tmp_path.iterdir()) == {path, written, theirs}
