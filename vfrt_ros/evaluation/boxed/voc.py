# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Boxes in Pascal VOC's XML, one file a picture. Source: VOC2012 development kit, section 9."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from pathlib import Path

from vfrt_ros.core.types.errors import words_of
from vfrt_ros.evaluation.boxed.picture import Thing, read_each
from vfrt_ros.evaluation.dataset import Warn


def read(folder: Path, warn: Warn) -> dict[str, list[Thing]] | None:
    """The things by the file name of their picture; None where there is no such file."""
    found: dict[str, list[Thing]] = {}
    for path in sorted(folder.rglob("*.xml")):
        try:
            root = ElementTree.parse(path).getroot()
            if root.tag != "annotation":
                continue
            name = root.findtext("filename") or path.stem
            found[name] = read_each(path, root.iter("object"), _thing, warn)
        except (OSError, ElementTree.ParseError, ValueError) as error:
            warn(f"{path} cannot be read as Pascal VOC: {words_of(error)}. It is left out.")
    return found or None


def _thing(part: ElementTree.Element) -> Thing:
    box = part.find("bndbox")
    if box is None:
        raise ValueError("an object has no bndbox")
    left, top, right, bottom = (
        float(box.findtext(side) or "nan") for side in ("xmin", "ymin", "xmax", "ymax")
    )
    # Its pixels are counted from 1, and the last one is within.
    return Thing(part.findtext("name") or "", (left - 1, top - 1, right - left + 1, bottom - top + 1))
