# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""New files: whole or not at all, and never in another one's place."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import BinaryIO

import pytest

from vfrt_ros.core.config.leftovers import LEFT_AFTER_SECONDS
from vfrt_ros.core.memory.new_file import write_new
from vfrt_ros.core.types.errors import MemoryStoreError


def test_a_new_file_is_written_with_its_folders(tmp_path: Path) -> None:
    write_new(tmp_path / "a" / "b.zip", lambda file: file.write(b"content"))
    assert (tmp_path / "a" / "b.zip").read_bytes() == b"content"
    assert [path.name for path in (tmp_path / "a").iterdir()] == ["b.zip"]


def test_what_is_there_stays_also_where_it_came_meanwhile(tmp_path: Path) -> None:
    path = tmp_path / "b.zip"

    def fill(file: BinaryIO) -> None:
        path.write_bytes(b"theirs")
        file.write(b"ours")

    with pytest.raises(MemoryStoreError, match="is not written over"):
        write_new(path, fill)
    assert [(p.name, p.read_bytes()) for p in tmp_path.iterdir()] == [("b.zip", b"theirs")]


def test_a_file_with_the_name_of_an_unfinished_one_stays(tmp_path: Path) -> None:
    (tmp_path / "b.zip.new").write_bytes(b"theirs")
    write_new(tmp_path / "b.zip", lambda file: file.write(b"ours"))
    assert (tmp_path / "b.zip.new").read_bytes() == b"theirs"


def test_a_link_that_leads_nowhere_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "b.zip").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(MemoryStoreError, match="is not written over"):
        write_new(tmp_path / "b.zip", lambda file: file.write(b"ours"))
    assert not (tmp_path / "elsewhere").exists()


def test_a_failure_leaves_nothing(tmp_path: Path) -> None:
    def fill(file: BinaryIO) -> None:
        file.write(b"half")
        raise OSError("the disk is full")

    with pytest.raises(MemoryStoreError, match="the disk is full"):
        write_new(tmp_path / "b.zip", fill)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["a\0b", "x" * 300], ids=["a null", "too long"])
def test_a_name_that_no_file_can_have_is_one_line(tmp_path: Path, name: str) -> None:
    with pytest.raises(MemoryStoreError, match="Cannot write") as raised:
        write_new(tmp_path / name, lambda file: file.write(b"ours"))
    assert "Errno" not in str(raised.value)


def test_what_a_killed_process_left_of_this_file_is_removed_when_it_is_old(tmp_path: Path) -> None:
    old = time.time() - 2 * LEFT_AFTER_SECONDS
    names = [".b[1].zip.01234567.new", ".b[1].zip.89abcdef.new", ".b[1].zip.mine.new", ".b1.zip.01234567.new"]
    for name in names:
        (tmp_path / name).write_bytes(b"half")
        os.utime(tmp_path / name, (old, old))
    os.utime(tmp_path / names[1])
    write_new(tmp_path / "b[1].zip", lambda file: file.write(b"content"))
    assert {path.name for path in tmp_path.iterdir()} == {"b[1].zip", *names[1:]}
