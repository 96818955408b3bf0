# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The Grocery Store Dataset: 81 products, learned from all of `train`, product after product.

Source: Klasson et al., "A Hierarchical Grocery Store Image Dataset with Visual and Semantic Labels", WACV 2019. Layout:
github.com/marcusklasson/GroceryStoreDataset, folder `dataset/`: `train.txt` (2640 lines) and `test.txt` (2485) name
each picture and the number of its product, `classes.csv` the products. The later `val.txt` is not used.
"""

from __future__ import annotations

import csv
from pathlib import Path

from vfrt_ros.evaluation.dataset import DatasetError, Picture
from vfrt_ros.evaluation.protocols.course import Course, Lesson, spread

TABLE, LEARNED, ASKED = "classes.csv", "train.txt", "test.txt"
NAME, NUMBER = "Class Name (str)", "Class ID (int)"
MOST_AT_ONCE = 8
"""Pictures of a registration."""


def products(folder: Path, frames: int) -> list[Course]:
    """Product after product; the pictures of a product in registrations of eight.

    Args:
        folder: The repository, or its folder `dataset/`.
        frames: Of each product in each part, evenly spread; 0 = all.

    Raises:
        DatasetError: The layout is another, or pictures that the lists name are missing.
    """
    top = folder / "dataset" if (folder / "dataset").is_dir() else folder
    names = _names(top / TABLE)
    learned, asked = (_listed(top, part, names) for part in (LEARNED, ASKED))
    lessons = [
        Lesson(label, own[start : start + MOST_AT_ONCE])
        for label, every in learned.items()
        for own in [spread(every, frames)]
        for start in range(0, len(own), MOST_AT_ONCE)
    ]
    questions = [
        Picture(path, label)
        for label, every in asked.items()
        if label in learned
        for path in spread(every, frames)
    ]
    return [Course("all products", tuple(lessons), tuple(questions))]


def _names(table: Path) -> dict[str, str]:
    """The name of a product by its number."""
    rows = list(csv.DictReader(_lines(table)))
    if not rows or not {NAME, NUMBER} <= rows[0].keys():
        raise DatasetError(f"Expected the columns '{NAME}' and '{NUMBER}' in {table}.")
    return {(row[NUMBER] or "").strip(): (row[NAME] or "").strip() for row in rows}


def _listed(top: Path, part: str, names: dict[str, str]) -> dict[str, list[Path]]:
    """The pictures of each product that a list names, in its order: `path, number, number of the kind`."""
    found: dict[str, list[Path]] = {}
    for line in filter(str.strip, _lines(top / part)):
        path, _, numbers = line.partition(",")
        number = numbers.partition(",")[0].strip()
        if number not in names:
            raise DatasetError(f"{top / part} gives '{path}' the product '{number}', which {TABLE} lacks.")
        found.setdefault(names[number], []).append(top / path.strip())
    missing = [path for every in found.values() for path in every if not path.is_file()]
    if missing or not found:
        first = f"{len(missing)} are missing, the first {missing[0]}" if missing else "it names none"
        raise DatasetError(f"Expected the pictures that {top / part} names; {first}.")
    return found


def _lines(file: Path) -> list[str]:
    try:
        return file.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise DatasetError(
            f"Expected {TABLE}, {LEARNED} and {ASKED} of the Grocery Store Dataset in {file.parent}; "
            f"{file.name} cannot be read."
        ) from error
