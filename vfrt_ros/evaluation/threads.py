# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""How many threads linear algebra may use; imports nothing, so that it can be set before numpy reads it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

NAMES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
"""Variables that OpenMP, OpenBLAS and MKL read once, when they are loaded."""


@contextmanager
def one_thread_each() -> Iterator[None]:
    """Processes started meanwhile get one thread: with several each, they would fight for the cores."""
    before = {name: os.environ.get(name) for name in NAMES}
    os.environ.update(dict.fromkeys(NAMES, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
