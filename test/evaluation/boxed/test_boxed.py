# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Pictures with boxes: three formats of the same boxes, what is wrong with files, and what comes out."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from fixtures.forbidden import forbid_below
from fixtures.pictures import picture

from vfrt_ros.core.config.settings import RecognitionSettings
from vfrt_ros.core.encoders import load_encoders
from vfrt_ros.core.factory import encoder_settings
from vfrt_ros.core.types.errors import SourceError
from vfrt_ros.core.types.region import Box
from vfrt_ros.evaluation.boxed.features import features_of, see_things, usable
from vfrt_ros.evaluation.boxed.finding import find
from vfrt_ros.evaluation.boxed.load import load_boxed
from vfrt_ros.evaluation.dataset import DatasetError

WIDTH, HEIGHT, SIDE = 320, 240, 100
PLACES = (Box(10, 20, SIDE, SIDE), Box(200, 120, SIDE, SIDE))
COLOURS = ("red", "blue", "green", "yellow")


def things_of(number: int) -> list[tuple[str, Box]]:
    """Two things in each picture, one after the other through the colours."""
    return [(COLOURS[(number + i) % len(COLOURS)], place) for i, place in enumerate(PLACES)]


def draw(folder: Path, count: int = 16) -> Path:
    """Pictures with coloured things."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(count):
        frame = np.full((HEIGHT, WIDTH, 3), 128, np.uint8)
        for label, box in things_of(number):
            thing = picture(label, number, size=(box.width, box.height))
            frame[box.y : box.bottom, box.x : box.right] = thing
        cv2.imwrite(str(folder / f"{number:03}.png"), frame)
    return folder


def as_coco(folder: Path, count: int = 16) -> None:
    draw(folder / "images", count)
    annotations = [
        {
            "image_id": number,
            "category_id": COLOURS.index(label),
            "bbox": [box.x, box.y, box.width, box.height],
        }
        for number in range(count)
        for label, box in things_of(number)
    ]
    content = {
        "images": [{"id": number, "file_name": f"{number:03}.png"} for number in range(count)],
        "categories": [{"id": number, "name": label} for number, label in enumerate(COLOURS)],
        "annotations": annotations,
    }
    (folder / "annotations").mkdir()
    (folder / "annotations" / "instances.json").write_text(json.dumps(content))


def as_voc(folder: Path, count: int = 16) -> None:
    draw(folder / "JPEGImages", count)
    (folder / "Annotations").mkdir()
    for number in range(count):
        objects = "".join(
            f"<object><name>{label}</name><bndbox><xmin>{box.x + 1}</xmin><ymin>{box.y + 1}</ymin>"
            f"<xmax>{box.right}</xmax><ymax>{box.bottom}</ymax></bndbox></object>"
            for label, box in things_of(number)
        )
        text = f"<annotation><filename>{number:03}.png</filename>{objects}</annotation>"
        (folder / "Annotations" / f"{number:03}.xml").write_text(text)


def as_yolo(folder: Path, count: int = 16) -> None:
    draw(folder / "images", count)
    (folder / "labels").mkdir()
    (folder / "data.yaml").write_text(f"names: [{', '.join(COLOURS)}]\n")
    for number in range(count):
        lines = [
            f"{COLOURS.index(label)} {(box.x + box.width / 2) / WIDTH} {(box.y + box.height / 2) / HEIGHT} "
            f"{box.width / WIDTH} {box.height / HEIGHT}"
            for label, box in things_of(number)
        ]
        (folder / "labels" / f"{number:03}.txt").write_text("\n".join(lines))


FORMATS: dict[str, Callable[[Path], None]] = {"COCO": as_coco, "Pascal VOC": as_voc, "YOLO": as_yolo}


@pytest.fixture(autouse=True)
def _cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def no_warning(text: str) -> None:
    raise AssertionError(text)


@pytest.mark.parametrize("kind", FORMATS)
def test_each_format_gives_the_same_boxes(tmp_path: Path, kind: str) -> None:
    FORMATS[kind](tmp_path / "data")
    found, pictures = load_boxed(tmp_path / "data", warn=no_warning)
    assert (found, len(pictures)) == (kind, 16)
    for number, boxed in enumerate(pictures):
        assert boxed.path.name == f"{number:03}.png"
        given = [(thing.label, thing.pixels(WIDTH, HEIGHT)) for thing in boxed.things]
        for (label, numbers), (expected, box) in zip(given, things_of(number), strict=True):
            assert label == expected
            assert numbers == pytest.approx((box.x, box.y, box.width, box.height))


def as_roboflow(folder: Path) -> None:
    """The same names in two parts, and with dots."""
    as_yolo(folder / "train")
    as_yolo(folder / "valid", 2)
    (folder / "data.yaml").write_text(f"names: [{', '.join(COLOURS)}]\n")
    for path in sorted(folder.rglob("0*")):
        path.rename(path.with_name(f"{path.stem}_png.rf.abc{path.suffix}"))
    (folder / "valid" / "labels" / "000_png.rf.abc.txt").write_text("3 .5 .5 .2 .2")


def test_pictures_of_one_name_are_told_apart_by_their_folders(tmp_path: Path) -> None:
    as_roboflow(tmp_path)
    _, pictures = load_boxed(tmp_path, warn=no_warning)
    assert len(pictures) == 18
    found = {str(boxed.path.relative_to(tmp_path)): len(boxed.things) for boxed in pictures}
    assert (found["train/images/000_png.rf.abc.png"], found["valid/images/000_png.rf.abc.png"]) == (2, 1)


def test_pictures_of_one_name_that_nothing_tells_apart_are_left_out(tmp_path: Path) -> None:
    as_coco(tmp_path)
    draw(tmp_path / "more", 1)
    said: list[str] = []
    _, pictures = load_boxed(tmp_path, warn=said.append)
    assert (len(pictures), len(said)) == (15, 1)
    assert "2 pictures '000.png'" in said[0]


BAD: dict[str, tuple[Callable[[Path], Any], str]] = {
    "COCO": (lambda folder: (folder / "annotations" / "more.json").write_text("{broken"), "more.json"),
    "Pascal VOC": (lambda folder: (folder / "Annotations" / "x.xml").write_text("<annotation>"), "x.xml"),
    "YOLO": (lambda folder: (folder / "labels" / "x.txt").write_text("0 0.5"), "x.txt"),
}


@pytest.mark.parametrize("kind", BAD)
def test_a_bad_file_is_named_and_left_out(tmp_path: Path, kind: str) -> None:
    FORMATS[kind](tmp_path / "data")
    spoil, name = BAD[kind]
    spoil(tmp_path / "data")
    told: list[str] = []
    _, pictures = load_boxed(tmp_path / "data", warn=told.append)
    assert len(pictures) == 16
    assert any(name in text for text in told)


def coco_without_a_box(folder: Path) -> Path:
    path = folder / "annotations" / "instances.json"
    content = json.loads(path.read_text())
    content["annotations"] += [
        "text",
        {"image_id": 0, "category_id": 0},
        {"image_id": 99, "category_id": 0, "bbox": [0, 0, 9, 9]},
    ]
    path.write_text(json.dumps(content))
    return path


def voc_without_a_box(folder: Path) -> Path:
    path = folder / "Annotations" / "000.xml"
    path.write_text(
        path.read_text().replace("</annotation>", "<object><name>red</name></object></annotation>")
    )
    return path


def yolo_without_a_box(folder: Path) -> Path:
    path = folder / "labels" / "000.txt"
    path.write_text(path.read_text() + "\n0 nothing\n")
    return path


SPOILT = {"COCO": coco_without_a_box, "Pascal VOC": voc_without_a_box, "YOLO": yolo_without_a_box}


@pytest.mark.parametrize("kind", SPOILT)
def test_a_bad_box_is_left_out_and_the_others_of_its_file_count(tmp_path: Path, kind: str) -> None:
    FORMATS[kind](tmp_path / "data")
    path = SPOILT[kind](tmp_path / "data")
    told: list[str] = []
    _, pictures = load_boxed(tmp_path / "data", warn=told.append)
    assert [len(boxed.things) for boxed in pictures] == [2] * 16
    assert (len(told), str(path) in told[0]) == (1, True)


def test_an_outline_of_yolo_is_the_box_around_it_unless_it_has_keypoints(tmp_path: Path) -> None:
    as_yolo(tmp_path)
    line = "1 .2 .3 .6 .1 .4 .5 .3 .4"
    (tmp_path / "labels" / "000.txt").write_text(line)
    outline = load_boxed(tmp_path, warn=no_warning)[1][0].things[0]
    assert outline.numbers == pytest.approx((0.2, 0.1, 0.4, 0.4))
    (tmp_path / "data.yaml").write_text("kpt_shape: [2, 2]\n")
    keypoints = load_boxed(tmp_path, warn=no_warning)[1][0].things[0]
    assert keypoints.numbers == pytest.approx((-0.1, 0.25, 0.6, 0.1))


def test_boxes_without_a_picture_are_named(tmp_path: Path) -> None:
    as_voc(tmp_path / "data")
    (tmp_path / "data" / "JPEGImages" / "003.png").unlink()
    told: list[str] = []
    assert len(load_boxed(tmp_path / "data", warn=told.append)[1]) == 15
    assert "003.png" in told[0]


@pytest.mark.parametrize("make", [lambda folder: None, lambda folder: folder.mkdir(), draw])
def test_a_folder_that_is_of_no_use_is_refused(tmp_path: Path, make: Callable[[Path], Any]) -> None:
    make(tmp_path / "data")
    with pytest.raises(DatasetError):
        load_boxed(tmp_path / "data")


def test_things_are_told_apart_by_their_crops(tmp_path: Path) -> None:
    """Each picture has two things, so by the whole picture no more than half can be right."""
    as_coco(tmp_path / "data", 24)
    settings = RecognitionSettings(backbone="fake")
    encoders = load_encoders(**encoder_settings(settings))
    seen = see_things(load_boxed(tmp_path / "data")[1], encoders, seed=0, warn=no_warning)
    things = usable(seen, 2, warn=no_warning)
    right = {}
    for whole in (False, True):
        features = features_of(things, encoders, whole=whole)
        means = np.stack(
            [features.train[features.train_labels == i].mean(axis=0) for i in range(len(COLOURS))]
        )
        right[whole] = float(((features.test @ means.T).argmax(axis=1) == features.test_labels).mean())
    assert right[False] == 1.0
    assert right[True] < 0.8
    with pytest.raises(DatasetError, match="boxes to learn from"):
        usable(seen, 100, warn=no_warning)


def test_a_source_is_measured_by_what_it_finds(tmp_path: Path) -> None:
    as_coco(tmp_path / "data")
    settings = RecognitionSettings(backbone="fake")
    encoders = load_encoders(**encoder_settings(settings))
    things = see_things(load_boxed(tmp_path / "data")[1], encoders, seed=0, warn=no_warning)
    result = find(things, encoders, settings, source="grid", ways=2, shots=3)
    assert result.pictures == 8
    assert 0 < result.boxes <= 16
    assert result.named <= result.found <= result.boxes
    plain = result.as_dict()
    assert 0.0 <= plain["recall"] <= 1.0
    assert plain["false boxes a picture"] >= 0.0


def test_a_folder_that_may_not_be_read_is_told_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    forbid_below(monkeypatch, tmp_path)
    with pytest.raises(SourceError, match="No permission to read"):
        load_boxed(tmp_path / "data")
