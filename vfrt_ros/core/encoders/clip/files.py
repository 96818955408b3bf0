# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Where a Hugging Face model's files are: a folder, the local cache, or the hub if that is allowed."""

from __future__ import annotations

import os
from pathlib import Path

from vfrt_ros.core.encoders.catalog import CATALOG
from vfrt_ros.core.encoders.torch_load import check_torch_load
from vfrt_ros.core.types.errors import EncoderError, WeightsMissingError, first_line

_SAFE = ("model.safetensors", "model.safetensors.index.json")
_PICKLED = ("pytorch_model.bin", "pytorch_model.bin.index.json")
_TEXT_FILES = ["*.json", "*.txt", "*.model"]
_WANTED = ([*_TEXT_FILES, "model*.safetensors"], [*_TEXT_FILES, "pytorch_model*.bin"])
"""Files that are fetched of a model: the first, or the second where it has no safetensors. A repository holds more."""


def model_id_of(name: str) -> str:
    """The hub's id, or the folder, that a backbone's name stands for.

    >>> model_id_of("clip_vit_b32"), model_id_of("hf:me/mine")
    ('openai/clip-vit-base-patch32', 'me/mine')
    """
    return CATALOG[name].model_id if name in CATALOG else name.removeprefix("hf:").removeprefix("image:")


def find_model(name: str, model_path: str = "", allow_download: bool = False) -> Path:
    """The folder with the model's files, looked for in the folder given, the cache, then the hub.

    Args:
        name: of the backbone: one of the catalogue, or a model id or folder behind `hf:` or `image:`.
        model_path: folder that comes before everything else; empty for none.
        allow_download: whether the hub may be asked; a progress bar shows it.

    Raises:
        EncoderError: the weights are nowhere, or only as a pickle that this torch must not read.
    """
    model = model_id_of(name)
    for folder in (model_path, model):
        if folder and (folder == model_path or Path(folder).expanduser().is_dir()):
            return check_folder(Path(folder).expanduser())
    if cached := _cached(model):
        return check_folder(cached)
    if not allow_download:
        raise WeightsMissingError(
            f"the weights of {name} ({model}) are not on this machine; set allow_download to true to fetch "
            "them, model_path to a folder that has them, or backbone to embedded, which needs none"
        )
    return check_folder(_download(name, model))


def check_folder(folder: Path) -> Path:
    """The folder itself, if it holds a model that can be read here.

    Raises:
        EncoderError: there is no such folder, no config.json or weights in it, or the weights are a pickle
            that this torch must not read.
    """
    if not folder.is_dir():
        raise EncoderError(f"model_path: expected a folder with a model, got '{folder}', which is not there")
    if not (folder / "config.json").is_file() or not weight_files(folder):
        raise EncoderError(
            f"expected config.json and {_SAFE[0]} (or {_PICKLED[0]}) in '{folder}', got "
            f"{', '.join(sorted(file.name for file in folder.iterdir())[:8]) or 'an empty folder'}"
        )
    if not is_safe(folder):
        check_torch_load(str(weight_files(folder)[0]))
    return folder


def is_safe(folder: Path) -> bool:
    """Whether the folder has its weights as safetensors."""
    return any((folder / name).is_file() for name in _SAFE)


def weight_files(folder: Path) -> list[Path]:
    """The files that the weights would be read from, safetensors before pickles; none is an empty list."""
    for names, pattern in ((_SAFE, "model*.safetensors"), (_PICKLED, "pytorch_model*.bin")):
        if any((folder / name).is_file() for name in names):
            return sorted(folder.glob(pattern))
    return []


def hub_cache() -> Path:
    """The folder in which Hugging Face keeps what it fetched.

    Source: huggingface_hub, environment variables HF_HUB_CACHE, HF_HOME and XDG_CACHE_HOME, in this order.
    """
    if cache := os.environ.get("HF_HUB_CACHE") or os.environ.get("HUGGINGFACE_HUB_CACHE"):
        return Path(cache).expanduser()
    base = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(os.environ.get("HF_HOME") or f"{base}/huggingface").expanduser() / "hub"


def at_hand(model: str) -> bool:
    """Whether the local cache holds weights of the model, found without importing anything."""
    folder = cached_folder(model)
    return folder is not None and bool(weight_files(folder))


def cached_folder(model: str) -> Path | None:
    """The folder of the model's newest files in the local cache, found without importing anything."""
    folder = hub_cache() / f"models--{model.replace('/', '--')}"
    try:
        commit = (folder / "refs" / "main").read_text(encoding="utf-8").strip()
    except OSError:
        return None
    return folder / "snapshots" / commit


def _cached(model: str) -> Path | None:
    """The cache's folder of the model, if it has weights."""
    for patterns in _WANTED:
        # Without the patterns the hub's client calls a folder incomplete that lacks files nobody asked for.
        folder = _snapshot(model, download=False, patterns=patterns)
        if folder is not None and weight_files(folder):
            return folder
    return None


def _snapshot(model: str, download: bool, patterns: list[str]) -> Path | None:
    """The hub's folder of the model with the files of these patterns; None where the cache has none."""
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HFValidationError, LocalEntryNotFoundError

    try:
        return Path(snapshot_download(model, local_files_only=not download, allow_patterns=patterns))
    except HFValidationError as error:
        raise EncoderError(
            f"'{model}' is neither a folder nor a model id such as owner/name: {error}"
        ) from error
    except LocalEntryNotFoundError:
        if download:
            raise
        return None


def _download(name: str, model: str) -> Path:
    try:
        folder = _snapshot(model, download=True, patterns=_WANTED[0])
        if folder is not None and not weight_files(folder):
            check_torch_load(f"the only weights of {model} ({_PICKLED[0]})")
            folder = _snapshot(model, download=True, patterns=_WANTED[1])
    except EncoderError:
        raise
    except Exception as error:
        # The hub's client raises a dozen kinds, down to those of its HTTP library; all mean the same here.
        raise EncoderError(
            f"the weights of {name} ({model}) could not be fetched: {type(error).__name__}: {first_line(error)}; set "
            "model_path to a folder that has them, or backbone to embedded, which needs none"
        ) from error
    if folder is None:
        raise EncoderError(f"the weights of {name} ({model}) could not be fetched")
    return folder
