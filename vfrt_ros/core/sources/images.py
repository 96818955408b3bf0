# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""A picture, a folder of pictures, or a glob."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from glob import glob
from pathlib import Path

from vfrt_ros.core.frames.compressed_image import decode
from vfrt_ros.core.frames.image_size import read_header
from vfrt_ros.core.sources.check_readable import check_readable, no_permission
from vfrt_ros.core.sources.source import Frame, Image, Source
from vfrt_ros.core.types.counted import counted
from vfrt_ros.core.types.errors import FrameError, SourceError, words_of

EXTENSIONS = (".bmp", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp")
MAX_MEGAPIXELS = 100.0

_log = logging.getLogger(__name__)


class ImageSource(Source):
    """Pictures in the order of their names (numbers count as numbers), `fps` of them a second.

    A file that cannot be read is named once through `warn`, and passed over.

    Raises:
        SourceError: There is no picture.
    """

    mixed_sizes = True

    def __init__(
        self, spec: str, *, fps: float, loop: bool, warn: Callable[[str], None] = _log.warning
    ) -> None:
        super().__init__(spec, f"images {spec}")
        self.fps = fps
        self.paths = find_images(spec)
        self._loop = loop
        self._warn = warn
        self._bad: set[Path] = set()
        self._next = 0
        self._given = 0

    def read(self, since: float = 0.0) -> Frame | None:
        """The next picture, none left out for being late; see `Source.read`."""
        while len(self._bad) < len(self.paths):
            if self._next == len(self.paths):
                if not self._loop:
                    return None
                self._next = 0
            path = self.paths[self._next]
            self._next += 1
            image = None if path in self._bad else self._load(path)
            if image is not None:
                self._given += 1
                return Frame(image, (self._given - 1) / self.fps)
        raise SourceError(f"None of {counted(len(self.paths), 'image')} of {self.spec} can be read.")

    def _load(self, path: Path) -> Image | None:
        try:
            return load_image(path)
        except SourceError as error:
            self._bad.add(path)
            self.left_out["malformed"] += 1
            self._warn(f"{error} It is left out.")
            return None


def find_images(spec: str) -> list[Path]:
    """The picture files that a path or glob stands for, sorted.

    Raises:
        SourceError: The folder holds no picture, or may not be read.
    """
    place = Path(spec).expanduser()
    check_readable(place)
    if place.is_dir():
        found = [path for path in place.iterdir() if path.suffix.lower() in EXTENSIONS]
    else:
        found = [Path(name) for name in glob(str(place), recursive=True)]  # noqa: PTH207
        found = [path for path in found if path.is_file()]
    if not found:
        raise SourceError(f"There is no image in {spec} (looked for {' '.join(EXTENSIONS)}).")
    return sorted(found, key=_natural)


def load_image(path: Path) -> Image:
    """A picture file, turned upright as its EXIF data say; more than 8 bits are brought to 8.

    Returns:
        (H, W, 3) uint8 BGR.

    Raises:
        SourceError: The file cannot be read, is not a picture, or has more than `MAX_MEGAPIXELS`.
    """
    try:
        data = path.read_bytes()
    except PermissionError as error:
        raise no_permission(path) from error
    except OSError as error:
        raise SourceError(f"Image {path} cannot be read: {words_of(error)}.") from error
    header = read_header(data)
    if header and header.megapixels > MAX_MEGAPIXELS:
        raise SourceError(f"Image {path} has {header.megapixels:.0f} megapixels, over {MAX_MEGAPIXELS:g}.")
    try:
        return decode(data, header)
    except FrameError as error:
        raise SourceError(f"Image {path} is no picture that OpenCV can read: {error}{_cure(data)}") from error


def _cure(data: bytes) -> str:
    """The cure for a file that OpenCV cannot read; empty where none is known."""
    return (
        " It is HEIC: save it as JPEG."
        if data[4:8] == b"ftyp" and data[8:11] in (b"hei", b"hev", b"mif")
        else ""
    )


def _natural(path: Path) -> list[tuple[bool, int, str]]:
    """A sort key under which `2.png` comes before `10.png`."""
    parts = re.split(r"(\d+)", str(path))
    return [(part.isdecimal(), int(part) if part.isdecimal() else 0, part) for part in parts]
