# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""`vfrt examples`: what it shows, in how many pages, and which files it writes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from vfrt_msgs.msg import Example
from vfrt_ros.cli import examples as command

from .fake_recognition import FakeRecognition

pytestmark = pytest.mark.ros


def example(key: int, label: str = "cat", **fields: Any) -> Example:
    """An example with a picture, which says its id."""
    made = Example(id=f"a:{key}:0", label=label, batch=f"a:{key}", **fields)
    made.created.sec = 1_700_000_000
    made.picture.data = b"jpeg %d" % key
    return made


@pytest.fixture
def paged(fake: FakeRecognition, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Five examples, two a page; the requests."""
    monkeypatch.setattr(command, "PAGE", 2)
    memory = [
        example(1),
        example(3),
        example(4, negative=True),
        example(5, "../c/p", source="desk.zip"),
        example(8),
    ]
    memory[1].picture.data = b""
    asked: list[Any] = []

    def page(request: Any) -> dict[str, Any]:
        asked.append(request)
        return {"total": 5, "examples": memory[request.offset : request.offset + request.limit]}

    fake.answers["ListExamples"] = page
    return asked


def test_all_pages_are_one_table(paged: list[Any], vfrt: Any) -> None:
    outcome = vfrt("examples", "cat")
    assert (outcome.status, outcome.err) == (0, "")
    rows = [row.split() for row in outcome.out.splitlines()]
    assert [row[0] for row in rows] == ["id", *(f"a:{key}:0" for key in (1, 3, 4, 5, 8))]
    assert rows[1][1] == "cat" and rows[1][-2:] == ["shown", "here"]
    assert (rows[3][1:3], rows[4][-1]) == (["not", "cat"], "desk.zip")
    assert [(request.label, request.offset) for request in paged] == [("cat", 0), ("cat", 2), ("cat", 4)]


def test_json_has_all_of_them(paged: list[Any], vfrt: Any) -> None:
    answer = vfrt("examples", "--json").json
    assert (answer["ok"], answer["total"]) == (True, 5)
    assert [entry["id"] for entry in answer["examples"]] == [f"a:{key}:0" for key in (1, 3, 4, 5, 8)]


def test_pictures_are_saved_under_names_that_stay_in_the_folder(
    paged: list[Any], vfrt: Any, tmp_path: Path
) -> None:
    folder = tmp_path / "new" / "pictures"
    outcome = vfrt("examples", "--save", str(folder))
    assert (outcome.status, outcome.out) == (0, f"Wrote 4 pictures to {folder}.\n")
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == {
        "a-1-0-cat.jpg": b"jpeg 1",
        "a-4-0-not-cat.jpg": b"jpeg 4",
        "a-5-0-_c_p.jpg": b"jpeg 5",
        "a-8-0-cat.jpg": b"jpeg 8",
    }
    assert all(request.pictures for request in paged)
    again = vfrt("examples", "--save", str(folder))
    assert (again.status, "is not empty" in again.err) == (1, True)


def test_no_examples_say_what_to_do(fake: FakeRecognition, vfrt: Any) -> None:
    assert "vfrt register" in vfrt("examples").out


def test_a_label_that_there_is_not_leaves_no_folder(fake: FakeRecognition, vfrt: Any, tmp_path: Path) -> None:
    fake.answers["ListExamples"] = {"code": 2, "message": "Unknown label 'x'."}
    outcome = vfrt("examples", "x", "--save", str(tmp_path / "new" / "x"))
    assert (outcome.status, outcome.out) == (1, "")
    assert not (tmp_path / "new").exists()


def test_a_picture_that_cannot_be_written_is_one_line(
    paged: list[Any], vfrt: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(path: Path, data: bytes) -> int:
        raise OSError(28, "No space left on device", str(path))

    monkeypatch.setattr(Path, "write_bytes", full)
    outcome = vfrt("examples", "--save", str(tmp_path / "x"))
    assert (outcome.status, outcome.err.count("\n")) == (1, 1)
    assert "No space left on device" in outcome.err
