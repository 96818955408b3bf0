# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Letters in the typefaces that matplotlib carries: no constant of the rules was fitted to them."""

from __future__ import annotations

from pathlib import Path

import matplotlib
import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

from vfrt_ros.core.encoders import Encoders
from vfrt_ros.core.scoring.prompts import text_prototypes
from vfrt_ros.core.types.errors import VfrtError
from vfrt_ros.evaluation.features import Features

Array = npt.NDArray[np.float32]

LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"
FACES = (
    "DejaVuSans", "DejaVuSans-Bold", "DejaVuSans-BoldOblique", "DejaVuSans-Oblique", "DejaVuSansMono",
    "DejaVuSansMono-Bold", "DejaVuSansMono-BoldOblique", "DejaVuSansMono-Oblique", "DejaVuSerif",
    "DejaVuSerif-Bold", "DejaVuSerif-BoldItalic", "DejaVuSerif-Italic", "STIXGeneral", "STIXGeneralBol",
    "STIXGeneralBolIta", "STIXGeneralItalic", "cmb10", "cmr10", "cmss10", "cmti10", "cmtt10",
)  # fmt: skip
LEARNED, ASKED = 12, 9
"""Faces that examples are drawn in, and the others, in which it is asked."""
DRAWN = 2
"""Pictures of each letter in each face; they differ in size, place, turn and greys."""
SIDE = 224


class Letters:
    """Pictures of letters as the encoders see them, with a choice of faces for each episode.

    Of one choice, a share of calls for unknown says little: of nine faces, one that is unlike the twelve makes it
    a tenth more. What is promised is the mean over what a memory may happen to hold.

    Args:
        encoders: The backbone and its text encoder.
        templates: Prompts made of a label.
        seed: Of the drawing.

    Raises:
        VfrtError: matplotlib's typefaces are not where it keeps them.
    """

    def __init__(self, encoders: Encoders, templates: tuple[str, ...], seed: int) -> None:
        random = np.random.default_rng(seed)
        faces = [_face(name) for name in FACES]
        self._labels = tuple(f"the letter {letter}" for letter in LETTERS)
        self._prototypes = text_prototypes(encoders.text, self._labels, templates=templates)
        pictures = [
            encoders.backbone.encode_images([_drawn(letter, face, random)])[0]
            for letter in LETTERS
            for face in faces
            for _ in range(DRAWN)
        ]
        self._pictures = np.stack(pictures).reshape(len(LETTERS), len(FACES), DRAWN, -1)
        blank = [encoders.backbone.encode_images([_ground(random)])[0] for _ in range(len(LETTERS) * DRAWN)]
        self._blank = np.stack(blank).reshape(len(LETTERS), DRAWN, -1)

    def split(self, seed: int, *, blank: bool = False) -> Features:
        """The letters with `LEARNED` faces to learn from and `ASKED` others to ask in.

        Args:
            seed: Chooses the faces.
            blank: One of the faces to learn from has no letters: its pictures show the ground alone.
        """
        order = np.random.default_rng(seed).permutation(len(FACES))

        def part(faces: npt.NDArray[np.int64]) -> tuple[Array, npt.NDArray[np.int64]]:
            shown = self._pictures[:, faces]
            if blank and faces[0] == order[0]:
                shown[:, 0] = self._blank
            rows = shown.reshape(-1, self._pictures.shape[-1])
            return rows, np.repeat(np.arange(len(LETTERS)), len(faces) * DRAWN)

        learned, asked = part(order[:LEARNED]), part(order[LEARNED : LEARNED + ASKED])
        return Features(self._labels, *learned, *asked, self._prototypes)


def _face(name: str) -> Path:
    path = Path(matplotlib.get_data_path()) / "fonts" / "ttf" / f"{name}.ttf"
    if not path.is_file():
        raise VfrtError(
            f"Expected a typeface that matplotlib brings along; {path} is not there: reinstall it."
        )
    return path


def _drawn(letter: str, face: Path, random: np.random.Generator) -> np.ndarray:
    """(SIDE, SIDE, 3) uint8: a dark letter on a light ground."""
    size, (across, down) = int(random.integers(110, 170)), random.integers(-15, 16, 2)
    ground, ink = (int(random.integers(150, 255)),) * 3, (int(random.integers(0, 90)),) * 3
    picture = Image.new("RGB", (SIDE, SIDE), ground)
    place = (SIDE // 2 + int(across), SIDE // 2 + int(down))
    font = ImageFont.truetype(str(face), size)
    ImageDraw.Draw(picture).text(place, letter, fill=ink, font=font, anchor="mm")
    return np.asarray(picture.rotate(float(random.uniform(-12, 12)), fillcolor=ground))


def _ground(random: np.random.Generator) -> np.ndarray:
    """(SIDE, SIDE, 3) uint8: a light ground without a letter."""
    return np.full((SIDE, SIDE, 3), int(random.integers(150, 255)), np.uint8)
