# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The loop that people write today, written fairly: what every ratio of the bench is held against.

Hugging Face's processor and model in float32, prompts encoded by hand, a flat FAISS index, aggregation in
Python, cv_bridge in and out, one thread. It does its text and its memory once, at the start, as a careful
author would; nothing in it is slower than it has to be in that style.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from vfrt_ros.bench.materials import EXAMPLES, LABELS, label_names, vectors

Forward = Callable[[Any], npt.NDArray[np.float32]]

NEIGHBOURS = 8
ALPHA = 0.7
THRESHOLD = 0.25


class ReferenceLoop:
    """Frames in, overlay messages out.

    Args:
        folder: Of the Hugging Face model.
        examples, labels: What its memory holds.
        threads: Of torch.
        runner: Makes another forward pass of the model: from (1, 3, H, W) float32 pixels to (1, d) float32
            features; None = the model's own.
    """

    def __init__(
        self,
        folder: str,
        examples: int = EXAMPLES,
        labels: int = LABELS,
        threads: int = 0,
        runner: Callable[[Any], Forward] | None = None,
    ) -> None:
        import faiss
        import torch
        from cv_bridge import CvBridge
        from transformers import AutoTokenizer, CLIPImageProcessor, CLIPModel, CLIPProcessor

        from vfrt_ros.core.encoders.runtimes.cores import usable_cores

        torch.set_num_threads(threads or usable_cores())
        self._torch = torch
        tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
        images = CLIPImageProcessor.from_pretrained(folder, local_files_only=True)
        self._processor = CLIPProcessor(image_processor=images, tokenizer=tokenizer)
        self._model = CLIPModel.from_pretrained(folder, local_files_only=True, dtype="float32").eval()
        self._forward = runner(self._model) if runner is not None else self._own_forward
        self._bridge = CvBridge()
        self._labels = label_names(labels)
        self._prompts = self._encode_text([f"a photo of a {label}" for label in self._labels])
        self._owners = [self._labels[number * labels // examples] for number in range(examples)]
        self._index = faiss.IndexFlatIP(self._prompts.shape[1])
        self._index.add(vectors(examples, self._prompts.shape[1], labels))

    def on_image(self, message: Any) -> tuple[str, float, Any]:
        """The callback: what the frame shows, how sure that is, and the overlay to publish."""
        frame = self._bridge.imgmsg_to_cv2(message, "bgr8")
        embedding = self.encode(cv2.cvtColor(frame, cv2.COLOR_BGR2RGB))
        scores = self._score(embedding)
        best = max(scores, key=lambda label: scores[label])
        label = best if scores[best] >= THRESHOLD else "unknown"
        overlay = frame.copy()
        text = f"{label} {scores[best]:.2f}"
        cv2.putText(overlay, text, (10, 30), cv2.FONT_HERSHEY_SIMPLEX, 1.0, (0, 255, 0), 2)
        answer = self._bridge.cv2_to_imgmsg(overlay, "bgr8")
        answer.header = message.header
        return label, scores[best], answer

    def encode(self, rgb: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
        """(d,) float32 unit-norm embedding of an (H, W, 3) uint8 RGB frame."""
        with self._torch.inference_mode():
            return _unit(self._forward(self._processor(images=rgb, return_tensors="pt")["pixel_values"]))[0]

    def _own_forward(self, pixels: Any) -> npt.NDArray[np.float32]:
        return features(self._model.get_image_features(pixel_values=pixels))

    def _encode_text(self, texts: list[str]) -> npt.NDArray[np.float32]:
        with self._torch.inference_mode():
            inputs = self._processor(text=texts, return_tensors="pt", padding=True)
            inputs.pop("token_type_ids", None)
            return _unit(features(self._model.get_text_features(**inputs)))

    def _score(self, embedding: npt.NDArray[np.float32]) -> dict[str, float]:
        cosines, ids = self._index.search(embedding[None], NEIGHBOURS)
        near: dict[str, list[float]] = defaultdict(list)
        for cosine, key in zip(cosines[0], ids[0], strict=True):
            near[self._owners[key]].append(float(cosine))
        text = self._prompts @ embedding
        return {
            label: ALPHA * (sum(near[label]) / len(near[label]) if label in near else 0.0)
            + (1 - ALPHA) * float(text[number])
            for number, label in enumerate(self._labels)
        }


def features(output: Any) -> npt.NDArray[np.float32]:
    """(n, d) float32 of what a model returns: transformers 5 gives an object where earlier versions gave the tensor."""
    tensor = getattr(output, "pooler_output", output)
    return np.asarray(tensor.float().numpy(), np.float32)


def _unit(rows: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)
