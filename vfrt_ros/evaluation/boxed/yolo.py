# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Boxes in YOLO's text files, one a picture. Source: https://docs.ultralytics.com/datasets/detect/"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from vfrt_ros.core.config.yaml_text import read_yaml
from vfrt_ros.core.types.errors import words_of
from vfrt_ros.evaluation.boxed.picture import Thing, read_each
from vfrt_ros.evaluation.dataset import Warn

NAMES = ("classes.txt", "obj.names")


def read(folder: Path, warn: Warn) -> dict[str, list[Thing]] | None:
    """The things by the path of their picture without its ending; None where there is no such file."""
    outlines = not any("kpt_shape" in content for content in _descriptions(folder))
    thing = partial(_thing, names=_names(folder), outlines=outlines)
    found: dict[str, list[Thing]] = {}
    for path in sorted(folder.rglob("*.txt")):
        if path.name in NAMES or path.name.lower().startswith("readme"):
            continue
        try:
            lines = path.read_text(encoding="utf-8").splitlines()
            words = [line.split() for line in lines if line.strip()]
            found[_picture_of(path.relative_to(folder))] = read_each(path, words, thing, warn)
        except (OSError, ValueError) as error:
            warn(f"{path} cannot be read as YOLO: {words_of(error)}. It is left out.")
    return found or None


def _picture_of(path: Path) -> str:
    """Where the picture of a text file is: beside it, or in `images` where that is in `labels`.

    >>> _picture_of(Path("train/labels/7.5.txt"))
    'train/images/7.5'
    """
    folders = ("images" if part == "labels" else part for part in path.parent.parts)
    return Path(*folders, path.stem).as_posix()


def _thing(words: Sequence[str], names: Mapping[int, str], outlines: bool) -> Thing:
    """A line of a file: a class and a box, a score or keypoints behind it; or a class and the points of an outline."""
    if len(words) < 5:
        raise ValueError("expected a class and four numbers in each line")
    label = names.get(int(words[0]), f"class {int(words[0])}")
    numbers = [float(word) for word in words[1:]]
    if outlines and len(numbers) > 5:
        left, right, top, bottom = (
            min(numbers[::2]),
            max(numbers[::2]),
            min(numbers[1::2]),
            max(numbers[1::2]),
        )
        return Thing(label, (left, top, right - left, bottom - top), shares=True)
    x, y, width, height = numbers[:4]
    return Thing(label, (x - width / 2, y - height / 2, width, height), shares=True)


def _names(folder: Path) -> dict[int, str]:
    """The labels by number, of `classes.txt` or the `names` of a YAML file; numbers stand for themselves."""
    for name in NAMES:
        if (folder / name).is_file():
            lines = (folder / name).read_text(encoding="utf-8", errors="replace").splitlines()
            return dict(enumerate(line.strip() for line in lines))
    for content in _descriptions(folder):
        names = content.get("names")
        if isinstance(names, list):
            return {number: str(name) for number, name in enumerate(names)}
        if isinstance(names, dict):
            return {number: str(name) for number, name in names.items() if isinstance(number, int)}
    return {}


def _descriptions(folder: Path) -> Iterator[dict[str, Any]]:
    """The contents of the YAML files of a folder."""
    for path in sorted([*folder.glob("*.yaml"), *folder.glob("*.yml")]):
        try:
            content = read_yaml(path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            continue
        if isinstance(content, dict):
            yield content
