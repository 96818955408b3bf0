# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Where the files of an open_clip model are: a folder, the local cache, or the hub if that is allowed."""

from __future__ import annotations

from pathlib import Path

from vfrt_ros.core.encoders.catalog import CATALOG, OPEN_CLIP_PREFIX
from vfrt_ros.core.encoders.open_clip.library import import_open_clip
from vfrt_ros.core.encoders.torch_load import check_torch_load
from vfrt_ros.core.types.errors import EncoderError, WeightsMissingError, first_line, nearest

CONFIG = "open_clip_config.json"
SAFE, PICKLED = "open_clip_model.safetensors", "open_clip_pytorch_model.bin"
_TEXT_FILES = ["*.json", "*.txt", "*.model"]


def find_open_clip(name: str, model_path: str = "", allow_download: bool = False) -> Path:
    """The folder with the model's files, looked for in the folder given, the cache, then the hub.

    Args:
        name: `open_clip:<architecture>[@<pretrained tag or folder>]`.
        model_path: Folder that comes before everything else; empty for none.
        allow_download: Whether the hub may be asked.

    Raises:
        EncoderError: The architecture or the tag is unknown, or the weights are nowhere.
    """
    architecture, _, source = name.removeprefix(OPEN_CLIP_PREFIX).partition("@")
    if not architecture:
        raise EncoderError(
            f"expected {OPEN_CLIP_PREFIX}<architecture>[@<pretrained tag or folder>], got '{name}'"
        )
    folder = model_path or source
    if folder and (model_path or Path(folder).expanduser().is_dir()):
        return check_folder(Path(folder).expanduser())
    if "/" in source:
        raise EncoderError(
            f"{name}: expected a pretrained tag or a folder that is there behind '@', got '{source}'"
        )
    model = hub_id(name)
    found = _snapshot(model, download=False)
    if found is None and not allow_download:
        raise WeightsMissingError(
            f"the weights of {name} ({model}) are not on this machine; set allow_download to true to fetch "
            "them, model_path to a folder that has them, or backbone to embedded, which needs none"
        )
    try:
        return check_folder(found or _snapshot(model, download=True) or Path(model))
    except EncoderError:
        raise
    except Exception as error:
        # The hub's client raises a dozen kinds, down to those of its HTTP library; all mean the same here.
        raise EncoderError(
            f"the weights of {name} ({model}) could not be fetched: {type(error).__name__}: {first_line(error)}; set "
            "model_path to a folder that has them, or backbone to embedded, which needs none"
        ) from error


def hub_id(name: str) -> str:
    """The hub's id of an architecture with a pretrained tag, by default its first.

    Args:
        name: `open_clip:<architecture>[@<pretrained tag>]`.

    Raises:
        EncoderError: There is no such architecture or tag, or its weights are not on the hub.
    """
    if name in CATALOG:
        return CATALOG[name].model_id
    library = import_open_clip()
    architecture, _, tag = name.removeprefix(OPEN_CLIP_PREFIX).partition("@")
    every = library.list_models()
    if architecture not in every:
        raise EncoderError(
            f"open_clip has no architecture '{architecture}'.{nearest(architecture, every)} "
            "`python -c 'import open_clip; print(open_clip.list_pretrained())'` lists them."
        )
    tags = library.list_pretrained_tags_by_model(architecture)
    if not tags or (tag and tag not in tags):
        known = f"one of {', '.join(tags)}" if tags else "a folder, since it has no tag"
        raise EncoderError(f"pretrained weights of open_clip:{architecture}: expected {known}, got '{tag}'")
    model = library.get_pretrained_cfg(architecture, tag or tags[0]).get("hf_hub", "").rstrip("/")
    if not model:
        raise EncoderError(
            f"the weights '{tag or tags[0]}' of open_clip:{architecture} are not on the Hugging Face hub; fetch them "
            f"by hand and give their folder: {OPEN_CLIP_PREFIX}{architecture}@FOLDER"
        )
    return str(model)


def check_folder(folder: Path) -> Path:
    """The folder itself, if it holds a model that can be read here.

    Raises:
        EncoderError: There is no such folder, no configuration or weights in it, or the weights are a pickle that this
            torch must not read.
    """
    if not folder.is_dir():
        raise EncoderError(f"model_path: expected a folder with a model, got '{folder}', which is not there")
    if not (folder / CONFIG).is_file() or not weight_file(folder):
        raise EncoderError(
            f"expected {CONFIG} and {SAFE} (or {PICKLED}) in '{folder}', got "
            f"{', '.join(sorted(file.name for file in folder.iterdir())[:8]) or 'an empty folder'}"
        )
    if not (folder / SAFE).is_file():
        check_torch_load(str(folder / PICKLED))
    return folder


def weight_file(folder: Path) -> Path | None:
    """The file that the weights would be read from, safetensors before a pickle."""
    return next((folder / name for name in (SAFE, PICKLED) if (folder / name).is_file()), None)


def text_files(folder: Path) -> list[Path]:
    """The files that a tokenizer is read from."""
    return sorted(path for pattern in _TEXT_FILES for path in folder.glob(pattern))


def _snapshot(model: str, download: bool) -> Path | None:
    """The hub's folder of the model; None where the cache has no weights of it."""
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import LocalEntryNotFoundError

    for weights in (SAFE, PICKLED):
        try:
            folder = Path(
                snapshot_download(
                    model, local_files_only=not download, allow_patterns=[*_TEXT_FILES, weights]
                )
            )
        except LocalEntryNotFoundError:
            if download:
                raise
            continue
        if weight_file(folder):
            return folder
    return None
