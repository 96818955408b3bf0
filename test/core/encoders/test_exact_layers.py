# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The first layers of a network in float32, the others in bf16."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("openvino")

from vfrt_ros.core.encoders.embedded.encoder import EmbeddedBackbone
from vfrt_ros.core.encoders.runtimes.exact_layers import keep_exact
from vfrt_ros.core.encoders.runtimes.openvino import compile_options, import_openvino, settle_precision

openvino = import_openvino()
core = openvino.Core()
needs_bf16 = pytest.mark.skipif(
    "BF16" not in core.get_property("CPU", "OPTIMIZATION_CAPABILITIES"),
    reason="this processor does not compute in bf16",
)
LAYERS = 3


@pytest.fixture
def model():
    """Three convolutions of one pixel each, from (1, 16, 8, 8)."""
    from openvino import opset13 as ops

    rng = np.random.default_rng(3)
    pixels = flow = ops.parameter([1, 16, 8, 8], np.float32)
    for _ in range(LAYERS):
        weights = rng.standard_normal((16, 16, 1, 1)).astype(np.float32)
        flow = ops.relu(ops.convolution(flow, weights, [1, 1], [0, 0], [0, 0], [1, 1]))
    return openvino.Model([ops.result(flow)], [pixels])


def answer(model, precision: str) -> np.ndarray:
    pixels = np.random.default_rng(4).standard_normal((1, 16, 8, 8)).astype(np.float32)
    return core.compile_model(model, "CPU", compile_options(precision))(pixels)[0]


def error(model, exact: np.ndarray) -> float:
    return float(np.abs(answer(model, "bf16") - exact).max() / np.abs(exact).max())


@pytest.mark.parametrize("layers", [0, 1, LAYERS])
def test_the_model_computes_the_same_in_float32(model, layers) -> None:
    np.testing.assert_allclose(answer(keep_exact(model, layers), "f32"), answer(model, "f32"), rtol=1e-6)


@needs_bf16
def test_the_more_layers_are_exact_the_nearer_is_the_answer(model) -> None:
    exact = answer(model, "f32")
    errors = [error(keep_exact(model, layers), exact) for layers in (0, LAYERS - 1, LAYERS)]
    assert errors[0] == error(model, exact) > errors[1] > 10 * errors[2]


@needs_bf16
def test_embedded_in_bf16_agrees_with_float32() -> None:
    network = EmbeddedBackbone(precision="f32").choice.network
    assert network.exact_layers > 0
    # It refuses what has a cosine below .999.
    assert settle_precision(network, "bf16") == ("bf16", "as asked for")
