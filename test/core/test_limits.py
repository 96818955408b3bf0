# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The limits of the settings, each at its edge: what is over is refused in words, and nothing changes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
import pytest
from fixtures.pictures import picture

from vfrt_ros.core.config.settings import RecognitionSettings
from vfrt_ros.core.memory.merge import bundle_of
from vfrt_ros.core.memory.new_example import NewExample
from vfrt_ros.core.recogniser import Recogniser
from vfrt_ros.core.types.errors import AllRejectedError, RequestError


@pytest.fixture(autouse=True)
def _cache(monkeypatch, tmp_path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))


def recogniser(**limits: Any) -> Recogniser:
    return Recogniser(RecognitionSettings(backbone="fake", memory_path=":memory:", **limits))


def red(count: int) -> list:
    return [picture("red", variant) for variant in range(count)]


Act = Callable[[Recogniser], Any]
LIMITS: dict[str, tuple[dict[str, float], Act, Act, str]] = {
    "label length": (
        {"max_label_length": 3},
        lambda r: r.register("cup", images=red(1)),
        lambda r: r.register("cups", images=red(1)),
        "at most 3 characters; got 4",
    ),
    "length of a new name": (
        {"max_label_length": 3},
        lambda r: r.set_prompts(["cup"]),
        lambda r: r.relabel("cup", "cups"),
        "at most 3 characters; got 4",
    ),
    "length in set_prompts": (
        {"max_label_length": 3},
        lambda r: r.set_prompts(["cup"]),
        lambda r: r.set_prompts(["cups"]),
        "at most 3 characters; got 4",
    ),
    "labels by register": (
        {"max_labels": 1},
        lambda r: r.register("cup", images=red(1)),
        lambda r: r.register("mug", images=red(2)),
        "2 labels, over the 1 of max_labels",
    ),
    "labels by set_prompts": (
        {"max_labels": 2},
        lambda r: r.set_prompts(["cup", "mug"]),
        lambda r: r.set_prompts(["cup", "sky"]),
        "3 labels, over the 2 of max_labels",
    ),
    "prompts": (
        {"max_prompts": 2},
        lambda r: r.set_prompts(["cup"] * 2, ["a cup", "a mug"]),
        lambda r: r.set_prompts(["cup"] * 3, ["a cup", "a mug", "a beaker"]),
        "at most 2 prompts",
    ),
    "images": (
        {"max_images": 2},
        lambda r: r.register("cup", images=red(2)),
        lambda r: r.register("cup", images=red(3)),
        "at most 2 images",
    ),
    "megapixels": (
        {"max_request_megapixels": 0.025},
        lambda r: r.register("cup", images=red(2)),
        lambda r: r.register("cup", images=red(3)),
        "over the 0.025 of max_request_megapixels",
    ),
}


@pytest.mark.parametrize(("limits", "within", "over", "words"), LIMITS.values(), ids=LIMITS.keys())
def test_what_is_over_a_limit_is_refused_and_changes_nothing(limits, within, over, words) -> None:
    limited = recogniser(**limits)
    within(limited)
    version = limited.memory.version
    assert version == 1
    with pytest.raises(RequestError, match=words):
        over(limited)
    assert limited.memory.version == version


def test_examples_over_the_limit_are_left_out_with_the_reason() -> None:
    limited = recogniser(max_examples=3)
    done = limited.register("cup", images=red(5))
    assert (done.stored, len(done.reasons)) == (3, 2)
    assert done.reasons[0] == "frame 4 of 5: 'cup' has 3 examples, as many as max_examples allows"
    with pytest.raises(AllRejectedError, match="as many as max_examples allows"):
        limited.register("cup", images=[picture("red", 9)], negative=True)
    assert limited.register("mug", images=[picture("blue")]).stored == 1


def test_two_labels_are_not_merged_into_more_examples_than_allowed() -> None:
    limited = recogniser(max_examples=3)
    limited.register("cup", images=red(2))
    limited.register("mug", images=[picture("blue", variant) for variant in range(2)])
    with pytest.raises(RequestError, match="'mug' would have 4 examples, over the 3 of max_examples"):
        limited.relabel("cup", "mug")
    assert limited.memory.version == 2
    limited.configure(max_examples=1)
    limited.relabel("cup", "beaker")
    limited.configure(max_examples=4)
    assert len(limited.relabel("beaker", "mug").examples.added) == 2


def test_a_file_that_is_as_large_as_allowed_takes_no_examples(tmp_path) -> None:
    limited = Recogniser(RecognitionSettings(backbone="fake", memory_path=str(tmp_path / "m.db")))
    taught = limited.register("cup", images=red(2)).step.examples.added
    bundle = bundle_of(limited.memory)
    noise = np.random.default_rng(0).integers(0, 256, (700, 700, 3), np.uint8)
    large = cv2.imencode(".jpg", noise, [cv2.IMWRITE_JPEG_QUALITY, 95])[1].tobytes()
    limited.memory.register("large", [NewExample(taught[0].embedding, {}, large)] * 3)
    limited.memory.forget("large")
    limited.configure(max_memory_mb=1.0)
    acts: list[Act] = [
        lambda r: r.register("mug", images=red(2)),
        lambda r: r.absorb(r.prepare_merge(bundle, "desk")),
    ]
    for act in acts:
        with pytest.raises(RequestError, match=r"MB, over the 1 of max_memory_mb: raise it, or forget"):
            act(limited)
    assert limited.memory.version == 3
    limited.memory.undo()
    limited.relabel("cup", "mug")
    limited.close()


def test_a_limit_is_live() -> None:
    limited = recogniser(max_images=1)
    with pytest.raises(RequestError):
        limited.register("cup", images=red(2))
    limited.configure(max_images=2)
    assert limited.register("cup", images=red(2)).stored == 2


def test_what_is_there_can_be_named_though_it_is_over_a_lowered_limit() -> None:
    limited = recogniser()
    limited.register("teacup", images=red(2))
    limited.set_prompts(["sky"])
    limited.configure(max_label_length=3, max_labels=1)
    limited.relabel("teacup", "cup")
    assert limited.register("cup", images=[picture("red", 9)]).stored == 1
    limited.memory.forget("cup")
    assert list(limited.memory.labels) == ["sky"]


def test_initial_labels_keep_to_the_limit() -> None:
    with pytest.raises(RequestError, match="at most 3 characters"):
        recogniser(max_label_length=3, init_labels=("teacup",))
