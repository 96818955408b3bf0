# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Boxes in COCO's JSON. Source: https://cocodataset.org/#format-data"""

from __future__ import annotations

import json
from collections import defaultdict
from pathlib import Path
from typing import Any

from vfrt_ros.core.types.errors import words_of
from vfrt_ros.evaluation.boxed.picture import Thing, read_each
from vfrt_ros.evaluation.dataset import Warn

PARTS = ("images", "annotations", "categories")


def read(folder: Path, warn: Warn) -> dict[str, list[Thing]] | None:
    """The things by the file name of their picture; None where there is no such file."""
    found: dict[str, list[Thing]] = defaultdict(list)
    seen = False
    for path in sorted([*folder.glob("*.json"), *folder.glob("annotations/*.json")]):
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
            if not isinstance(content, dict) or not all(
                isinstance(content.get(part), list) for part in PARTS
            ):
                continue
            things = _things(path, content, warn)
        except (OSError, ValueError, AttributeError, KeyError, TypeError) as error:
            warn(f"{path} cannot be read as COCO: {words_of(error)}. It is left out.")
            continue
        seen = True
        for name, thing in things:
            found[name].append(thing)
    return dict(found) if seen else None


def _things(path: Path, content: dict[str, Any], warn: Warn) -> list[tuple[str, Thing]]:
    names = {image["id"]: str(image["file_name"]) for image in content["images"]}
    labels = {category["id"]: str(category["name"]) for category in content["categories"]}

    def thing(entry: dict[str, Any]) -> tuple[str, Thing] | None:
        if entry.get("iscrowd"):
            return None
        x, y, width, height = (float(number) for number in entry["bbox"])
        return names[entry["image_id"]], Thing(labels[entry["category_id"]], (x, y, width, height))

    return read_each(path, content["annotations"], thing, warn)
