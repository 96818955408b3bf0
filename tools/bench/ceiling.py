# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The limit of the processor's arithmetic: how long CLIP's pictures take at the speed of its best matrix product.

No program with that arithmetic is faster, whatever its runtime; another precision may be.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from vfrt_ros.bench.isolated import isolated
from vfrt_ros.bench.spread import seconds_of

VIT_B32 = {
    "hidden_size": 768, "intermediate_size": 3072, "num_hidden_layers": 12, "image_size": 224, "patch_size": 32,
}  # fmt: skip
PROJECTION = 512
"""The sizes that a `config.json` without them stands for."""
SIDE = 2048
COUNT = 20


def ceiling(folder: str) -> dict[str, float]:
    """Of the CLIP model in a folder, measured in a process of its own.

    Returns:
        `GFLOP` of one picture, `GFLOP a second` of the best of some large float32 products, and `ms`.
    """
    found: dict[str, float] = isolated(measure, folder=folder)
    return found


def measure(folder: str) -> dict[str, float]:
    """As `ceiling`, in this process."""
    import torch

    from vfrt_ros.core.encoders.runtimes.cores import usable_cores

    torch.set_num_threads(usable_cores())
    square = torch.ones(SIDE, SIDE)
    rate = 2.0 * SIDE**3 / min(seconds_of(lambda: square @ square, COUNT))
    config = json.loads((Path(folder) / "config.json").read_text(encoding="utf-8"))
    work = operations(VIT_B32 | config["vision_config"], config.get("projection_dim", PROJECTION))
    return {"GFLOP": work / 1e9, "GFLOP a second": rate / 1e9, "ms": 1e3 * work / rate}


def operations(vision: dict[str, Any], projection: int) -> float:
    """Additions and multiplications in the matrix products that one picture's embedding depends on.

    Of the last layer only the class token's part counts, and the keys and values that it looks at.

    Args:
        vision: `vision_config` of a CLIP model.
        projection: Length of an embedding.

    >>> round(operations(VIT_B32, PROJECTION) / 1e9, 2)
    8.23
    """
    width, inner, patch = vision["hidden_size"], vision["intermediate_size"], vision["patch_size"]
    patches = (vision["image_size"] // patch) ** 2
    tokens = patches + 1

    def layer(asking: int) -> int:
        projections = 2 * tokens * width * width + 2 * asking * width * width
        return projections + 2 * asking * tokens * width + 2 * asking * width * inner

    whole = (vision["num_hidden_layers"] - 1) * layer(tokens) + layer(1)
    return 2.0 * (patches * 3 * patch * patch * width + whole + width * projection)
