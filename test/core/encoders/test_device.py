# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The choice of device, on machines that this one is not."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from vfrt_ros.core.encoders.device import choose_device
from vfrt_ros.core.types.errors import EncoderError


def torch_with(*devices: str) -> SimpleNamespace:
    return SimpleNamespace(
        __version__="9.9",
        cuda=SimpleNamespace(is_available=lambda: "cuda" in devices),
        backends=SimpleNamespace(mps=SimpleNamespace(is_available=lambda: "mps" in devices)),
    )


@pytest.mark.parametrize(
    "asked, present, expected",
    [
        ("auto", ["cuda", "mps"], "cuda"),
        ("auto", ["mps"], "mps"),
        ("auto", [], "cpu"),
        ("cpu", ["cuda"], "cpu"),
        ("cuda", ["cuda"], "cuda"),
        ("mps", ["mps"], "mps"),
    ],
)
def test_device_chosen(asked, present, expected):
    assert choose_device(asked, torch_with(*present)) == expected


@pytest.mark.parametrize("asked", ["cuda", "mps"])
def test_absent_device_is_refused(asked):
    with pytest.raises(EncoderError, match=f"device '{asked}' was asked for, but torch 9.9 finds none"):
        choose_device(asked, torch_with())


def test_unknown_device():
    with pytest.raises(EncoderError, match=r"got 'cud'. Did you mean 'cuda'"):
        choose_device("cud")
