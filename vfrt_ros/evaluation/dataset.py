# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""A data set on disk: a folder of class folders, with or without a split."""

from __future__ import annotations

import csv
import logging
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from vfrt_ros.core.sources.images import EXTENSIONS, find_images
from vfrt_ros.core.types.counted import counted
from vfrt_ros.core.types.errors import SourceError, VfrtError, nearest, words_of
from vfrt_ros.core.types.label import normal_label

TABLE = "classes.csv"
SPLIT = ("train", "test")

Warn = Callable[[str], None]
_log = logging.getLogger(__name__)


class DatasetError(VfrtError):
    """A data set cannot be used as it is."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture file and what it shows."""

    path: Path
    label: str


@dataclass(frozen=True, slots=True)
class Dataset:
    """Pictures to learn from, and others to ask about.

    Attributes:
        folder: Where it is.
        labels: Sorted, each once.
        train: Pictures that examples are drawn from.
        test: Pictures that are asked about; none is also in `train`.
        given_split: True where the data have the split, False where it was drawn here.
    """

    folder: Path
    labels: tuple[str, ...]
    train: tuple[Picture, ...]
    test: tuple[Picture, ...]
    given_split: bool


def load_dataset(
    folder: Path, *, seed: int = 42, label_column: str = "label", warn: Warn = _log.warning
) -> Dataset:
    """Find the pictures of a data set.

    Args:
        folder: Has a folder for each class, or `train/` and `test/` that have. A `classes.csv` with the
            columns folder and label gives classes other names; without it a class is called like its folder.
            Folders of the same label are one class, and labels that look the same are the same.
        seed: Of the split, where the data have none: half of each class is for learning.
        label_column: The column of `classes.csv` that holds the label.
        warn: Gets one line for each class folder that is of no use; it is left out.

    Raises:
        DatasetError: `folder` does not exist, has no class folder with pictures, or does not fit its `classes.csv`.
    """
    try:
        folder = folder.expanduser()
        there = folder.is_dir()
        if there:
            next(folder.iterdir(), None)
    except (OSError, RuntimeError, ValueError) as error:
        raise DatasetError(f"The folder {folder} cannot be read: {words_of(error)}.") from error
    if not there:
        raise DatasetError(f"Expected a folder of class folders; there is no folder {folder}.")
    names = _read_table(folder / TABLE, label_column)
    given_split = all((folder / part).is_dir() for part in SPLIT)
    if given_split:
        train, test = (_pictures(folder / part, names, warn) for part in SPLIT)
    else:
        train, test = _split(_pictures(folder, names, warn), seed)
    _check_names(names, folder, given_split)
    labels = tuple(sorted({picture.label for picture in (*train, *test)}))
    return Dataset(folder, labels, tuple(train), tuple(test), given_split)


def with_enough(dataset: Dataset, shots: int, *, warn: Warn = _log.warning) -> Dataset:
    """The data set without the classes that have too few pictures for `shots` examples and one question.

    Args:
        dataset: What is left of it is returned.
        shots: Examples of each label, 0 or more.
        warn: Gets one line for each class that is left out.

    Raises:
        DatasetError: Fewer than two classes are left; it names the one with the fewest pictures.
    """
    short = _too_few(dataset, shots)
    if not short:
        return dataset
    if len(dataset.labels) - len(short) < 2:
        more = f" ({len(short) - 1} more classes have too few)" if len(short) > 1 else ""
        raise DatasetError(
            f"{min(short.values())[1]}{more}, and two classes are needed: add pictures, or ask for fewer shots."
        )
    for _, lack in short.values():
        warn(f"{lack}. It is left out.")
    return replace(
        dataset,
        labels=tuple(label for label in dataset.labels if label not in short),
        train=tuple(picture for picture in dataset.train if picture.label not in short),
        test=tuple(picture for picture in dataset.test if picture.label not in short),
    )


