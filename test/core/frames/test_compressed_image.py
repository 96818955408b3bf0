# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Compressed pictures of every format in use, the untidy ones used, the broken ones refused by kind."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from fixtures.picture_messages import Compressed, samples_of, scene

from vfrt_ros.core.frames.compressed_image import frame_from_compressed
from vfrt_ros.core.frames.encodings import ENCODINGS
from vfrt_ros.core.types.errors import FrameError

SCENE = scene()
GREY = cv2.cvtColor(SCENE, cv2.COLOR_BGR2GRAY)


def encoded(extension: str, picture: np.ndarray = SCENE, flags: tuple[int, ...] = ()) -> bytes:
    return cv2.imencode(extension, picture, list(flags))[1].tobytes()


def worst(frame: np.ndarray, expected: np.ndarray) -> int:
    assert frame.shape == SCENE.shape
    assert frame.dtype == np.uint8
    expected = expected if expected.ndim == 3 else cv2.cvtColor(expected, cv2.COLOR_GRAY2BGR)
    return int(np.abs(frame.astype(int) - expected)[2:-2, 2:-2].max())


JPEG, PNG = encoded(".jpg"), encoded(".png")
DEEP = {"grey": GREY.astype(np.uint16) * 257, "colour": SCENE.astype(np.uint16) * 257}
ALPHA = cv2.cvtColor(SCENE, cv2.COLOR_BGR2BGRA)
GOOD = {
    "jpeg": (JPEG, "jpeg", SCENE),
    "jpg": (JPEG, "jpg", SCENE),
    "no format": (JPEG, "", SCENE),
    "image_transport's JPEG": (JPEG, "bgr8; jpeg compressed bgr8", SCENE),
    "JPEG of an RGB camera": (JPEG, "rgb8; jpeg compressed bgr8", SCENE),
    "JPEG of a YUYV camera": (JPEG, "yuv422_yuy2; jpeg compressed bgr8", SCENE),
    "grey JPEG": (encoded(".jpg", GREY), "mono8; jpeg compressed ", GREY),
    "progressive JPEG": (encoded(".jpg", SCENE, (cv2.IMWRITE_JPEG_PROGRESSIVE, 1)), "jpeg", SCENE),
    "PNG": (PNG, "bgr8; png compressed bgr8", SCENE),
    "PNG called JPEG": (PNG, "jpeg", SCENE),
    "PNG with alpha": (encoded(".png", ALPHA), "rgba8; png compressed bgr8", SCENE),
    "16-bit grey PNG": (encoded(".png", DEEP["grey"]), "mono16; png compressed ", GREY),
    "16-bit grey PNG of no encoding": (encoded(".png", DEEP["grey"]), "png", GREY),
    "16-bit colour PNG": (encoded(".png", DEEP["colour"]), "rgb16; png compressed bgr16", SCENE),
    "WebP": (encoded(".webp", SCENE, (cv2.IMWRITE_WEBP_QUALITY, 101)), "webp", SCENE),
    "lossy WebP": (encoded(".webp", SCENE, (cv2.IMWRITE_WEBP_QUALITY, 90)), "webp", SCENE),
    "WebP with alpha": (encoded(".webp", ALPHA, (cv2.IMWRITE_WEBP_QUALITY, 101)), "webp", SCENE),
    "TIFF": (encoded(".tiff"), "bgr8; tiff compressed bgr8", SCENE),
    "16-bit TIFF": (encoded(".tiff", DEEP["grey"]), "mono16; tiff compressed ", GREY),
    "BMP": (encoded(".bmp"), "bmp", SCENE),
}


@pytest.mark.parametrize(("data", "told_format", "expected"), GOOD.values(), ids=GOOD)
def test_formats_as_the_field_writes_them(data: bytes, told_format: str, expected: np.ndarray) -> None:
    assert worst(frame_from_compressed(Compressed(data, told_format)), expected) <= 14


@pytest.mark.parametrize("name", [name for name in ENCODINGS if name.startswith("bayer_")])
def test_a_bayer_png_has_its_colours(name: str) -> None:
    data = encoded(".png", samples_of(name, SCENE))
    assert worst(frame_from_compressed(Compressed(data, f"{name}; png compressed ")), SCENE) <= 4


def test_a_bayer_camera_s_picture_in_colour_is_taken_as_it_is() -> None:
    assert worst(frame_from_compressed(Compressed(PNG, "bayer_rggb8; png compressed bgr8")), SCENE) == 0


SCAN = len(JPEG) // 2
UNTIDY = {
    "a JPEG without its end mark": JPEG[:-2],
    "a JPEG whose end mark is half there": JPEG[:-1],
    "a JPEG padded with zeros": JPEG + bytes(20_000),
    "a JPEG without its end mark, padded": JPEG[:-2] + bytes(100),
    "a progressive JPEG without its end mark": GOOD["progressive JPEG"][0][:-2],
    "a PNG with more behind it": PNG + b"more" * 2000,
}


@pytest.mark.parametrize("data", UNTIDY.values(), ids=UNTIDY)
def test_an_untidy_picture_is_used(data: bytes) -> None:
    assert worst(frame_from_compressed(Compressed(data)), SCENE) <= 14


def test_a_camera_that_turns_its_pictures_by_exif_is_believed_as_it_is() -> None:
    upright = frame_from_compressed(Compressed(JPEG))
    exif = b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0"
    turned = JPEG[:2] + b"\xff\xe1" + (len(exif) + 2).to_bytes(2, "big") + exif + JPEG[2:]
    np.testing.assert_array_equal(frame_from_compressed(Compressed(turned)), upright)


REFUSED = {
    "nothing": (b"", "jpeg", "empty"),
    "text": (b"no picture at all", "jpeg", "encoding"),
    "a frame of video": (b"\0\0\0\x01\x67\x64\0\x1f" * 20, "h264", "encoding"),
    "a JPEG cut in the middle": (JPEG[:SCAN], "jpeg", "malformed"),
    "a JPEG cut before its end": (JPEG[:-30], "jpeg", "malformed"),
    "a PNG cut before its end": (PNG[:-30], "png", "malformed"),
    "a WebP cut before its end": (GOOD["WebP"][0][:-30], "webp", "malformed"),
    "a TIFF cut before its end": (GOOD["TIFF"][0][: len(GOOD["TIFF"][0]) // 2], "tiff", "malformed"),
    "compressed depth": (PNG, "16UC1; compressedDepth png", "depth"),
    "compressed depth in small letters": (PNG, "32FC1; compresseddepth", "depth"),
    "depth as a PNG": (encoded(".png", DEEP["grey"]), "16UC1; png compressed ", "depth"),
}


@pytest.mark.parametrize(("data", "told_format", "kind"), REFUSED.values(), ids=REFUSED)
def test_what_is_broken_or_depth_is_refused(data: bytes, told_format: str, kind: str) -> None:
    with pytest.raises(FrameError) as caught:
        frame_from_compressed(Compressed(data, told_format))
    assert caught.value.kind in (kind, "encoding" if "cut" in str(caught.value) else kind)


@pytest.mark.parametrize("extension", [".jpg", ".png", ".webp", ".bmp", ".tiff"])
def test_too_large_a_picture_is_not_decoded(extension: str, monkeypatch: pytest.MonkeyPatch) -> None:
    data = encoded(extension)
    monkeypatch.setattr(cv2, "imdecode", lambda *arguments: pytest.fail("was decoded"))
    with pytest.raises(FrameError, match="limit") as caught:
        frame_from_compressed(Compressed(data), max_megapixels=0.001)
    assert caught.value.kind == "too_large"
