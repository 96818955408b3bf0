# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""What an interactive Python shows of the recogniser's answers: a line, and no arrays."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any

import pytest
from fixtures.pictures import picture

from vfrt_ros.core.config.settings import RecognitionSettings
from vfrt_ros.core.recogniser import Recogniser

ANSWERS: dict[str, Callable[[Recogniser], Any]] = {
    "register": lambda r: r.register("mug", images=[picture("blue", n) for n in range(8)]),
    "undo": lambda r: r.memory.undo(),
    "redo": lambda r: (r.memory.undo(), r.memory.redo())[1],
    "relabel": lambda r: r.relabel("cup", "mug"),
    "forget": lambda r: r.memory.forget("cup"),
    "observe": lambda r: r.observe(picture("red")),
    "recognise": lambda r: r.recognise(picture("red")),
}


@pytest.mark.parametrize("ask", ANSWERS.values(), ids=ANSWERS)
def test_an_answer_is_short(ask: Callable[[Recogniser], Any]) -> None:
    settings = RecognitionSettings(backbone="fake", memory_path=":memory:")
    with contextlib.closing(Recogniser(settings)) as recogniser:
        recogniser.register("cup", images=[picture("red", n) for n in range(8)])
        shown = repr(ask(recogniser))
    assert "array(" not in shown
    assert len(shown) < 400
    assert "\n" not in shown
