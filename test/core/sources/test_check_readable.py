# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Files and folders that this user may not read."""

from __future__ import annotations

import errno
from pathlib import Path

import cv2
import numpy as np
import pytest
from fixtures.bags import raw, write_bag
from fixtures.forbidden import forbid, forbid_below

from vfrt_ros.core.config.settings import CameraSettings
from vfrt_ros.core.sources.check_readable import check_readable
from vfrt_ros.core.sources.images import find_images, load_image
from vfrt_ros.core.sources.open_source import open_source
from vfrt_ros.core.types.errors import SourceError, UnusableSourceError


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A folder with pictures, a film of nothing and a bag."""
    cv2.imwrite(str(tmp_path / "a.png"), np.zeros((8, 8, 3), np.uint8))
    (tmp_path / "clip.mp4").write_bytes(b"no film")
    write_bag(tmp_path / "bag", {"/left": [raw(1)]})
    return tmp_path


SPECS = {
    "a folder": ("{place}", "{place}"),
    "a pattern": ("{place}/*.png", "{place}"),
    "a pattern of folders": ("{place}/*/b?.png", "{place}"),
    "a picture": ("{place}/a.png", "{place}/a.png"),
    "a film": ("{place}/clip.mp4", "{place}/clip.mp4"),
    "a bag": ("{place}/bag", "{place}/bag"),
    "a bag with a topic": ("{place}/bag#/left", "{place}/bag"),
    "the file of a bag": ("{place}/bag/bag.db3", "{place}/bag/bag.db3"),
}


@pytest.mark.parametrize(("spec", "hidden"), SPECS.values(), ids=SPECS)
def test_a_source_that_may_not_be_read_is_told_so_and_waited_for(
    place: Path, monkeypatch: pytest.MonkeyPatch, spec: str, hidden: str
) -> None:
    forbidden = Path(hidden.format(place=place))
    assert forbidden.exists()
    forbid(monkeypatch, forbidden)
    with pytest.raises(SourceError, match=f"No permission to read {forbidden}. .*chmod") as caught:
        open_source(CameraSettings(source=spec.format(place=place)))
    assert not isinstance(caught.value, UnusableSourceError)


@pytest.mark.parametrize("name", ["a.png", "clip.mp4", "bag", "bag#/left", "*.png", "none"])
def test_what_lies_in_a_folder_that_may_not_be_looked_into(
    place: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    forbid_below(monkeypatch, place)
    with pytest.raises(SourceError, match="No permission to read") as caught:
        open_source(CameraSettings(source=str(place / name)))
    assert not isinstance(caught.value, UnusableSourceError)


def test_the_folder_on_the_way_is_named(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    forbid_below(monkeypatch, place)
    forbid(monkeypatch, place)
    with pytest.raises(SourceError, match=rf"No permission to read {place}\. "):
        check_readable(place / "bag" / "metadata.yaml")


def test_a_picture_that_may_not_be_opened(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path) -> bytes:
        raise PermissionError(errno.EACCES, "Permission denied", str(path))

    monkeypatch.setattr(Path, "read_bytes", refuse)
    with pytest.raises(SourceError, match=r"No permission to read .*a\.png"):
        load_image(place / "a.png")


def test_a_folder_of_pictures_that_may_not_be_read(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    forbid(monkeypatch, place)
    with pytest.raises(SourceError, match="No permission"):
        find_images(str(place))


def test_what_is_not_there_and_what_may_be_read_pass(place: Path) -> None:
    for name in ("", "a.png", "*.png", "none", "none/*.png"):
        check_readable(place / name)
