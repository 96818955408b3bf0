# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""What changes a fingerprint, what does not, and the cache below."""

from __future__ import annotations

import os
import time
from pathlib import Path

import numpy as np
import pytest

from vfrt_ros.core.config.leftovers import LEFT_AFTER_SECONDS
from vfrt_ros.core.encoders import cache, load_encoders
from vfrt_ros.core.encoders.fingerprint import digest_of_files, embedding_space, fingerprint


@pytest.fixture(autouse=True)
def fresh_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.mark.parametrize(
    "other", [("w2", "f32", 1), ("w", "bf16", 1), ("w", "f32", 2)], ids=["weights", "precision", "version"]
)
def test_everything_counts(other):
    weights, precision, version = other
    assert fingerprint(weights, precision=precision, version=version) != fingerprint(
        "w", precision="f32", version=1
    )


def test_precision_of_an_encoder_counts(tiny_clip):
    one, other = (
        load_encoders(f"hf:{tiny_clip}", device="cpu", runtime="torch", precision=p).backbone
        for p in ("f32", "bf16")
    )
    assert one.fingerprint != other.fingerprint
    assert one.fingerprint.endswith("-f32")


def test_precisions_that_agree_share_a_space_and_know_what_it_was_called(tiny_clip):
    one, other = (
        load_encoders(f"hf:{tiny_clip}", device="cpu", runtime="torch", precision=p).backbone
        for p in ("f32", "bf16")
    )
    assert one.embedding_space == other.embedding_space
    assert {one.fingerprint, other.fingerprint} <= set(one.former_spaces)
    assert embedding_space("w", precision="int8", version=1) == (
        fingerprint("w", precision="int8", version=1),
        (),
    )


def test_changed_file_has_another_digest(tmp_path):
    file = tmp_path / "weights"
    file.write_bytes(b"one")
    first = digest_of_files([file])
    assert digest_of_files([file]) == first
    file.write_bytes(b"two")
    os.utime(file, ns=(1, 1))
    assert digest_of_files([file]) != first


def test_digest_is_of_the_content_not_of_the_place(tmp_path):
    for name in "ab":
        (tmp_path / name).write_bytes(b"same")
    assert digest_of_files([tmp_path / "a"]) == digest_of_files([tmp_path / "b"])


def test_a_file_is_read_once(tmp_path, monkeypatch):
    file = tmp_path / "weights"
    file.write_bytes(b"one")
    first = digest_of_files([file])
    opened = []
    real = Path.open
    monkeypatch.setattr(Path, "open", lambda path, *a, **kw: opened.append(path) or real(path, *a, **kw))
    assert digest_of_files([file]) == first
    assert opened and file.resolve() not in opened


def test_arrays_come_back_from_the_cache():
    cache.store_arrays("test", "key", one=np.arange(3), two=np.eye(2, dtype=np.float32))
    back = cache.load_arrays("test", "key")
    assert back is not None and set(back) == {"one", "two"} and back["two"].dtype == np.float32
    assert cache.load_arrays("test", "other") is None


def test_what_is_mapped_stays_though_the_file_is_replaced_and_removed():
    cache.store("test", "key", b"what was stored")
    mapped = cache.load_mapped("test", "key")
    cache.store("test", "key", b"what came later")
    later = cache.load_mapped("test", "key")
    cache.discard("test", "key")
    assert mapped is not None and later is not None
    assert (mapped.tobytes(), later.tobytes()) == (b"what was stored", b"what came later")
    assert cache.load_mapped("test", "key") is None


@pytest.mark.parametrize("raw", [b"", b"short", bytes(40)])
def test_what_is_damaged_is_not_mapped(raw):
    cache.store("test", "key", b"x")
    (cache.cache_dir() / "test" / "key").write_bytes(raw)
    assert cache.load_mapped("test", "key") is None


def test_what_was_longest_unused_is_pruned():
    for age, name in enumerate("dcba"):
        cache.store("test", name, name.encode())
        os.utime(cache.cache_dir() / "test" / name, (age, age))
    assert cache.load("test", "d") == b"d"
    cache.prune("test", 2)
    assert sorted(file.name for file in (cache.cache_dir() / "test").iterdir()) == ["a", "d"]
    cache.prune("no such kind", 2)


def test_what_a_killed_process_left_is_pruned_when_it_is_old():
    cache.store("test", "a", b"a")
    old = time.time() - 2 * LEFT_AFTER_SECONDS
    names = [".new-old_1234", ".new-now_1234"]
    for name in names:
        (cache.cache_dir() / "test" / name).write_bytes(b"half")
    os.utime(cache.cache_dir() / "test" / names[0], (old, old))
    cache.prune("test", 2)
    assert {file.name for file in (cache.cache_dir() / "test").iterdir()} == {"a", names[1]}


def test_objects_are_never_unpickled():
    cache.store_arrays("test", "key", one=np.array([{}], dtype=object))
    with pytest.raises(ValueError, match="allow_pickle"):
        cache.load_arrays("test", "key")


def test_interrupted_write_leaves_what_was_there(monkeypatch):
    cache.store("test", "key", b"old")

    def stop(*args):
        raise KeyboardInterrupt

    monkeypatch.setattr(cache.Path, "replace", stop)
    with pytest.raises(KeyboardInterrupt):
        cache.store("test", "key", b"new")
    assert cache.load("test", "key") == b"old"
    assert [file.name for file in (cache.cache_dir() / "test").iterdir()] == ["key"]


@pytest.mark.parametrize("value", ["", "relative/path"])
def test_cache_folder_falls_back(monkeypatch, tmp_path, value):
    monkeypatch.setenv("XDG_CACHE_HOME", value)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert cache.cache_dir() == tmp_path / ".cache" / "vfrt"
