# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Whole numbers of 8 bits for the matrix products of a transformer, without data to calibrate with.

Each row of a weight matrix is stored as bytes with one scale; the runtime brings activations to bytes group by
group while it runs (OpenVINO's dynamic quantisation). Convolutions and the products of attention stay as they are.
"""

from __future__ import annotations

from typing import Any

import numpy as np

GROUP = 64
"""Activations that share a scale: 32 take a fifth longer and are as exact, 128 are less exact (docs/notes/speed.md)."""
_LARGEST = 127


def compress(model: Any) -> None:
    """Replace the weights of a model's matrix products, in place.

    Args:
        model: An `openvino.Model` in float32.
    """
    for product in _weighted_products(model):
        weights = product.input_value(1).get_node()
        along = 1 if product.get_attributes().get("transpose_b") else 0
        product.input(1).replace_source_output(_compressed(np.array(weights.data), along).output(0))


def quantised(weights: np.ndarray, along: int) -> tuple[np.ndarray, np.ndarray]:
    """Bytes and scales.

    Args:
        weights: (n, m) float32.
        along: The axis whose entries share a scale.

    Returns:
        int8 of the same shape, and float32 scales whose product with them is near the weights.

    >>> bytes_, scales = quantised(np.float32([[1.0, -0.5], [0.0, 0.02]]), along=1)
    >>> bytes_.tolist(), bool(np.allclose(bytes_ * scales, [[1.0, -0.5], [0.0, 0.02]], atol=0.005))
    ([[127, -64], [0, 127]], True)
    """
    largest = np.abs(weights).max(axis=along, keepdims=True)
    scales = (np.maximum(largest, 1e-12) / _LARGEST).astype(np.float32)
    return np.clip(np.round(weights / scales), -_LARGEST, _LARGEST).astype(np.int8), scales


def _weighted_products(model: Any) -> list[Any]:
    def weights(node: Any) -> Any:
        return node.input_value(1).get_node()

    products = [node for node in model.get_ordered_ops() if node.get_type_name() == "MatMul"]
    return [n for n in products if weights(n).get_type_name() == "Constant" and len(weights(n).shape) == 2]


def _compressed(weights: np.ndarray, along: int) -> Any:
    from openvino import opset13 as ops

    numbers, scales = quantised(weights, along)
    return ops.multiply(ops.convert(ops.constant(numbers), "f32"), ops.constant(scales))
