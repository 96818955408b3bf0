# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""An index that cannot serve is refused before anything is taught."""

from __future__ import annotations

import re

import pytest

from vfrt_ros.core.memory.index_trial import index_fault
from vfrt_ros.core.memory.memory import Memory
from vfrt_ros.core.types.errors import SettingError

from .teaching import ENCODER, new_examples

REFUSED = {
    "it takes no second batch": "NSG16",
    "more directions than numbers": "PCA100,Flat",
    "no links, which ends the process": "HNSW0",
    "one link, which ends the process": "HNSW1",
    "no cells": "IVF0,Flat",
    "parts that do not divide": "PQ7",
    "more than fits": "HNSW999999999",
    "no factory string": "nonsense",
    "nothing": "",
    "a broken character": "Flat\ud800",
}
SENTENCE = re.compile(
    r"Parameter 'memory_index' must be auto or [^;(]*; got '[^']*' \((?!.*faiss::|.*\.cpp)[^\n]+\)\."
)
"""Said once, and without the places in FAISS's sources."""


@pytest.mark.parametrize("factory", REFUSED.values(), ids=REFUSED.keys())
def test_what_cannot_serve_is_refused_at_the_start_and_leaves_nothing(factory, tmp_path) -> None:
    path = tmp_path / "home" / "memory.db"
    with pytest.raises(SettingError, match="memory_index") as caught:
        Memory(ENCODER, path, index=factory)
    assert SENTENCE.fullmatch(str(caught.value))
    assert not path.parent.exists()
    memory = Memory(ENCODER, path)
    memory.register("cup", new_examples(3))
    memory.close()


@pytest.mark.parametrize(
    "factory", ["auto", "Flat", "HNSW32", "IVF64,Flat", "SQ8", "HNSW16,SQ8", "IVF64,PQ8"]
)
def test_what_can_is_taken(factory) -> None:
    assert index_fault(16, factory) == ""
