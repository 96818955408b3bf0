# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""A folder of pictures with boxes, in whichever of three formats its boxes are."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from vfrt_ros.core.sources.check_readable import check_readable
from vfrt_ros.core.sources.images import EXTENSIONS
from vfrt_ros.core.types.counted import counted
from vfrt_ros.core.types.label import normal_label
from vfrt_ros.evaluation.boxed import coco, voc, yolo
from vfrt_ros.evaluation.boxed.picture import BoxedPicture, Thing
from vfrt_ros.evaluation.dataset import DatasetError, Warn

READERS: dict[str, Callable[[Path, Warn], Mapping[str, list[Thing]] | None]] = {
    "COCO": coco.read,
    "Pascal VOC": voc.read,
    "YOLO": yolo.read,
}
"""By format: gives the things by the name of their picture, or None where the folder has no such file."""
_log = logging.getLogger(__name__)


def load_boxed(folder: Path, *, warn: Warn = _log.warning) -> tuple[str, list[BoxedPicture]]:
    """Find the pictures of a folder and the boxes in them.

    Args:
        folder: Has pictures anywhere below it, and COCO JSON, Pascal VOC XML or YOLO text files.
        warn: Gets one line for each file that is of no use; it is left out.

    Returns:
        The format, and the pictures with at least one thing, by path.

    Raises:
        DatasetError: There is no such folder, no picture, or nothing that says where things are.
        SourceError: The folder may not be read.
    """
    folder = folder.expanduser()
    check_readable(folder)
    if not folder.is_dir():
        raise DatasetError(f"Expected a folder of pictures with boxes; there is no folder {folder}.")
    pictures = [path for path in sorted(folder.rglob("*")) if path.suffix.lower() in EXTENSIONS]
    if not pictures:
        raise DatasetError(f"Expected pictures in {folder}; there is none ({' '.join(EXTENSIONS)}).")
    by_name = _by_name(pictures)
    for kind, read in READERS.items():
        found = read(folder, warn)
        if found is None:
            continue
        boxed = []
        for name, things in sorted(found.items()):
            meant = _meant(name, by_name)
            if len(meant) != 1:
                are = f"are {counted(len(meant), 'picture')}" if meant else "is no picture"
                warn(f"There {are} '{name}' in {folder}. Its boxes are left out.")
                continue
            usable = tuple(thing for thing in map(_named, things) if thing.label)
            if usable:
                boxed.append(BoxedPicture(meant[0], usable))
        if not boxed:
            raise DatasetError(f"The {kind} files in {folder} have no box in any of its pictures.")
        return kind, boxed
    raise DatasetError(
        f"Nothing in {folder} says where things are: expected COCO JSON, Pascal VOC XML or YOLO text files."
    )


def _by_name(pictures: Iterable[Path]) -> dict[str, list[Path]]:
    """The pictures of each name, and of each without its ending."""
    found: dict[str, list[Path]] = defaultdict(list)
    for path in pictures:
        found[path.name].append(path)
        found[path.stem].append(path)
    return found


def _meant(name: str, pictures: Mapping[str, list[Path]]) -> list[Path]:
    """The pictures that a name may mean, a path or not: of several, those in the folders that it names."""
    path = Path(name)
    found = pictures.get(path.name) or pictures.get(path.stem) or []
    if len(found) < 2:
        return found
    ends = (f"/{path.as_posix()}", f"/{path.with_suffix('').as_posix()}")
    exact = [one for one in found if str(one).endswith(ends) or str(one.with_suffix("")).endswith(ends)]
    return exact or found


def _named(thing: Thing) -> Thing:
    return Thing(normal_label(thing.label), thing.numbers, thing.shares)
