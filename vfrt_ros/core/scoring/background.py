# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Prompts for things in general and pictures of nothing: what a label has to stand out from."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

BACKGROUND_PROMPTS: tuple[str, ...] = tuple(
    f"a photo of a {noun}"
    for noun in (
        "person man woman child face hand crowd dog horse cow sheep bird fish insect snake frog bear lion monkey "
        "tree flower leaf grass forest mountain river beach sky cloud rock sand snow field garden road street "
        "bridge building house tower wall roof floor ceiling door window stairs room kitchen bathroom bedroom "
        "office shop market restaurant church stadium station airport harbour factory farm car bus truck train "
        "bicycle boat ship airplane helicopter tractor wheel engine tool hammer screwdriver knife scissors rope "
        "chain machine robot computer keyboard screen phone camera television speaker lamp clock watch battery "
        "cable box bag bottle glass bowl plate spoon pan oven fridge table chair sofa bed shelf desk cabinet "
        "mirror curtain carpet pillow blanket towel shirt jacket trousers dress shoe hat glove sock glasses ring "
        "necklace umbrella backpack suitcase book newspaper letter pen pencil paper map picture poster sign flag "
        "toy doll ball balloon game instrument guitar piano drum violin food bread cheese meat cake fruit apple "
        "orange vegetable potato salad soup pizza egg milk juice wine candle fire smoke water ice metal wood "
        "plastic fabric leather stone brick pattern texture shadow light night text number diagram drawing"
    ).split()
)
"""About 180 everyday nouns; the recogniser embeds them once and gives them to `set_background`."""


def background_pictures(side: int = 224) -> list[npt.NDArray[np.uint8]]:
    """Pictures of nothing: plain, noisy, striped, checked and blurred ones, always the same.

    To an encoder they are as unlike each other and the world as pictures get, so their embeddings show which
    cosine means nothing at all (CLIP's lie in a narrow cone, where that is far from 0).

    Args:
        side: Height and width in pixels.

    Returns:
        (side, side, 3) uint8 RGB pictures.
    """
    random = np.random.default_rng(0)
    y, x = np.mgrid[0:side, 0:side] / side
    waves = [np.sin(2 * np.pi * (a * x + b * y)) for a, b in ((2, 0), (0, 5), (7, 7), (15, -4))]
    checks = [np.sign(np.sin(np.pi * n * x) * np.sin(np.pi * n * y)) for n in (4, 16)]
    noise = [
        cv2.resize(random.normal(size=(n, n)), (side, side), interpolation=cv2.INTER_CUBIC)
        for n in (5, 12, 30, side)
    ]
    ramps = [2 * x - 1, 1 - 2 * np.hypot(x - 0.5, y - 0.5)]
    pictures = []
    for plane in (*waves, *checks, *noise, *ramps):
        low, high = random.integers(0, 256, (2, 3))
        share = np.clip(0.5 + 0.5 * plane, 0.0, 1.0)[..., None]
        pictures.append((low + share * (high - low)).astype(np.uint8))
    return pictures
