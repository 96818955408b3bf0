# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The encoders that have a name, as facts for people; `vfrt models` prints them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class CatalogEntry:
    """A known encoder.

    Attributes:
        name: value of the parameter `backbone`.
        model_id: on the Hugging Face hub; empty where nothing is fetched.
        size_mb: of the weights in megabytes, rounded.
        licence: of the weights, as the model's card says.
        dim: length of a vector.
        img_size: side of the picture that the network takes.
        note: one line for people.
    """

    name: str
    model_id: str
    size_mb: int
    licence: str
    dim: int
    img_size: int
    note: str


_CLIP_LICENCE = "MIT (of the code; the card names none for the weights)"
_ENTRIES = (
    CatalogEntry(
        "embedded", "", 103, "Apache-2.0", 1664, 224,
        "EfficientNet-Lite0 and MiniLM out of Python packages; works without any download",
    ),
    CatalogEntry("clip_vit_b32", "openai/clip-vit-base-patch32", 605, _CLIP_LICENCE,
                 512, 224, "the classic; fastest of the CLIP models"),
    CatalogEntry("clip_vit_b16", "openai/clip-vit-base-patch16", 599, _CLIP_LICENCE,
                 512, 224, "finer patches, about four times the work of clip_vit_b32"),
    CatalogEntry("clip_vit_l14", "openai/clip-vit-large-patch14", 1711, _CLIP_LICENCE,
                 768, 224, "the largest of OpenAI's at 224 pixels; for a graphics card"),
    CatalogEntry("siglip_base", "google/siglip-base-patch16-224", 813, "Apache-2.0", 768, 224,
                 "SigLIP; better zero-shot than CLIP of its size"),
    CatalogEntry("siglip_so400m", "google/siglip-so400m-patch14-384", 3511, "Apache-2.0", 1152, 384,
                 "the most accurate here; for a graphics card"),
    CatalogEntry("siglip2_base", "google/siglip2-base-patch16-224", 1501, "Apache-2.0", 768, 224,
                 "SigLIP 2, many languages"),
)  # fmt: skip

CATALOG = {entry.name: entry for entry in _ENTRIES}
