# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""How well a region source finds things: recall at half overlap, and false boxes a picture."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from vfrt_ros.core.config.settings import RecognitionSettings
from vfrt_ros.core.encoders import Encoders
from vfrt_ros.core.frames.regions.crop import crop
from vfrt_ros.core.recogniser import Recogniser
from vfrt_ros.core.sources.images import load_image
from vfrt_ros.core.types.errors import AllRejectedError
from vfrt_ros.core.types.region import Box
from vfrt_ros.evaluation.boxed.features import SeenThing

HALF = 0.5
"""Intersection over union at which a box is found (Everingham et al., "The Pascal Visual Object Classes Challenge",
2010)."""


@dataclass(frozen=True, slots=True)
class FoundBoxes:
    """The boxes that a source found, in numbers.

    Attributes:
        source: Its name.
        pictures: That were looked at.
        boxes: True boxes in them.
        found: Of those, with a box at half overlap.
        named: Of those, with the right label too.
        false: Boxes at half overlap with no true one.
    """

    source: str
    pictures: int = 0
    boxes: int = 0
    found: int = 0
    named: int = 0
    false: int = 0

    def as_dict(self) -> dict[str, object]:
        """Plain values, with shares."""
        return {
            "source": self.source,
            "pictures": self.pictures,
            "boxes": self.boxes,
            "recall": round(self.found / max(1, self.boxes), 3),
            "recall with the right label": round(self.named / max(1, self.boxes), 3),
            "false boxes a picture": round(self.false / max(1, self.pictures), 2),
        }


def find(
    things: Sequence[SeenThing],
    encoders: Encoders,
    settings: RecognitionSettings,
    *,
    source: str,
    ways: int,
    shots: int,
    fps: float = 30.0,
) -> FoundBoxes:
    """Have a source find the things of the pictures to ask about, or of all where it needs a film.

    Args:
        things: Of all pictures.
        encoders: Loaded.
        settings: Of the recogniser; its memory is in RAM.
        source: A value of the parameter `regions`: `grid`, `motion` or a plug-in's name.
        ways: Labels to teach, the first ones by name; `grid` is not asked for other things.
        shots: Crops of each.
        fps: Pictures a second, where they are a film: how fast a background is learned depends on it.
    """
    labels = sorted({thing.label for thing in things})[:ways]
    own = settings.replace(memory_path=":memory:", regions=source, init_labels=())
    with Recogniser(own, encoders=encoders) as recogniser:
        for label in labels:
            examples = [thing for thing in things if thing.train and thing.label == label][:shots]
            if not examples:  # of --shots 0
                continue
            with suppress(AllRejectedError):
                recogniser.register(label, images=[_cut(thing) for thing in examples])
        recogniser.settle()
        result = FoundBoxes(source)
        for number, (path, inside) in enumerate(_by_picture(things, source)):
            wanted = labels if source == "grid" else {thing.label for thing in inside}
            truth = [(thing.box, thing.label) for thing in inside if thing.label in wanted]
            result = _counted(result, _boxes(recogniser, path, number / fps, source), truth)
    return result


def _boxes(recogniser: Recogniser, path: Path, stamp: float, source: str) -> list[tuple[Box, str]]:
    """The boxes that the recogniser finds in a picture, each with its label."""
    frame = load_image(path)
    if source != "motion":
        recogniser.restart_view()
    found = recogniser.find_regions(frame, stamp)
    if found is None:
        return []
    seen = recogniser.observe_regions(frame, found.regions, stamp)
    objects = recogniser.decide_objects(seen, stamp, search=found.search)
    return [(each.box, each.decision.label) for each in objects]


def _by_picture(things: Sequence[SeenThing], source: str) -> Iterator[tuple[Path, list[SeenThing]]]:
    """The pictures to look at, by name: a film is seen from its beginning."""
    film = source == "motion"
    pictures: dict[Path, list[SeenThing]] = {}
    for thing in things:
        if film or not thing.train:
            pictures.setdefault(thing.picture, []).append(thing)
    yield from sorted(pictures.items())


def _counted(
    result: FoundBoxes, found: Iterable[tuple[Box, str]], truth: Sequence[tuple[Box, str]]
) -> FoundBoxes:
    """The result after one more picture; each true box is found once, by the box that fits best."""
    left = list(truth)
    hits = named = false = 0
    for box, label in found:
        best = max(left, key=lambda true: true[0].overlap(box), default=None)
        if best is None or best[0].overlap(box) < HALF:
            false += 1
            continue
        left.remove(best)
        hits += 1
        named += best[1] == label
    return replace(
        result,
        pictures=result.pictures + 1,
        boxes=result.boxes + len(truth),
        found=result.found + hits,
        named=result.named + named,
        false=result.false + false,
    )


def _cut(thing: SeenThing) -> npt.NDArray[np.uint8]:
    return crop(load_image(thing.picture), thing.box)
