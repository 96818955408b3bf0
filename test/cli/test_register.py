# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Pictures that a person has lying about, as `vfrt register --images` sends them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

pytest.importorskip("rclpy")

from fixtures.forbidden import forbid_below
from fixtures.picture_messages import scene

from vfrt_ros.cli import register
from vfrt_ros.cli.command import CommandError
from vfrt_ros.cli.register import read_image, read_pictures
from vfrt_ros.nodes.conversions import frame_from_image

from .fake_recognition import FakeRecognition


def photograph(path: Path, width: int = 4000, height: int = 3000) -> Path:
    cv2.imwrite(str(path), cv2.resize(scene(), (width, height)))
    return path


SIZES = {
    "12 megapixels": ((4000, 3000), (597, 448)),
    "12 megapixels, upright": ((3000, 4000), (448, 597)),
    "a panorama": ((4000, 500), (3584, 448)),
    "a small one": ((320, 240), (320, 240)),
}


@pytest.mark.parametrize(("given", "sent"), SIZES.values(), ids=SIZES)
def test_a_picture_is_shrunk_to_what_is_needed(
    tmp_path: Path, given: tuple[int, int], sent: tuple[int, int]
) -> None:
    message = read_image(photograph(tmp_path / "a.png", *given))
    assert (message.width, message.height) == sent
    expected = cv2.resize(scene(), sent).astype(int)
    assert np.abs(frame_from_image(message) - expected)[8:-8, 8:-8].max() <= 8


def test_a_deep_picture_file_is_seen(tmp_path: Path) -> None:
    counts = np.linspace(7800, 8100, 240 * 320).reshape(240, 320).astype(np.uint16)
    cv2.imwrite(str(tmp_path / "thermal.png"), counts)
    assert int(np.ptp(frame_from_image(read_image(tmp_path / "thermal.png")))) > 180


HEIC = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(100)
BAD = {
    "HEIC": (HEIC, "HEIC: save it as JPEG"),
    "empty": (b"", "no picture"),
    "text": (b"not a picture", "no picture"),
    "a JPEG cut off": (cv2.imencode(".jpg", scene(480, 640))[1].tobytes()[:5000], "cut off"),
}


@pytest.mark.parametrize(("data", "why"), BAD.values(), ids=BAD)
def test_a_bad_picture_is_named_and_the_others_are_sent(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], data: bytes, why: str
) -> None:
    good = [str(photograph(tmp_path / f"{number}.jpg", 640, 480)) for number in range(3)]
    (tmp_path / "bad.jpg").write_bytes(data)
    images = read_pictures([good[0], str(tmp_path / "bad.jpg"), *good[1:], str(tmp_path / "gone.jpg")])
    assert len(images) == 3
    told = capsys.readouterr().err
    assert "bad.jpg" in told
    assert why in told
    assert "gone.jpg" in told


def test_only_bad_pictures_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "bad.jpg").write_bytes(b"nothing")
    with pytest.raises(CommandError, match=r"bad\.jpg.*and 1 more") as caught:
        read_pictures([str(tmp_path / "bad.jpg"), str(tmp_path / "gone.jpg")])
    assert "\n" not in str(caught.value)


def test_a_picture_that_may_not_be_read_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "hidden").mkdir()
    good, hidden = photograph(tmp_path / "good.jpg", 64, 48), tmp_path / "hidden" / "a.jpg"
    forbid_below(monkeypatch, hidden.parent)
    assert len(read_pictures([str(hidden), str(good)])) == 1
    assert f"No permission to read {hidden}." in capsys.readouterr().err


def test_a_folder_and_a_glob_stand_for_their_pictures(tmp_path: Path) -> None:
    for number in range(3):
        photograph(tmp_path / f"{number}.jpg", 64, 48)
    assert len(read_pictures([str(tmp_path)])) == 3
    assert len(read_pictures([str(tmp_path / "*.jpg")])) == 3


@pytest.mark.ros
def test_many_pictures_go_in_parts(
    fake: FakeRecognition, vfrt: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes: list[int] = []

    def note(request: Any) -> dict[str, Any]:
        sizes.append(len(request.images))
        return {"message": "Registered."}

    fake.answers["Register"] = note
    monkeypatch.setattr(register, "AT_ONCE", 2)
    for number in range(5):
        photograph(tmp_path / f"{number}.jpg", 64, 48)
    assert vfrt("register", "cup", "--images", str(tmp_path)).status == 0
    assert sizes == [2, 2, 1]
