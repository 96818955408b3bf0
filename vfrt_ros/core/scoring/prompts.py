# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Labels to text prototypes: templates, ensembling, and a cache on disk.

A template holds `{label}` (or `{}`) where the label goes. The embeddings of a label's filled templates are
averaged and brought back to unit norm (Radford et al. 2021, arXiv:2103.00020, section 3.1.4). A prompt
that a person wrote for a label is used as it is, without templates.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from vfrt_ros.core.config.settings import DEFAULT_TEMPLATES
from vfrt_ros.core.config.templates import check_templates, fill
from vfrt_ros.core.encoders import cache
from vfrt_ros.core.encoders.protocols import TextEncoder
from vfrt_ros.core.types.errors import RequestError

# One template, the one that the embedded space was made with; it also suits CLIP and SigLIP.
PROMPT_TEMPLATES: tuple[str, ...] = DEFAULT_TEMPLATES
_KIND = "text"


def text_prototypes(
    text: TextEncoder,
    labels: Sequence[str],
    prompts: Sequence[str] = (),
    templates: Sequence[str] = PROMPT_TEMPLATES,
) -> np.ndarray:
    """One vector per label.

    Args:
        text: the encoder; not called for what the cache holds.
        labels: m labels.
        prompts: nothing, or m texts: the prompt of each label, used as it is; an empty one means the
            templates.
        templates: at least one, each with a place for the label.

    Returns:
        (m, d) float32, rows of unit norm.

    Raises:
        SettingError: a template has no place for the label.
        RequestError: as many prompts as labels are needed, or none.

    >>> from vfrt_ros.core.encoders.fake import FakeText
    >>> text_prototypes(FakeText(), ["red", "blue"]).shape
    (2, 59)
    """
    templates = check_templates(templates)
    if prompts and len(prompts) != len(labels):
        raise RequestError(f"expected as many prompts as labels ({len(labels)}) or none, got {len(prompts)}")
    own = [(prompt,) if prompt.strip() else () for prompt in prompts or [""] * len(labels)]
    groups = [texts_of(label, one, templates) for label, one in zip(labels, own, strict=True)]
    return embed_groups(text, groups)


def texts_of(label: str, prompts: Sequence[str], templates: Sequence[str]) -> tuple[str, ...]:
    """The texts that describe a label: its own prompts as they are, else the filled templates.

    Args:
        label: Fills the templates.
        prompts: Its own; empty = the templates.
        templates: Each with a place for the label.

    >>> texts_of("cup", [], ["a {}"]), texts_of("cup", ["my mug"], ["a {}"])
    (('a cup',), ('my mug',))
    """
    return tuple(prompts) or tuple(fill(template, label) for template in templates)


def embed_groups(text: TextEncoder, groups: Sequence[Sequence[str]]) -> np.ndarray:
    """The mean embedding of each group of texts, brought back to unit norm.

    Args:
        text: the encoder; not called for what the cache holds.
        groups: m groups of at least one text.

    Returns:
        (m, d) float32, rows of unit norm.
    """
    vectors = encode_cached(text, [one for group in groups for one in group])
    ends = np.cumsum([len(group) for group in groups], dtype=int)
    rows = [mean_unit(part) for part in np.split(vectors, ends[:-1])] if groups else []
    return np.stack(rows) if rows else np.empty((0, text.dim), np.float32)


def encode_cached(text: TextEncoder, texts: Sequence[str]) -> np.ndarray:
    """The encoder's vectors, from the cache where it has them; the rest is encoded in one batch.

    Args:
        text: the encoder; its fingerprint is part of the cache's key.
        texts: m texts.

    Returns:
        (m, d) float32, rows of unit norm.
    """
    keys = {one: cache.key_of(text.id, text.fingerprint, one) for one in texts}
    known = {one: _load(key, text.dim) for one, key in keys.items()}
    missing = [one for one, vector in known.items() if vector is None]
    if missing:
        for one, vector in zip(missing, text.encode_text(missing), strict=True):
            known[one] = vector
            cache.store_arrays(_KIND, keys[one], vector=vector)
    rows = [vector for one in texts if (vector := known[one]) is not None]
    return np.stack(rows) if rows else np.empty((0, text.dim), np.float32)


def _load(key: str, dim: int) -> np.ndarray | None:
    arrays = cache.load_arrays(_KIND, key)
    vector = None if arrays is None else arrays.get("vector")
    return vector if vector is not None and vector.shape == (dim,) else None


def mean_unit(vectors: np.ndarray) -> np.ndarray:
    """Args: (n, d) float32, n ≥ 1. Returns: (d,) float32, their mean brought back to unit norm."""
    mean = vectors.mean(axis=0)
    norm = float(np.linalg.norm(mean))
    # Templates whose vectors cancel out say nothing; the first one then stands for the label.
    return (mean / norm if norm > 1e-6 else vectors[0]).astype(np.float32)
