# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The limit of the arithmetic: how long CLIP's pictures take at the speed of the runtime's best matrix product.

The product is that of OpenVINO, which runs the model too, in the same precision. A runtime with a better product would
have a higher limit: torch's in f32 was slower than OpenVINO's, so what is measured here is not the processor's own.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from vfrt_ros.bench.isolated import isolated

VIT_B32 = {
    "hidden_size": 768, "intermediate_size": 3072, "num_hidden_layers": 12, "image_size": 224, "patch_size": 32,
}  # fmt: skip
PROJECTION = 512
"""The sizes that a `config.json` without them stands for."""
SIDE = 2048
COUNT = 20


def ceiling(folder: str, precision: str) -> dict[str, float]:
    """Of the CLIP model in a folder, measured in a process of its own.

    Returns:
        `GFLOP` of one picture, `GFLOP a second` of the best of some large products, and `ms`.
    """
    found: dict[str, float] = isolated(measure, folder=folder, precision=precision)
    return found


def measure(folder: str, precision: str) -> dict[str, float]:
    """As `ceiling`, in this process."""
    import numpy as np

    from vfrt_ros.core.encoders.runtimes.openvino import compile_options, import_openvino

    openvino = import_openvino()
    factor = np.random.default_rng(0).standard_normal((SIDE, SIDE), np.float32)
    left = openvino.opset13.parameter([SIDE, SIDE], np.float32)
    model = openvino.Model([openvino.opset13.matmul(left, factor, False, False)], [left])
    request = openvino.Core().compile_model(model, "CPU", compile_options(precision)).create_infer_request()
    rate = 2.0 * SIDE**3 / min(_seconds_of(lambda: request.infer({0: factor}, share_inputs=True), COUNT))
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


def _seconds_of(step: Callable[[], Any], count: int, warm_up: int = 3) -> list[float]:
    """Seconds of each of `count` calls, after some that are not counted."""
    for _ in range(warm_up):
        step()
    seconds = []
    for _ in range(count):
        start = time.perf_counter()
        step()
        seconds.append(time.perf_counter() - start)
    return seconds
