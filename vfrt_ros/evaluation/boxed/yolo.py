# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Boxes in YOLO's text files, one a picture. Source: https://docs.ultralytics.com/datasets/detect/"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from vfrt_ros.core.config.yaml_text import read_yaml
from vfrt_ros.evaluation.boxed.picture import Thing
from vfrt_ros.evaluation.dataset import Warn

NAMES = ("classes.txt", "obj.names")


def read(folder: Path, warn: Warn) -> dict[str, list[Thing]] | None:
    """The things by the path of their picture without its ending; None where there is no such file."""
    names = _names(folder)
    found: dict[str, list[Thing]] = {}
    for path in sorted(folder.rglob("*.txt")):
        if path.name in NAMES or path.name.lower().startswith("readme"):
            continue
        try:
            lines = path.read_text(encoding="utf-8").splitlines()
            things = [_thing(line.split(), names) for line in lines if line.strip()]
            found[_picture_of(path.relative_to(folder))] = things
        except (OSError, ValueError) as error:
            warn(f"{path} cannot be read as YOLO: {error}. It is left out.")
    return found or None


def _picture_of(path: Path) -> str:
    """Where the picture of a text file is: beside it, or in `images` where that is in `labels`.

    >>> _picture_of(Path("train/labels/7.5.txt"))
    'train/images/7.5'
    """
    folders = ("images" if part == "labels" else part for part in path.parent.parts)
    return Path(*folders, path.stem).as_posix()


def _thing(words: Sequence[str], names: dict[int, str]) -> Thing:
    if len(words) < 5:
        raise ValueError("expected a class and four numbers in each line")
    number = int(words[0])
    x, y, width, height = (float(word) for word in words[1:5])
    return Thing(
        names.get(number, f"class {number}"), (x - width / 2, y - height / 2, width, height), shares=True
    )


def _names(folder: Path) -> dict[int, str]:
    """The labels by number, of `classes.txt` or the `names` of a YAML file; numbers stand for themselves."""
    for name in NAMES:
        if (folder / name).is_file():
            lines = (folder / name).read_text(encoding="utf-8", errors="replace").splitlines()
            return dict(enumerate(line.strip() for line in lines))
    for path in sorted([*folder.glob("*.yaml"), *folder.glob("*.yml")]):
        try:
            content = read_yaml(path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            continue
        names = content.get("names") if isinstance(content, dict) else None
        if isinstance(names, list):
            return {number: str(name) for number, name in enumerate(names)}
        if isinstance(names, dict):
            return {number: str(name) for number, name in names.items() if isinstance(number, int)}
    return {}
