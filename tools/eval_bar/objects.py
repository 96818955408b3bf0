# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Point 7 of the bar: things in scenes, by their true boxes, against the same photographs shown alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
from tqdm import tqdm

from tools.eval_bar.accuracy import OURS, Setting, half_width
from tools.eval_bar.check import Check, Limit
from tools.eval_bar.scenes import Scene, make_scenes
from vfrt_ros.core.encoders import Encoders
from vfrt_ros.core.frames.regions.crop import crop
from vfrt_ros.evaluation.dataset import Dataset
from vfrt_ros.evaluation.features import Features
from vfrt_ros.evaluation.progress import progress_settings

NEAR, OFF_PROMISE, LARGEST_ECE = 0.03, 0.03, 0.06


def scene_features(
    dataset: Dataset, alone: Features, encoders: Encoders, *, seed: int, progress: bool = False
) -> Features:
    """The pictures of a data set, each as the crop of its true box in a scene with others.

    Args:
        dataset: Whose pictures are pasted: those to learn from into scenes of their own.
        alone: Its features, in the same order.
        encoders: The backbone is used.
        seed: Of the scenes.
        progress: Show how far it is on stderr.
    """
    parts = []
    for number, pictures in enumerate((dataset.train, dataset.test)):
        scenes = make_scenes([pictures], dataset.train, seed + number)
        rows = _rows(scenes, encoders, progress)
        parts.append(np.stack([rows[picture.path] for picture in pictures]))
    return replace(alone, train=parts[0], test=parts[1])


def object_checks(alone: Sequence[Setting], scenes: Sequence[Setting], promised: float) -> list[Check]:
    """The points that are asked of the things in scenes.

    Args:
        alone: The episodes with the photographs alone.
        scenes: The same episodes with the crops of the scenes.
        promised: The share of known objects that may be called unknown.
    """
    checks = []
    for one, other in zip(alone, scenes, strict=True):
        lost = one.values(OURS, "top1") - other.values(OURS, "top1")
        rejected = other.mean(OURS, "rejected")
        checks += [
            Check(
                7, f"top-1 lost in scenes: {other.name}", float(lost.mean()), Limit.AT_MOST, NEAR,
                note=f"{other.mean(OURS, 'top1'):.3f} against {one.mean(OURS, 'top1'):.3f} alone, "
                f"± {half_width(lost):.3f}; AUROC {other.mean(OURS, 'auroc'):.3f}",
            ),
            Check(
                7, f"known called unknown, off the promised {promised:g}: {other.name}",
                abs(rejected - promised), Limit.AT_MOST, OFF_PROMISE,
                note=f"{rejected:.3f} of the known, ± {half_width(other.values(OURS, 'rejected')):.3f}",
            ),
            Check(
                7, f"expected calibration error: {other.name}", other.calibration_error, Limit.AT_MOST, LARGEST_ECE
            ),
        ]  # fmt: skip
    return checks


def _rows(scenes: Sequence[Scene], encoders: Encoders, progress: bool) -> dict[Path, npt.NDArray[np.float32]]:
    """(d,) of each picture that was pasted."""
    rows: dict[Path, npt.NDArray[np.float32]] = {}
    for scene in tqdm(scenes, desc="scenes", unit="scene", **progress_settings(progress)):
        cuts = [cv2.cvtColor(crop(scene.frame, box), cv2.COLOR_BGR2RGB) for _, box in scene.things]
        for (picture, _), row in zip(scene.things, encoders.backbone.encode_images(cuts), strict=True):
            rows[picture.path] = row
    return rows
