# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Pictures with boxes as an encoder sees them: each thing by its crop, and by the whole picture that it is in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
from tqdm import tqdm

from vfrt_ros.core.encoders import Encoders
from vfrt_ros.core.frames.regions.crop import crop
from vfrt_ros.core.scoring.prompts import PROMPT_TEMPLATES, text_prototypes
from vfrt_ros.core.sources.images import load_image
from vfrt_ros.core.types.errors import SourceError
from vfrt_ros.core.types.region import Box, check_regions
from vfrt_ros.evaluation.boxed.picture import BoxedPicture
from vfrt_ros.evaluation.dataset import DatasetError, Warn
from vfrt_ros.evaluation.features import Features
from vfrt_ros.evaluation.progress import progress_settings


@dataclass(frozen=True, slots=True, eq=False)
class SeenThing:
    """One thing of a picture after encoding.

    Attributes:
        picture: The file.
        box: In it.
        label: What it is.
        crop, whole: (d,) float32, unit norm: of the box, and of the whole picture.
        train: Examples are drawn from it; else it is asked about.
    """

    picture: Path
    box: Box
    label: str
    crop: npt.NDArray[np.float32]
    whole: npt.NDArray[np.float32]
    train: bool


def see_things(
    pictures: Sequence[BoxedPicture], encoders: Encoders, *, seed: int, warn: Warn, progress: bool = False
) -> list[SeenThing]:
    """Encode every thing of every picture; half of the pictures, drawn at random, are to learn from.

    Args:
        pictures: As `load_boxed` gives them.
        encoders: The backbone is used.
        seed: Of the split.
        warn: Gets one line for each picture or box that is of no use; it is left out.
        progress: Show how far it is on stderr.
    """
    order = np.random.default_rng(seed).permutation(len(pictures))
    train = {pictures[i].path for i in order[: (len(pictures) + 1) // 2]}
    things: list[SeenThing] = []
    for picture in tqdm(pictures, desc="encoding", unit="picture", **progress_settings(progress)):
        try:
            frame = load_image(picture.path)
        except SourceError as error:
            warn(f"{error} It is left out.")
            continue
        height, width = frame.shape[:2]
        given = [
            (*thing.pixels(width, height), number, 0.0) for number, thing in enumerate(picture.things, 1)
        ]
        checked = check_regions(given, width, height, len(given))
        for fault, count in checked.faults.items():
            warn(f"{picture.path}: {count} of its boxes left out: {fault.words}.")
        cuts = [frame, *(crop(frame, region.box) for region in checked.regions)]
        rows = encoders.backbone.encode_images([cv2.cvtColor(cut, cv2.COLOR_BGR2RGB) for cut in cuts])
        things += [
            SeenThing(
                picture.path,
                region.box,
                picture.things[region.id - 1].label,
                row,
                rows[0],
                picture.path in train,
            )
            for region, row in zip(checked.regions, rows[1:], strict=True)
        ]
    return things


def usable(things: Sequence[SeenThing], shots: int, *, warn: Warn) -> list[SeenThing]:
    """The things whose label has enough others to learn from and at least one to ask about.

    Raises:
        DatasetError: Fewer than two labels have.
    """
    learned = Counter(thing.label for thing in things if thing.train)
    asked = Counter(thing.label for thing in things if not thing.train)
    labels = sorted({thing.label for thing in things})
    enough = {label for label in labels if learned[label] >= shots and asked[label]}
    if len(enough) < 2:
        raise DatasetError(
            f"Two labels are needed that have {shots} boxes to learn from and one to ask about; "
            f"{len(enough)} of {len(labels)} have. Add pictures, or ask for fewer shots."
        )
    if few := sorted(set(labels) - enough):
        warn(f"Left out for want of boxes: {', '.join(few)}.")
    return [thing for thing in things if thing.label in enough]


def features_of(things: Sequence[SeenThing], encoders: Encoders, *, whole: bool) -> Features:
    """The things as a data set: by their crops, or by the whole pictures that they are in.

    Args:
        things: At least one to learn from and one to ask about of each label.
        encoders: The text encoder is used.
        whole: Take the whole pictures.
    """
    labels = tuple(sorted({thing.label for thing in things}))
    index = {label: i for i, label in enumerate(labels)}

    def rows(train: bool) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.int64]]:
        own = [thing for thing in things if thing.train == train]
        vectors = np.stack([thing.whole if whole else thing.crop for thing in own])
        return vectors, np.array([index[thing.label] for thing in own], np.int64)

    text = text_prototypes(encoders.text, labels, templates=PROMPT_TEMPLATES)
    return Features(labels, *rows(True), *rows(False), text)
