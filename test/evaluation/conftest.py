# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Small data sets of pictures that the fake encoder tells apart, and a cache of its own."""

from __future__ import annotations

from pathlib import Path

import cv2
import pytest
from fixtures.own_cache import own_cache  # noqa: F401
from fixtures.pictures import picture

COLOURS = ("red", "green", "blue", "yellow", "cyan", "magenta", "orange", "black")


def write_classes(folder: Path, count: int, colours: tuple[str, ...] = COLOURS, first: int = 0) -> Path:
    """Write `count` pictures of each colour into a folder of its name."""
    for colour in colours:
        (folder / colour).mkdir(parents=True, exist_ok=True)
        for variant in range(first, first + count):
            cv2.imwrite(str(folder / colour / f"{variant}.png"), picture(colour, variant, (64, 48)))
    return folder


@pytest.fixture
def split_folder(tmp_path: Path) -> Path:
    """Eight colours with 4 pictures to learn from and 3 to ask about."""
    write_classes(tmp_path / "data" / "train", 4)
    write_classes(tmp_path / "data" / "test", 3, first=4)
    return tmp_path / "data"
