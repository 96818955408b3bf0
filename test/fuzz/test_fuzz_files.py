# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Configuration files and picture files of any content: read, or refused in one line of ours."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from vfrt_ros.core.config.settings import CameraSettings
from vfrt_ros.core.report.snapshot import check_name, snapshot_folder
from vfrt_ros.core.sources.images import load_image
from vfrt_ros.core.sources.open_source import open_source
from vfrt_ros.core.types.errors import SettingError, SourceError
from vfrt_ros.parameter_file import file_values, find_parameter_file

keys = st.sampled_from(["recognition", "camera", "/**", "*", "ros__parameters", "k", "source", "/", ""])
leaves = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8))
trees = st.recursive(
    leaves, lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(keys, inner, max_size=3))
)
LAUGHS = (
    "[&a [1,1,1,1,1,1,1,1,1],"
    + ",".join(f"&{b} [{','.join(['*' + a] * 9)}]" for a, b in pairwise("abcdefgh"))
    + "]"
)
ODD = [
    "2001-99-99",
    "[" * 400,
    "&a [*a]",
    "&a {recognition: *a}",
    LAUGHS,
    "!!python/object:os.system x",
    "a: b: c",
    "\0",
    "%",
]
contents = st.one_of(
    trees.map(lambda tree: yaml.safe_dump(tree).encode("utf-8", "surrogatepass")),
    st.binary(max_size=60),
    st.sampled_from([text.encode() for text in ODD]),
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("files")


def odd_examples(test: Any) -> Any:
    for text in ODD:
        test = example(content=text.encode())(test)
    return test


@odd_examples
@given(content=contents)
def test_a_parameter_file_is_read_or_refused(folder: Path, content: bytes) -> None:
    path = folder / "parameters.yaml"
    path.write_bytes(content)
    try:
        values = file_values(path, "recognition")
    except SettingError as error:
        assert "\n" not in str(error)
        return
    assert isinstance(values, dict)


matrices = st.dictionaries(
    st.sampled_from(["data", "rows"]), st.one_of(leaves, st.lists(leaves, max_size=12))
)
calibrations = st.fixed_dictionaries(
    {"image_width": st.sampled_from([64, 65, None]), "image_height": st.just(48)},
    optional={
        "distortion_model": leaves,
        "distortion_coefficients": matrices,
        "camera_matrix": st.one_of(matrices, st.just({"data": [10**400] * 9}), st.just({"data": [1] * 9})),
        "rectification_matrix": st.just({"data": [1.0] * 9}),
        "projection_matrix": st.just({"data": [1.0] * 12}),
    },
)


@odd_examples
@example(content=yaml.safe_dump({
    "image_width": 64, "image_height": 48, "distortion_coefficients": {"data": [10**400]},
}).encode())  # fmt: skip
@given(content=st.one_of(contents, calibrations.map(lambda c: yaml.safe_dump(c).encode())))
def test_a_calibration_is_read_or_refused(folder: Path, content: bytes) -> None:
    pytest.importorskip("rclpy")
    from vfrt_ros.nodes.camera_info import load_camera_info

    path = folder / "calibration.yaml"
    path.write_bytes(content)
    try:
        info = load_camera_info(str(path), (64, 48))
    except SettingError as error:
        assert "\n" not in str(error)
        return
    assert (info.width, info.height) == (64, 48)


@given(content=st.binary(max_size=200), suffix=st.sampled_from([".png", ".jpg", ".tif", ".bmp", ".webp"]))
def test_a_picture_file_is_read_or_refused(folder: Path, content: bytes, suffix: str) -> None:
    path = folder / f"picture{suffix}"
    path.write_bytes(content)
    try:
        image = load_image(path)
    except SourceError:
        return
    assert image.ndim == 3
    assert image.dtype == np.uint8


paths = st.text(max_size=30).filter(lambda text: not text.strip().isdigit() and "://" not in text)


@example(text="\0")
@example(text="~nobody-of-this-name/x")
@example(text="x" * 5000)
@example(text="[")
@example(text="²")
@example(text="/nowhere/\n[")
@example(text="/nowhere/²")
@example(text="\ud800")
@given(
    text=paths.map("/nowhere/".__add__) | st.sampled_from(["", " ", "~", ".", "*", "[", "\0", "~nobody/x"])
)
def test_any_text_names_a_source_a_parameter_file_or_nothing(text: str) -> None:
    for find, error in ((find_parameter_file, SettingError), (_open, (SettingError, SourceError))):
        try:
            find(text)
        except error as found:
            assert "\n" not in str(found)


def _open(text: str) -> None:
    open_source(CameraSettings(source=text), warn=lambda line: None).close()


@example(name="../x")
@example(name="..")
@example(name="a/../../x")
@example(name="/etc/passwd")
@example(name="a\0b")
@example(name="con\n")
@given(name=st.text(max_size=120))
def test_a_name_stays_in_the_folder_or_is_refused(name: str) -> None:
    from vfrt_ros.core.types.errors import RequestError

    try:
        checked = check_name(name)
    except RequestError:
        return
    folder = snapshot_folder("/somewhere")
    assert (folder / checked).resolve().parent == folder.resolve()
