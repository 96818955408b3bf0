# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The protocols by name: how each is read, what was published, and where the data are from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from vfrt_ros.core.types.errors import SettingError, nearest
from vfrt_ros.evaluation.protocols import core50, groceries, openloris, orbit
from vfrt_ros.evaluation.protocols.course import Course


@dataclass(frozen=True, slots=True)
class Published:
    """A row that somebody published.

    Attributes:
        method: What and with which network.
        top1: In [0, 1].
        source: Where.
    """

    method: str
    top1: float
    source: str


@dataclass(frozen=True, slots=True)
class Protocol:
    """A way of measuring that others have measured in too.

    Attributes:
        title: For people.
        read: From the folder of the data, and how many frames of each video (0 = all), to the courses; raises a
            DatasetError where the layout is another.
        home: Where the data are from.
        published: What others reached; may be empty.
    """

    title: str
    read: Callable[[Path, int], list[Course]]
    home: str
    published: tuple[Published, ...] = ()


_CORE50 = "https://vlomonaco.github.io/core50/"
_CORE50_RESULTS = "github.com/vlomonaco/core50 extras/{}.tsv, mean of its runs after the last batch"
_ORBIT = "github.com/microsoft/ORBIT-Dataset README, Pre-trained checkpoints"
PROTOCOLS = {
    "core50-nc": Protocol(
        "CORe50, new classes: 50 objects in nine batches",
        core50.new_classes,
        _CORE50,
        (
            Published(
                "Deep SLDA, ResNet-18",
                0.79,
                "github.com/ContinualAI/continual-learning-baselines README, reproducing arXiv:1909.01520",
            ),
            Published("all batches trained at once, mid-VGG", 0.7041, _CORE50_RESULTS.format("NC")),
            Published("fine-tuned batch after batch, mid-VGG", 0.0934, _CORE50_RESULTS.format("NC")),
        ),
    ),
    "core50-ni": Protocol(
        "CORe50, new instances: session after session, all 50 objects in each",
        core50.new_instances,
        _CORE50,
        (
            Published("all sessions trained at once, mid-VGG", 0.6987, _CORE50_RESULTS.format("NI")),
            Published("fine-tuned session after session, mid-VGG", 0.5913, _CORE50_RESULTS.format("NI")),
        ),
    ),
    "openloris": Protocol(  # the paper's results are drawn as charts (Fig. 2 and 4 of `home`), not printed
        "OpenLORIS-Object: task after task",
        openloris.tasks,
        "https://lifelong-robotic-vision.github.io/dataset/object",
    ),
    "orbit-cluve": Protocol(
        "ORBIT, clutter video evaluation: each user's things, clean videos learned, clutter asked",
        orbit.clutter,
        "https://github.com/microsoft/ORBIT-Dataset",
        (
            Published("frozen CLIP ViT-B/32 (LAION-2B), linear head fine-tuned", 0.7131, _ORBIT),
            Published("CLIP ViT-B/32 trained on ORBIT's train users, cosine to prototypes", 0.7354, _ORBIT),
            Published("ViT-B/32 (ImageNet-21K) trained on them, cosine to prototypes", 0.7538, _ORBIT),
        ),
    ),
    "groceries": Protocol(
        "Grocery Store Dataset: 81 products, all of train learned",
        groceries.products,
        "https://github.com/marcusklasson/GroceryStoreDataset",
        (
            Published(
                "trained convolutional networks",
                0.8604,
                "Antioquia, PCSC 2021, abstract: animorepository.dlsu.edu.ph/faculty_research/9103",
            ),
        ),
    ),
}


def find_protocol(name: str) -> Protocol:
    """A protocol by its name.

    Args:
        name: Of `PROTOCOLS`.

    Raises:
        SettingError: There is no such; names the nearest.
    """
    if name not in PROTOCOLS:
        raise SettingError(
            f"Unknown protocol '{name}'.{nearest(name, PROTOCOLS)} Expected one of {', '.join(PROTOCOLS)}."
        )
    return PROTOCOLS[name]
