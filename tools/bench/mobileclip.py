# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""MobileCLIP2-S0 through open_clip, with random weights: how long a picture takes on this machine."""

from __future__ import annotations

import json
import tempfile
import time
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from tools.bench.row import BenchRow
from vfrt_ros.bench.isolated import isolated
from vfrt_ros.bench.materials import frames
from vfrt_ros.core.encoders.open_clip.files import CONFIG, SAFE
from vfrt_ros.core.encoders.open_clip.library import REMEDY, import_open_clip, is_installed

ARCHITECTURE = "MobileCLIP2-S0"
NAME = f"{ARCHITECTURE} (open_clip, random weights), 640x480 frame to embedding"


def measure(quick: bool) -> list[BenchRow]:
    """Its row; one that says what to install where open_clip is not."""
    if not is_installed():
        return [BenchRow(NAME, "told", f"not measured: open_clip is not installed ({REMEDY})", None)]
    found = isolated(watch, count=20 if quick else 200)
    spread = f"({found['low ms']:.1f} … {found['high ms']:.1f})"
    figure = f"{found['ms']:.1f} ms {spread}, {found['precision']} by {found['runtime']}"
    return [BenchRow(NAME, "told", figure, None, {}, found)]


def watch(count: int) -> dict[str, Any]:
    """Milliseconds of a picture, from BGR to the embedding.

    Args:
        count: Pictures that are timed, after a few that are not.
    """
    from vfrt_ros.core.encoders import load_encoders

    with tempfile.TemporaryDirectory() as folder:
        save_random(Path(folder))
        encoders = load_encoders(f"open_clip:{ARCHITECTURE}@{folder}")
        backbone: Any = encoders.backbone
        pictures = frames(10)
        seconds = []
        for number in range(count + 5):
            start = time.perf_counter()
            backbone.encode_images([cv2.cvtColor(pictures[number % len(pictures)], cv2.COLOR_BGR2RGB)])
            seconds.append(time.perf_counter() - start)
    low, middle, high = 1e3 * np.percentile(seconds[5:], [10, 50, 90])
    return {
        "ms": middle,
        "low ms": low,
        "high ms": high,
        "precision": backbone.choice.precision,
        "runtime": backbone.choice.runtime,
        "dimension": backbone.dim,
    }


def save_random(folder: Path) -> None:
    """Write the architecture with random weights, as the hub would have it.

    Args:
        folder: An empty one.
    """
    import torch
    from safetensors.torch import save_file

    library = import_open_clip()
    with torch.random.fork_rng():
        torch.manual_seed(3)
        model = library.create_model(ARCHITECTURE)
    preprocess = library.get_model_preprocess_cfg(model)
    config = {"model_cfg": library.get_model_config(ARCHITECTURE), "preprocess_cfg": preprocess}
    (folder / CONFIG).write_text(json.dumps(config), encoding="utf-8")
    save_file({name: value.contiguous() for name, value in model.state_dict().items()}, folder / SAFE)
