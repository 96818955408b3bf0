"""Where a Hugging Face model's files are: a folder, the local cache, or the hub if that is allowed."""

from __future__ import annotations

import os
from pathlib import Path


def hub_cache() -> Path:
    """The folder in which Hugging Face keeps what it fetched.

    Source: huggingface_hub, environment variables HF_HUB_CACHE, HF_HOME and XDG_CACHE_HOME, in this order.
    """
    if cache := os.environ.get("HF_HUB_CACHE") or os.environ.get("HUGGINGFACE_HUB_CACHE"):
        return Path(cache).expanduser()
    base = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(os.environ.get("HF_HOME") or f"{base}/huggingface").expanduser() / "hub"


def at_hand(model_id: str) -> bool:
    """Whether the local cache holds weights of the model, found without importing anything."""
    folder = hub_cache() / f"models--{model_id.replace('/', '--')}" / "snapshots"
    names = ("model.safetensors", "pytorch_model.bin", "model.safetensors.index.json")
    return any((snapshot / name).is_file() for snapshot in folder.glob("*") for name in names)
