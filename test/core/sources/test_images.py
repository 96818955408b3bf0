# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from vfrt_ros.core.sources import images
from vfrt_ros.core.sources.images import ImageSource, find_images, load_image
from vfrt_ros.core.types.errors import SourceError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for number in (10, 2, 1):
        cv2.imwrite(str(tmp_path / f"{number}.png"), np.full((8, 12, 3), number, np.uint8))
    (tmp_path / "notes.txt").write_text("no picture")
    return tmp_path


def values(source: ImageSource, count: int) -> list[int]:
    frames = [source.read() for _ in range(count)]
    return [-1 if frame is None else int(frame.image[0, 0, 0]) for frame in frames]


def test_a_folder_in_the_order_of_its_numbers_to_the_end(folder: Path) -> None:
    assert values(ImageSource(str(folder), fps=10, loop=False), 5) == [1, 2, 10, -1, -1]


def test_a_loop_starts_again_and_time_goes_on(folder: Path) -> None:
    source = ImageSource(str(folder), fps=10, loop=True)
    frames = [source.read() for _ in range(5)]
    assert [frame and frame.time for frame in frames] == pytest.approx([0, 0.1, 0.2, 0.3, 0.4])
    assert frames[3] and frames[3].image[0, 0, 0] == 1


def test_a_late_reader_misses_no_picture(folder: Path) -> None:
    source = ImageSource(str(folder), fps=10, loop=False)
    assert [frame and int(frame.image[0, 0, 0]) for frame in (source.read(0), source.read(60))] == [1, 2]


def test_an_unreadable_picture_is_named_once_and_left_out(folder: Path) -> None:
    (folder / "3.png").write_bytes(b"\x89PNG broken")
    (folder / "4.jpg").write_bytes(b"")
    said: list[str] = []
    assert values(ImageSource(str(folder), fps=10, loop=True, warn=said.append), 6) == [1, 2, 10, 1, 2, 10]
    assert len(said) == 2
    assert "3.png" in said[0]
    assert "4.jpg" in said[1]


def test_only_unreadable_pictures_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"broken")
    with pytest.raises(SourceError, match="None of 1 image of"):
        ImageSource(str(tmp_path), fps=10, loop=True, warn=lambda text: None).read()


def test_an_empty_folder_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="no image in"):
        ImageSource(str(tmp_path), fps=10, loop=True)


def test_a_glob_and_a_single_file(folder: Path) -> None:
    assert [path.name for path in find_images(str(folder / "1*.png"))] == ["1.png", "10.png"]
    assert [path.name for path in find_images(str(folder / "2.png"))] == ["2.png"]


def test_a_giant_is_refused_before_it_is_decoded(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(images, "MAX_MEGAPIXELS", 0.00001)
    with pytest.raises(SourceError, match="megapixels"):
        load_image(folder / "1.png")


def test_a_file_that_is_gone_is_named(folder: Path) -> None:
    with pytest.raises(SourceError, match=r"gone\.png cannot be read: No such file"):
        load_image(folder / "gone.png")
