# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Embeddings of picture files, each made once: cached by the encoder's fingerprint and the file's content."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
from tqdm import tqdm

from vfrt_ros.core.encoders import Backbone, cache
from vfrt_ros.core.sources.images import load_image
from vfrt_ros.core.types.errors import SourceError
from vfrt_ros.evaluation.progress import progress_settings

Array = npt.NDArray[np.float32]

BATCH = 16
_KIND = "pictures"
_log = logging.getLogger(__name__)


def embed_files(
    paths: Sequence[Path],
    backbone: Backbone,
    *,
    warn: Callable[[str], None] = _log.warning,
    progress: bool = False,
) -> dict[Path, Array]:
    """Embed picture files.

    Args:
        paths: The files.
        backbone: Called only for what the cache does not hold.
        warn: Gets one line that names a file which cannot be read; it is left out.
        progress: Show how far it is and the time left on stderr, if that is a terminal.

    Returns:
        (d,) float32 of unit norm for each file that can be read, in the order of `paths`.
    """
    found: dict[Path, Array] = {}
    with tqdm(
        total=len(paths), desc=f"embedding ({backbone.id})", unit="picture", **progress_settings(progress)
    ) as progress_bar:
        for start in range(0, len(paths), BATCH):
            part = paths[start : start + BATCH]
            found.update(_embed(part, backbone, warn))
            progress_bar.update(len(part))
    return found


def _embed(paths: Sequence[Path], backbone: Backbone, warn: Callable[[str], None]) -> dict[Path, Array]:
    keys = {path: _key(path, backbone) for path in paths}
    known = {path: _load(key, backbone.dim) for path, key in keys.items()}
    pictures = dict(_read([path for path, row in known.items() if row is None], warn))
    if pictures:
        rows = backbone.encode_images(list(pictures.values()))
        for path, row in zip(pictures, rows, strict=True):
            known[path] = row
            cache.store_arrays(_KIND, keys[path], vector=row)
    return {path: row for path, row in known.items() if row is not None}


def _read(paths: Sequence[Path], warn: Callable[[str], None]) -> Iterator[tuple[Path, npt.NDArray[np.uint8]]]:
    """The pictures that can be read, as (H, W, 3) uint8 RGB."""
    for path in paths:
        try:
            image = load_image(path)
        except SourceError as error:
            warn(f"{error} It is left out.")
            continue
        yield path, cv2.cvtColor(image, cv2.COLOR_BGR2RGB)


def _key(path: Path, backbone: Backbone) -> str:
    try:
        content = hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:  # reading the picture says what is wrong with it
        content = f"unreadable {path}"
    return cache.key_of(backbone.id, backbone.fingerprint, content)


def _load(key: str, dim: int) -> Array | None:
    vector = (cache.load_arrays(_KIND, key) or {}).get("vector")
    return vector if vector is not None and vector.shape == (dim,) else None
