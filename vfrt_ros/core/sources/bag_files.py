# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The files that a bag is made of, told by their names."""

from __future__ import annotations

from pathlib import Path

STORAGES = (".db3", ".mcap")
ROS1 = ".bag"
_UNFINISHED = ".bag.active"
METADATA = "metadata.yaml"


def is_bag(place: Path) -> bool:
    """True for a rosbag2 folder, also one without its metadata, a file of its storage, or a ROS 1 bag."""
    if place.is_dir():
        return (place / METADATA).is_file() or bool(storage_files(place))
    return place.is_file() and (place.suffix.lower() in (*STORAGES, ROS1) or place.name.endswith(_UNFINISHED))


def storage_files(folder: Path) -> list[Path]:
    """The files of a folder that hold messages, numbers in their names counting as numbers."""
    found = [path for path in folder.iterdir() if path.is_file() and path.suffix.lower() in STORAGES]
    return sorted(found, key=lambda path: (len(path.name), path.name))
