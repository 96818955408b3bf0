# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The encoders that have a name, as facts for people; `vfrt models` prints them."""

from __future__ import annotations

from dataclasses import dataclass

HF_PREFIX, OPEN_CLIP_PREFIX, IMAGE_PREFIX = "hf:", "open_clip:", "image:"
PREFIXES = (HF_PREFIX, OPEN_CLIP_PREFIX, IMAGE_PREFIX)
"""Beginnings of names of models that are not in the table below: the library or kind that they are of."""


@dataclass(frozen=True)
class CatalogEntry:
    """A known encoder.

    Attributes:
        name: value of the parameter `backbone`.
        model_id: on the Hugging Face hub; empty where nothing is fetched.
        size_mb: of the weights in megabytes, rounded: the parameters in float32.
        licence: of the weights, as the model's card at huggingface.co/`model_id` says.
        dim: length of a vector.
        img_size: side of the picture that the network takes.
        note: one line for people.
        accuracy: top-1 on ImageNet in percent, as published; 0 = none.
        measure: what that is: `zero-shot`, `k-NN` or `classes` (it was trained on them); figures of different kinds
            do not compare.
        source: where it is published: a repository on GitHub and the file in it.
    """

    name: str
    model_id: str
    size_mb: int
    licence: str
    dim: int
    img_size: int
    note: str
    accuracy: float = 0.0
    measure: str = ""
    source: str = ""


_CLIP_LICENCE = "MIT (of the code; the card names none for the weights)"
_APPLE = "Apple ML Research Model License (research only)"
_OPEN_CLIP = "mlfoundations/open_clip docs/openclip_results.csv"
_SIGLIP_2 = "google-research/big_vision README_siglip2.md"
_MOBILE, _EVA = "apple/ml-mobileclip README", "baaivision/EVA EVA-CLIP/README"
_TINY, _DINO = "wkcn/TinyCLIP README", "facebookresearch/dinov2 README"
_CONVNEXT, _LITE = "facebookresearch/ConvNeXt README", "tensorflow/tpu efficientnet/lite/README"
_ENTRIES = (
    CatalogEntry(
        "embedded", "", 110, "Apache-2.0", 1664, 224,
        "EfficientNet-Lite0 and MiniLM out of Python packages; works without any download",
        75.1, "classes", _LITE,
    ),
    CatalogEntry("clip_vit_b32", "openai/clip-vit-base-patch32", 605, _CLIP_LICENCE,
                 512, 224, "the classic; fastest of OpenAI's", 63.3, "zero-shot", _OPEN_CLIP),
    CatalogEntry("clip_vit_b16", "openai/clip-vit-base-patch16", 599, _CLIP_LICENCE,
                 512, 224, "finer patches, about four times the work of clip_vit_b32", 68.3, "zero-shot", _OPEN_CLIP),
    CatalogEntry("clip_vit_l14", "openai/clip-vit-large-patch14", 1711, _CLIP_LICENCE,
                 768, 224, "the largest of OpenAI's at 224 pixels; for a graphics card", 75.5, "zero-shot", _OPEN_CLIP),
    CatalogEntry("siglip_base", "google/siglip-base-patch16-224", 813, "Apache-2.0", 768, 224,
                 "SigLIP; better zero-shot than CLIP of its size", 76.0, "zero-shot", _OPEN_CLIP),
    CatalogEntry("siglip_so400m", "google/siglip-so400m-patch14-384", 3512, "Apache-2.0", 1152, 384,
                 "the most accurate here; for a graphics card", 83.1, "zero-shot", _OPEN_CLIP),
    CatalogEntry("siglip2_base", "google/siglip2-base-patch16-224", 1501, "Apache-2.0", 768, 224,
                 "SigLIP 2, many languages", 78.2, "zero-shot", _SIGLIP_2),
    CatalogEntry("hf:wkcn/TinyCLIP-ViT-40M-32-Text-19M-LAION400M", "wkcn/TinyCLIP-ViT-40M-32-Text-19M-LAION400M", 337,
                 "MIT", 512, 224, "TinyCLIP: half of clip_vit_b32", 59.8, "zero-shot", _TINY),
    CatalogEntry("open_clip:MobileCLIP2-S0", "timm/MobileCLIP2-S0-OpenCLIP", 300, _APPLE, 512, 256,
                 "made for small processors; needs open_clip", 71.5, "zero-shot", _MOBILE),
    CatalogEntry("open_clip:MobileCLIP2-S2", "timm/MobileCLIP2-S2-OpenCLIP", 398, _APPLE, 512, 256,
                 "made for small processors; needs open_clip", 77.2, "zero-shot", _MOBILE),
    CatalogEntry("open_clip:EVA02-B-16", "timm/eva02_base_patch16_clip_224.merged2b_s8b_b131k", 599, "MIT", 512, 224,
                 "EVA-CLIP; needs open_clip", 74.7, "zero-shot", _EVA),
    CatalogEntry("image:facebook/dinov2-small", "facebook/dinov2-small", 88, "Apache-2.0", 384, 224,
                 "DINOv2: no prompts", 79.0, "k-NN", _DINO),
    CatalogEntry("image:facebook/dinov2-base", "facebook/dinov2-base", 346, "Apache-2.0", 768, 224,
                 "DINOv2: no prompts", 82.1, "k-NN", _DINO),
    CatalogEntry("image:facebook/dinov3-vits16-pretrain-lvd1689m", "facebook/dinov3-vits16-pretrain-lvd1689m", 86,
                 "DINOv3 License (the hub asks you to accept it)", 384, 224, "DINOv3: no prompts"),
    CatalogEntry("image:facebook/convnext-tiny-224", "facebook/convnext-tiny-224", 114, "Apache-2.0", 768, 224,
                 "ConvNeXt: no prompts", 82.1, "classes", _CONVNEXT),
)  # fmt: skip

CATALOG = {entry.name: entry for entry in _ENTRIES}
