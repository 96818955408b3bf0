# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Files that can be made again: compiled models, text embeddings, digests of weights.

Every file is the SHA-256 of its content followed by the content, is written beside its place and then
moved there, and is never a pickle. A file that is cut short or altered is removed and made again.
A cache that cannot be written only costs time: it is logged and otherwise ignored.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import logging
import mmap
import os
import tempfile
from pathlib import Path

import numpy as np

from vfrt_ros.core.config.leftovers import remove_leftovers
from vfrt_ros.core.types.errors import words_of

_DIGEST = hashlib.sha256().digest_size
_UNFINISHED = ".new-"
_log = logging.getLogger(__name__)


def cache_dir() -> Path:
    """The folder of all cached files: `$XDG_CACHE_HOME/vfrt`, or `~/.cache/vfrt`.

    Source: XDG Base Directory Specification, which says that a relative value is to be ignored.
    """
    base = Path(os.environ.get("XDG_CACHE_HOME", ""))
    return (base if base.is_absolute() else Path.home() / ".cache") / "vfrt"


def key_of(*parts: object) -> str:
    """A file name from everything that the content depends on: 32 hexadecimal digits.

    >>> key_of("a", 1) == key_of("a", 1), key_of("a", 1) == key_of("a1")
    (True, False)
    """
    return hashlib.sha256("\0".join(map(str, parts)).encode()).hexdigest()[:32]


def load(kind: str, key: str) -> bytes | None:
    """The content stored under this kind and key; None where there is none, or it was damaged."""
    try:
        raw = (cache_dir() / kind / key).read_bytes()
    except OSError:
        return None
    return raw[_DIGEST:] if _is_whole(kind, key, memoryview(raw)) else None


def load_mapped(kind: str, key: str) -> np.ndarray | None:
    """As `load`, without a copy in memory: for hundreds of megabytes.

    Returns:
        (n,) uint8, the file's own pages. A file here is replaced and removed but never changed, so they stay
        as they are for as long as the array lives.
    """
    try:
        with (cache_dir() / kind / key).open("rb") as file:
            # Private, and so writable, which libraries ask for that take memory over.
            raw = np.frombuffer(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY), np.uint8)
    except (OSError, ValueError):
        return None
    return raw[_DIGEST:] if _is_whole(kind, key, raw.data) else None


def _is_whole(kind: str, key: str, raw: memoryview) -> bool:
    """Whether the digest is that of the content; a file of which it is not is removed."""
    if len(raw) < _DIGEST or hashlib.sha256(raw[_DIGEST:]).digest() != raw[:_DIGEST]:
        _log.warning("cached file %s is damaged; making it again", cache_dir() / kind / key)
        discard(kind, key)
        return False
    with contextlib.suppress(OSError):
        os.utime(cache_dir() / kind / key)
    return True


def store(kind: str, key: str, content: bytes) -> None:
    """Write the content in one step: a reader sees all of it or nothing."""
    folder = cache_dir() / kind
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=folder, prefix=_UNFINISHED)
    except OSError as error:
        _log.warning("cannot write to the cache %s: %s", folder, words_of(error))
        return
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(hashlib.sha256(content).digest())
            file.write(content)
        Path(name).replace(folder / key)
    except BaseException as error:
        Path(name).unlink(missing_ok=True)
        if not isinstance(error, OSError):
            raise
        _log.warning("cannot write to the cache %s: %s", folder, words_of(error))


def discard(kind: str, key: str) -> None:
    """Remove a cached file, if it is there."""
    try:
        (cache_dir() / kind / key).unlink(missing_ok=True)
    except OSError as error:
        _log.warning("cannot remove the cached file %s: %s", key, words_of(error))


def prune(kind: str, keep: int) -> None:
    """Remove the files of a kind that were longest unused, all but `keep`; a file is used by `load`.

    What killed processes left half-written goes too.
    """
    remove_leftovers(cache_dir() / kind, f"{_UNFINISHED}*")
    try:
        files = [file for file in (cache_dir() / kind).iterdir() if not file.name.startswith(".")]
        files.sort(key=lambda file: file.stat().st_mtime, reverse=True)
        for file in files[keep:]:
            file.unlink(missing_ok=True)
    except OSError as error:
        _log.warning("cannot tidy the cache %s: %s", cache_dir() / kind, words_of(error))


def load_arrays(kind: str, key: str) -> dict[str, np.ndarray] | None:
    """The arrays stored by `store_arrays`; None where there are none."""
    content = load(kind, key)
    if content is None:
        return None
    with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
        return {name: arrays[name] for name in arrays.files}


def store_arrays(kind: str, key: str, **arrays: np.ndarray) -> None:
    """Store named arrays under this kind and key."""
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)  # type: ignore[arg-type]
    store(kind, key, buffer.getvalue())
