# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""What a registration answers beside what it stored."""

from __future__ import annotations

from typing import Any

import pytest
from fixtures.pictures import picture

from vfrt_ros.core.config.settings import RecognitionSettings
from vfrt_ros.core.recogniser import Recogniser
from vfrt_ros.core.registration import Conflict, ConflictCode, Registration

RED = [picture("red", variant) for variant in range(3)]


@pytest.fixture
def recogniser() -> Recogniser:
    made = Recogniser(RecognitionSettings(backbone="fake", memory_path=":memory:"))
    made.register("thing 1", images=RED)
    made.register("leaf", images=[picture("green", variant) for variant in range(3)])
    return made


REGISTERED: dict[str, tuple[str, list[Any], bool, list[str]]] = {
    "the same pictures under a second name": ("cup", RED, False, ["thing 1"]),
    "one of them among others": ("cup", [picture("red", 8), RED[1]], False, ["thing 1"]),
    "pictures of two labels": ("cup", [RED[0], picture("green", 1)], False, ["leaf", "thing 1"]),
    "other pictures of a thing alike": ("cup", [picture("red", 8)], False, []),
    "another thing": ("sea", [picture("blue")], False, []),
    "the same pictures as what it is not": ("cup", RED, True, []),
    "more of the same label": ("leaf", [picture("green", 7)], False, []),
}


@pytest.mark.parametrize(
    ("label", "images", "negative", "others"), REGISTERED.values(), ids=REGISTERED.keys()
)
def test_a_scene_that_gets_a_second_name_is_stored_and_said(
    recogniser, label, images, negative, others
) -> None:
    done = recogniser.register(label, images=images, negative=negative)
    assert done.stored == len(images)
    assert sorted(conflict.label for conflict in done.conflicts) == others
    assert all(0.995 <= conflict.cosine <= 1 for conflict in done.conflicts)
    assert all(conflict.code is ConflictCode.SAME_SCENE for conflict in done.conflicts)


def test_the_warning_is_one_sentence(recogniser) -> None:
    assert recogniser.register("cup", images=RED).warning == "These look like 'thing 1' (cosine 1.00)."
    two = [Conflict("a", 1.0), Conflict("b", 0.996)]
    done = recogniser.register("tea", images=[picture("white")])
    assert done.warning == ""
    said = Registration.of(done.selection, done.step, two).warning
    assert said == "These look like 'a' (cosine 1.00) and 'b' (cosine 1.00)."


def test_a_registration_is_printed_without_its_arrays(recogniser) -> None:
    text = repr(recogniser.register("cup", images=RED))
    assert len(text) < 300
    assert "array" not in text
