# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""A start that fails leaves nothing behind, and can be tried again in the same process."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest
from fixtures.pictures import picture

from vfrt_ros.core.config.settings import RecognitionSettings
from vfrt_ros.core.encoders.fake import FakeBackbone, FakeText
from vfrt_ros.core.factory import identity_of
from vfrt_ros.core.memory.memory import Memory
from vfrt_ros.core.recogniser import Recogniser
from vfrt_ros.core.rule_in_force import RuleMaker
from vfrt_ros.core.types.errors import EncoderError, MemoryStoreError, SettingError, VfrtError


@pytest.fixture(autouse=True)
def _cache(monkeypatch, tmp_path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def fail(*_: Any) -> None:
    raise EncoderError("It is gone.")


STARTS: dict[str, tuple[dict[str, Any], tuple[type, str] | None]] = {
    "an initial label": ({"init_labels": ["unknown"]}, None),
    "a template": ({"prompt_templates": ["none"]}, None),
    "the index": ({"memory_index": "nonsense"}, None),
    "the encoder": ({"backbone": "nonsense"}, None),
    "the text encoder": ({"init_labels": ["cat"]}, (FakeText, "encode_text")),
    "the pictures of the background": ({}, (FakeBackbone, "encode_images")),
    "the rule": ({}, (RuleMaker, "make")),
}


@pytest.mark.parametrize("exists", [False, True], ids=["a new memory", "a memory that is there"])
@pytest.mark.parametrize(("changes", "broken"), STARTS.values(), ids=STARTS.keys())
def test_a_failed_start_leaves_nothing_and_can_be_tried_again(
    tmp_path, monkeypatch, changes, broken, exists
) -> None:
    path = tmp_path / "deep" / "home" / "memory.db"
    good = RecognitionSettings(backbone="fake", memory_path=str(path))
    if exists:
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "other"))
        with Recogniser(good) as made:
            made.register("cup", images=[picture("red")])
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    files = sorted(path.parent.glob("*"))
    threads = threading.active_count()
    with monkeypatch.context() as patch:
        if broken is not None:
            patch.setattr(*broken, fail)
        for _ in range(2):
            with pytest.raises(VfrtError):
                Recogniser(good.replace(**changes))
    assert sorted(path.parent.glob("*")) == files
    assert (tmp_path / "deep").exists() == exists
    assert threading.active_count() <= threads
    with Recogniser(good) as made:
        assert len(made.memory) == exists


def test_a_memory_that_was_given_is_used_and_stays_open(tmp_path) -> None:
    made = Recogniser(RecognitionSettings(backbone="fake", memory_path=":memory:"))
    backbone = made.encoders.backbone
    memory = Memory(identity_of(backbone), tmp_path / "own.db")
    settings = RecognitionSettings(backbone="fake", memory_path=str(tmp_path / "other.db"))
    with pytest.raises(VfrtError):
        Recogniser(settings.replace(init_labels=["unknown"]), memory=memory)
    given = Recogniser(settings, memory=memory)
    given.register("cup", images=[picture("red")])
    assert given.memory is memory
    assert not (tmp_path / "other.db").exists()
    memory.close()


PATHS = {
    "no such user": "~nosuchuser/memory.db",
    "a zero byte": "/tmp/a\0b",
    "a name that is too long": "/tmp/" + 300 * "x",
    "half of a surrogate pair": "/tmp/nowhere\ud800/x.db",
    "a file as a folder": "/dev/null/memory.db",
    "a folder": "/tmp",
    "a device": "/dev/full",
    "a device that takes everything": "/dev/null",
}


@pytest.mark.parametrize("path", PATHS.values(), ids=PATHS.keys())
def test_a_path_that_no_memory_can_have_is_refused_in_one_line(path) -> None:
    with pytest.raises((MemoryStoreError, SettingError)) as caught:
        Recogniser(RecognitionSettings(backbone="fake", fuse="late", memory_path=path))
    str(caught.value).encode()
    assert "\n" not in str(caught.value)
    assert not list(Path("/dev").glob("*.lock"))