def _too_few(dataset: Dataset, shots: int) -> dict[str, tuple[int, str]]:
    """For each class that lacks pictures how many it has, and the sentence that says so."""
    short: dict[str, tuple[int, str]] = {}
    for what, pictures, least in (("learn from", dataset.train, shots), ("ask about", dataset.test, 1)):
        counts = Counter(picture.label for picture in pictures)
        for label in dataset.labels:
            if counts[label] < least and label not in short:
                short[label] = (
                    counts[label],
                    (
                        f"Class '{label}' has {counted(counts[label], 'picture')} to {what}; "
                        f"{counted(shots, 'shot')} need at least {least}"
                    ),
                )
    return short


def _pictures(folder: Path, names: Mapping[str, str], warn: Warn) -> list[Picture]:
    """The pictures of the class folders in a folder, by class and then by name."""
    found: list[Picture] = []
    refused: list[str] = []
    for place in sorted(path for path in folder.iterdir() if path.is_dir() and path.name[0] != "."):
        try:
            found += _class_pictures(place, names)
        except DatasetError as error:
            refused.append(str(error))
    if not found:
        first = f" {refused[0]}" if refused else ""
        raise DatasetError(f"Expected a folder for each class in {folder}; there is none of use.{first}")
    for text in refused:
        warn(f"{text} It is left out.")
    return found


def _class_pictures(place: Path, names: Mapping[str, str]) -> list[Picture]:
    if place.name != place.name.encode(errors="replace").decode():
        raise DatasetError(f"The name of the class folder {place} is no UTF-8: rename it.")
    label = normal_label(names.get(normal_label(place.name), place.name))
    if not label:
        raise DatasetError(f"The name of the class folder '{place}' is blank: rename it.")
    try:
        return [Picture(path, label) for path in find_images(str(place))]
    except SourceError as error:
        raise DatasetError(
            f"Class '{label}' has no picture in {place} (looked for {' '.join(EXTENSIONS)})."
        ) from error
    except OSError as error:
        raise DatasetError(f"The class folder {place} cannot be read: {words_of(error)}.") from error


def _split(pictures: list[Picture], seed: int) -> tuple[list[Picture], list[Picture]]:
    """Half of each class for learning, drawn at random, the other half for asking."""
    random = np.random.default_rng(seed)
    train, test = [], []
    for label in sorted({picture.label for picture in pictures}):
        own = [picture for picture in pictures if picture.label == label]
        order = random.permutation(len(own))
        half = (len(own) + 1) // 2
        train += [own[i] for i in sorted(order[:half])]
        test += [own[i] for i in sorted(order[half:])]
    return train, test


def _read_table(path: Path, label_column: str) -> dict[str, str]:
    """Label by folder name; nothing where there is no `classes.csv`."""
    if not path.is_file():
        if label_column != "label":
            raise DatasetError(f"There is no {path} to take the column '{label_column}' from.")
        return {}
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.DictReader(file)
            rows, columns = list(reader), reader.fieldnames or []
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DatasetError(f"{path} cannot be read: {words_of(error)}.") from error
    for column in ("folder", label_column):
        if column not in columns:
            raise DatasetError(f"{path} has no column '{column}'; it has {', '.join(columns) or 'none'}.")
    return {normal_label(row["folder"]): _label_of(row, label_column, path) for row in rows if row["folder"]}


def _label_of(row: Mapping[str, str | None], column: str, path: Path) -> str:
    label = normal_label(row[column] or "")
    if not label:
        raise DatasetError(f"{path} gives the folder '{row['folder']}' no {column}.")
    return label


def _check_names(names: Mapping[str, str], folder: Path, given_split: bool) -> None:
    places = [folder / part for part in SPLIT] if given_split else [folder]
    there = {normal_label(path.name) for place in places for path in place.iterdir() if path.is_dir()}
    for name in names:
        if name not in there:
            raise DatasetError(
                f"{folder / TABLE} names a folder '{name}' that is not there.{nearest(name, there)}"
            )
