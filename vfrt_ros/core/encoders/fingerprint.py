# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Fingerprints of encoders: all that their vectors depend on, in one short string.

A fingerprint holds the weights, the numeric precision of the forward pass and the version of everything around it
(preprocessing, layout of the embedding): what is cached under it is the same up to rounding. Embeddings whose encoders
differ in nothing but the precision share a space, and so a memory.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

from vfrt_ros.core.encoders import cache

_CHUNK = 1 << 20
FLOATS = ("f32", "bf16", "f16")
"""Precisions whose embeddings agree to a cosine of .999."""


def fingerprint(weights: str, *, precision: str, version: object) -> str:
    """Join what the vectors depend on.

    Args:
        weights: digest of the weights (`digest_of_files`).
        precision: of the forward pass: `f32`, `f16` or `bf16`.
        version: anything printable that changes when the code around the weights changes their meaning.

    Returns:
        `<16 hexadecimal digits>-<precision>`.

    >>> a = fingerprint("abc", precision="f32", version=1)
    >>> b = fingerprint("abc", precision="bf16", version=1)
    >>> a == b, a.endswith("-f32")
    (False, True)
    """
    return f"{cache.key_of(weights, precision, version)[:16]}-{precision}"


def embedding_space(weights: str, *, precision: str, version: object) -> tuple[str, tuple[str, ...]]:
    """The space in which an encoder's embeddings lie: those of `f32`, `bf16` and `f16` lie in one, those of `int8`
    apart.

    Args:
        weights, precision, version: As for `fingerprint`.

    Returns:
        Its name, and the fingerprints that memories of this space were known by before spaces had names.

    >>> embedding_space("abc", precision="f32", version=1) == embedding_space("abc", precision="bf16", version=1)
    True
    >>> embedding_space("abc", precision="int8", version=1)[0] == fingerprint("abc", precision="int8", version=1)
    True
    """
    if precision not in FLOATS:
        return fingerprint(weights, precision=precision, version=version), ()
    former = tuple(fingerprint(weights, precision=each, version=version) for each in FLOATS)
    return fingerprint(weights, precision="float", version=version), former


def digest_of_files(paths: Sequence[Path]) -> str:
    """SHA-256 over the contents of the files, in the order given: 64 hexadecimal digits.

    The digest of a file is remembered by its path, size and time of change, so that a large file is read
    once and not at every start.
    """
    return hashlib.sha256("".join(digest_of_file(path) for path in paths).encode()).hexdigest()


def digest_of_file(path: Path) -> str:
    """SHA-256 of a file's contents, 64 hexadecimal digits; remembered as for `digest_of_files`."""
    path = path.resolve()
    stat = path.stat()
    key = cache.key_of(path, stat.st_size, stat.st_mtime_ns)
    known = cache.load("digests", key)
    if known is not None:
        return str(json.loads(known))
    whole = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            whole.update(chunk)
    cache.store("digests", key, json.dumps(whole.hexdigest()).encode())
    return whole.hexdigest()
