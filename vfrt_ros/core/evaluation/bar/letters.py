"""Letters in the typefaces that matplotlib carries: data that nothing in the rules was chosen on or mended by."""

from __future__ import annotations

from pathlib import Path

import matplotlib
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from vfrt_ros.core.encoders import Encoders
from vfrt_ros.core.errors import VfrtError
from vfrt_ros.core.evaluation.features import Features
from vfrt_ros.core.prompts import text_prototypes

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


def letter_features(encoders: Encoders, templates: tuple[str, ...], seed: int) -> Features:
    """Pictures of letters as the encoders see them.

    Args:
        encoders: The backbone and its text encoder.
        templates: Prompts made of a label.
        seed: Of the choice of faces and of the drawing.

    Raises:
        VfrtError: matplotlib's typefaces are not where it keeps them.
    """
    random = np.random.default_rng(seed)
    faces = [_face(FACES[i]) for i in random.permutation(len(FACES))]
    labels = tuple(f"the letter {letter}" for letter in LETTERS)

    def seen(part: list[Path]) -> tuple[np.ndarray, np.ndarray]:
        pictures = [
            encoders.backbone.encode_images([_drawn(letter, face, random)])[0]
            for letter in LETTERS
            for face in part
            for _ in range(DRAWN)
        ]
        return np.stack(pictures), np.repeat(np.arange(len(LETTERS)), len(part) * DRAWN)

    learned, asked = seen(faces[:LEARNED]), seen(faces[LEARNED : LEARNED + ASKED])
    return Features(labels, *learned, *asked, text_prototypes(encoders.text, labels, templates=templates))


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
