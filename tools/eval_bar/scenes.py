# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Scenes with several objects, made of photographs of single ones over other photographs: the boxes are known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from vfrt_ros.core.sources.images import load_image
from vfrt_ros.core.types.region import Box
from vfrt_ros.evaluation.dataset import Picture

Frame = npt.NDArray[np.uint8]
WIDTH, HEIGHT = 640, 480
SIDES = (130, 220)
"""Pixels of the long side of a pasted photograph, from and to."""
COUNT = (3, 6)
"""Objects in a scene, from and to."""
MOST_COVERED = 0.02
"""Intersection over union of two objects at most."""
ATTEMPTS = 50


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """A picture with things pasted into it.

    Attributes:
        frame: (480, 640, 3) uint8 BGR.
        things: Each photograph that was pasted, and where.
    """

    frame: Frame
    things: tuple[tuple[Picture, Box], ...]


def make_scene(
    pictures: Sequence[Picture], backgrounds: Sequence[Picture], random: np.random.Generator
) -> Scene:
    """Paste photographs over another one.

    Args:
        pictures: At most this many are pasted, in this order, as long as there is room.
        backgrounds: One of them is the background.
        random: Decides.
    """
    behind = load_image(backgrounds[int(random.integers(len(backgrounds)))].path)
    frame = np.asarray(cv2.resize(behind, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA), np.uint8)
    things: list[tuple[Picture, Box]] = []
    for picture in pictures:
        photo = load_image(picture.path)
        long = int(random.integers(*SIDES))
        scale = long / max(photo.shape[:2])
        width, height = max(8, round(photo.shape[1] * scale)), max(8, round(photo.shape[0] * scale))
        box = _place(width, height, [box for _, box in things], random)
        if box is None:
            continue
        frame[box.y : box.bottom, box.x : box.right] = cv2.resize(
            photo, (width, height), interpolation=cv2.INTER_AREA
        )
        things.append((picture, box))
    return Scene(frame, tuple(things))


def make_scenes(
    groups: Sequence[Sequence[Picture]], backgrounds: Sequence[Picture], seed: int
) -> list[Scene]:
    """Scenes that hold every photograph of each group once, 3 to 6 in a scene, mixed over the groups.

    Args:
        groups: For example photographs of known and of unknown things.
        backgrounds: Photographs to paste them over.
        seed: The same seed, the same scenes.
    """
    random = np.random.default_rng(seed)
    every = [picture for group in groups for picture in group]
    waiting = [every[i] for i in random.permutation(len(every))]
    scenes = []
    while waiting:
        count = int(random.integers(COUNT[0], COUNT[1] + 1))
        scene = make_scene(waiting[:count], backgrounds, random)
        scenes.append(scene)
        placed = {id(picture) for picture, _ in scene.things}
        waiting = [picture for picture in waiting if id(picture) not in placed]
    return scenes


def _place(width: int, height: int, taken: Sequence[Box], random: np.random.Generator) -> Box | None:
    """Somewhere with room; None where none was found."""
    for _ in range(ATTEMPTS):
        x, y = int(random.integers(WIDTH - width + 1)), int(random.integers(HEIGHT - height + 1))
        box = Box(x, y, width, height)
        if all(box.overlap(other) <= MOST_COVERED for other in taken):
            return box
    return None
