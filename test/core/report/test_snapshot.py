# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Snapshots: a folder that is whole or not there, and never elsewhere."""

from __future__ import annotations

import json
import re
from pathlib import Path

import cv2
import numpy as np
import pytest
from fixtures.pictures import picture

from vfrt_ros.core.report import snapshot
from vfrt_ros.core.report.snapshot import check_name, snapshot_folder, write_snapshot
from vfrt_ros.core.types.errors import MemoryStoreError, RequestError

FRAME, OVERLAY = picture("red"), picture("blue")
ANSWER = {"label": "чашка", "score": 0.5}

NAMES = {
    "plain": ("desk", "desk"),
    "blanks around": ("  desk ", "desk"),
    "blanks, dots, dashes inside": ("desk 1.2-b_c", "desk 1.2-b_c"),
    "any script": ("стол", "стол"),
    "a hundred": ("x" * 100, "x" * 100),
}


@pytest.mark.parametrize(("given", "kept"), NAMES.values(), ids=NAMES.keys())
def test_check_name_keeps(given, kept) -> None:
    assert check_name(given) == kept


BAD_NAMES = {
    "parent": "..",
    "out of the folder": "../desk",
    "into another": "a/b",
    "absolute": "/etc/passwd",
    "hidden": ".desk",
    "backslash": "a\\b",
    "an option": "-rf",
    "a null": "a\0b",
    "a line break": "a\nb",
    "a hundred and one": "x" * 101,
}


@pytest.mark.parametrize("name", BAD_NAMES.values(), ids=BAD_NAMES.keys())
def test_check_name_refuses(name) -> None:
    with pytest.raises(RequestError, match="name must be letters, digits"):
        check_name(name)


@pytest.mark.parametrize("name", ["", "  "])
def test_no_name_is_the_time(name) -> None:
    assert re.fullmatch(r"\d{4}-\d\d-\d\d_\d\d-\d\d-\d\d\.\d{3}", check_name(name))


def test_the_folder_is_whole_and_shows_what_was_given(tmp_path) -> None:
    path = write_snapshot(tmp_path / "new" / "folder", "desk", FRAME, OVERLAY, ANSWER)
    assert path == tmp_path / "new" / "folder" / "desk"
    assert sorted(file.name for file in path.iterdir()) == ["frame.png", "overlay.png", "recognition.json"]
    np.testing.assert_array_equal(cv2.imread(str(path / "frame.png")), FRAME)
    np.testing.assert_array_equal(cv2.imread(str(path / "overlay.png")), OVERLAY)
    text = (path / "recognition.json").read_text()
    assert json.loads(text) == ANSWER
    assert "чашка" in text, "readable without a decoder"
    assert [entry.name for entry in path.parent.iterdir()] == ["desk"], "nothing temporary is left"


def test_a_snapshot_is_never_overwritten(tmp_path) -> None:
    path = write_snapshot(tmp_path, "desk", FRAME, OVERLAY, ANSWER)
    with pytest.raises(RequestError, match="a snapshot 'desk' already"):
        write_snapshot(tmp_path, "desk", OVERLAY, FRAME, {})
    assert json.loads((path / "recognition.json").read_text()) == ANSWER


def blocked_by_a_file(folder: Path) -> tuple[Path, str]:
    (folder / "file").write_text("")
    return folder / "file" / "snapshots", "desk"


def too_long_for_the_disk(folder: Path) -> tuple[Path, str]:
    return folder, "茶" * 100


BLOCKED = {"a file in the way": blocked_by_a_file, "a name too long in bytes": too_long_for_the_disk}


@pytest.mark.parametrize("block", BLOCKED.values(), ids=BLOCKED.keys())
def test_what_cannot_be_written_is_said(tmp_path, block) -> None:
    folder, name = block(tmp_path)
    before = sorted(tmp_path.iterdir())
    with pytest.raises(MemoryStoreError, match=r"Cannot write the snapshot .*check snapshot_dir"):
        write_snapshot(folder, check_name(name), FRAME, OVERLAY, ANSWER)
    assert sorted(tmp_path.iterdir()) == before


def test_a_failure_halfway_leaves_nothing(tmp_path, monkeypatch) -> None:
    write = snapshot._write_picture

    def fail_at_the_overlay(path: Path, pixels: np.ndarray) -> None:
        if path.name == "overlay.png":
            raise OSError(28, "No space left on device")
        write(path, pixels)

    monkeypatch.setattr(snapshot, "_write_picture", fail_at_the_overlay)
    with pytest.raises(MemoryStoreError, match="No space left on device"):
        write_snapshot(tmp_path, "desk", FRAME, OVERLAY, ANSWER)
    assert list(tmp_path.iterdir()) == []


def test_snapshot_folder(monkeypatch, tmp_path) -> None:
    monkeypatch.setenv("ROS_HOME", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path / "someone"))
    assert snapshot_folder("") == tmp_path / "vfrt" / "snapshots"
    assert snapshot_folder("~/shots") == tmp_path / "someone" / "shots"
    assert snapshot_folder("shots") == Path.cwd() / "shots"
