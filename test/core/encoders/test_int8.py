# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""8-bit matrix products: near the exact vectors, told apart from them, and only where they are to be had."""

from __future__ import annotations

import numpy as np
import pytest

from vfrt_ros.core.encoders import load_encoders
from vfrt_ros.core.encoders.runtimes.base import Network
from vfrt_ros.core.encoders.runtimes.choose import choose_runtime
from vfrt_ros.core.encoders.runtimes.int8 import quantised
from vfrt_ros.core.types.errors import EncoderError


@pytest.mark.parametrize("along", [0, 1])
def test_no_weight_moves_by_more_than_half_a_step(along) -> None:
    weights = np.random.default_rng(0).standard_normal((48, 32)).astype(np.float32)
    weights[:, 3] = 0.0
    numbers, scales = quantised(weights, along)
    assert numbers.dtype == np.int8
    assert (np.abs(numbers * scales - weights) <= scales * 0.501).all()


def test_vectors_are_near_the_exact_ones_and_of_another_fingerprint(tiny_clip, photos) -> None:
    pytest.importorskip("openvino")
    exact, small = (
        load_encoders(f"hf:{tiny_clip}", device="cpu", runtime="openvino", precision=precision)
        for precision in ("f32", "int8")
    )
    pictures = list(photos.values())
    left, right = (encoders.backbone.encode_images(pictures) for encoders in (exact, small))
    assert ((left * right).sum(axis=1) > 0.99).all()
    assert not np.array_equal(left, right), "nothing was quantised"
    assert exact.backbone.fingerprint != small.backbone.fingerprint
    assert exact.text.fingerprint == small.text.fingerprint, "text stays exact"


def test_the_compiled_model_is_read_again(tiny_clip, photos) -> None:
    pytest.importorskip("openvino")
    picture = [photos["coffee"]]
    first, second = (
        load_encoders(f"hf:{tiny_clip}", device="cpu", precision="int8").backbone for _ in range(2)
    )
    assert np.allclose(first.encode_images(picture), second.encode_images(picture), atol=1e-5)


@pytest.mark.parametrize("device", ["cpu", "cuda"])
def test_torch_has_none(device) -> None:
    with pytest.raises(EncoderError, match="int8"):
        choose_runtime(Network("n", "d", lambda: None, ()), "torch", device, "int8")
