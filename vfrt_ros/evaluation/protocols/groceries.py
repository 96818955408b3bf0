# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The Grocery Store Dataset: 81 products, learned from all of `train`, product after product.

Source: Klasson et al., "A Hierarchical Grocery Store Image Dataset with Visual and Semantic Labels", WACV 2019.
"""

from __future__ import annotations

from pathlib import Path

from vfrt_ros.evaluation.dataset import TABLE, DatasetError, load_dataset
from vfrt_ros.evaluation.protocols.course import Course, Lesson

MOST_AT_ONCE = 8
"""Pictures of a registration."""


def products(folder: Path, frames: int) -> list[Course]:
    """Product after product; the pictures of a product in registrations of eight.

    Args:
        folder: With `classes.csv`, `train/` and `test/`, a folder for each product.
        frames: Of each product in each part, evenly spread; 0 = all.

    Raises:
        DatasetError: The layout is another.
    """
    if not (folder / TABLE).is_file() or not all((folder / part).is_dir() for part in ("train", "test")):
        raise DatasetError(f"Expected {TABLE}, train/ and test/ of the Grocery Store Dataset in {folder}.")
    dataset = load_dataset(folder)
    lessons = []
    for label in dataset.labels:
        own = [picture.path for picture in dataset.train if picture.label == label]
        own = own[:frames] if frames else own
        lessons += [
            Lesson(label, tuple(own[start : start + MOST_AT_ONCE]))
            for start in range(0, len(own), MOST_AT_ONCE)
        ]
    taught = {lesson.label for lesson in lessons}
    return [Course("all products", tuple(lessons), tuple(one for one in dataset.test if one.label in taught))]
