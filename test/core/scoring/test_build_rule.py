# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""What a rule is made of, once."""

from __future__ import annotations

import pytest

from vfrt_ros.core.config.settings import RecognitionSettings
from vfrt_ros.core.encoders import load_encoders
from vfrt_ros.core.encoders.fake import FakeBackbone
from vfrt_ros.core.factory import identity_of
from vfrt_ros.core.memory.memory import Memory
from vfrt_ros.core.scoring.build_rule import build_rule
from vfrt_ros.core.scoring.late import LateRule


@pytest.fixture
def encoded(monkeypatch: pytest.MonkeyPatch, tmp_path) -> list[int]:
    """How many pictures each call encoded, with a cache of its own."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    counts, encode = [], FakeBackbone.encode_images

    def count(self, images):
        counts.append(len(images))
        return encode(self, images)

    monkeypatch.setattr(FakeBackbone, "encode_images", count)
    return counts


def rule(seed: int = 42, fuse: str = "calibrated"):
    encoders = load_encoders("fake", device="cpu", seed=seed)
    backbone = encoders.backbone
    memory = Memory(identity_of(backbone))
    return build_rule(RecognitionSettings(backbone="fake", fuse=fuse), memory, encoders)


def test_a_second_start_encodes_no_background(encoded) -> None:
    first, second = rule(), rule()
    assert len(encoded) == 1
    assert type(first) is type(second)


def test_another_fingerprint_has_a_background_of_its_own(encoded) -> None:
    rule(seed=1)
    rule(seed=2)
    assert len(encoded) == 2


def test_a_damaged_cache_is_made_again(encoded, tmp_path) -> None:
    rule()
    (file,) = (tmp_path / "vfrt" / "background").iterdir()
    file.write_bytes(file.read_bytes()[:100])
    rule()
    assert len(encoded) == 2


def test_the_late_rule_needs_none(encoded) -> None:
    assert isinstance(rule(fuse="late"), LateRule)
    assert not encoded
