# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The weights of any of our encoders by its name, whichever library it is of."""

from __future__ import annotations

from pathlib import Path

from vfrt_ros.core.encoders.catalog import CATALOG, OPEN_CLIP_PREFIX, PREFIXES
from vfrt_ros.core.encoders.clip.files import cached_folder, find_model, model_id_of, weight_files
from vfrt_ros.core.encoders.embedded import packaged
from vfrt_ros.core.encoders.open_clip import files as open_clip


def has_weights_of_its_own(name: str) -> bool:
    """False for an encoder whose weights come with Python packages, and for a name that is not ours.

    >>> has_weights_of_its_own("clip_vit_b32"), has_weights_of_its_own("embedded")
    (True, False)
    """
    known = name in CATALOG and bool(CATALOG[name].model_id)
    return known or any(name.startswith(prefix) and name != prefix for prefix in PREFIXES)


def find_weights(name: str, model_path: str = "", allow_download: bool = False) -> Path:
    """The folder with an encoder's weights, looked for in the folder given, the cache, then the hub.

    Args:
        name: Of the catalogue, or behind a prefix.
        model_path: Folder that comes before everything else; empty for none.
        allow_download: Whether the hub may be asked.

    Raises:
        EncoderError: They are nowhere.
    """
    find = open_clip.find_open_clip if name.startswith(OPEN_CLIP_PREFIX) else find_model
    return find(name, model_path, allow_download)


def are_here(name: str) -> bool:
    """Whether an encoder of the catalogue can be used without a network; found without importing a library.

    Args:
        name: Of the catalogue.
    """
    if not CATALOG[name].model_id:
        return not packaged.missing_packages()
    files = cached_folder(model_id_of(name))
    if files is None:
        return False
    return bool(open_clip.weight_file(files) if name.startswith(OPEN_CLIP_PREFIX) else weight_files(files))
