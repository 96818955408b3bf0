# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Kinds of processors, by the matrix arithmetic that they have, and what is wanted on each."""

from __future__ import annotations

from collections.abc import Sequence

KINDS = {"AMX": "amx_bf16", "AVX-512 BF16": "avx512_bf16"}
"""By name, the flag of Linux that tells; the first that a processor has is its kind."""
PLAIN = "AVX2"
"""The kind of a processor that has none of them."""

SPEEDUPS = {
    "AMX": {"clip": 4.2, "int8": 5.0, "embedded": 14.0},
    "AVX-512 BF16": {"clip": 5.2, "int8": 6.0, "embedded": 19.0},
    PLAIN: {"clip": 1.9, "int8": 1.7, "embedded": 11.0},
}
"""How many times as fast as the reference loop, frame to decision."""


def kind_of(arithmetic: Sequence[str]) -> str:
    """The kind of a processor.

    Args:
        arithmetic: Its flags, as `machine.describe` names them under `matrix arithmetic`.

    >>> kind_of(["avx2", "avx512f", "avx512_bf16"]), kind_of(["avx2", "avx512f"])
    ('AVX-512 BF16', 'AVX2')
    """
    return next((kind for kind, flag in KINDS.items() if flag in arithmetic), PLAIN)
