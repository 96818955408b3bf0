# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""A backbone whose network takes squares of bytes: preparation, batches, fingerprint and the choice of a runtime."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from vfrt_ros.core.encoders.clip.preprocess import HfPreprocess
from vfrt_ros.core.encoders.device import choose_device
from vfrt_ros.core.encoders.fingerprint import embedding_space, fingerprint
from vfrt_ros.core.encoders.photographs import photographs
from vfrt_ros.core.encoders.runtimes.base import Network
from vfrt_ros.core.encoders.runtimes.choose import choose_runtime
from vfrt_ros.core.types.errors import EncoderError

_BATCH = 8
_LARGEST = 1024


class SquareBackbone:
    """A network of (n, side, side, 3) uint8 RGB squares.

    Args:
        name: What people call it.
        dim: Length of an embedding.
        weights: Digest of the weights.
        preprocess: How a picture becomes a square.
        network: Its name for compiled copies, the versions of the libraries that it depends on, and what builds the
            torch module of a side.
        version: Changes when the code around the weights changes what embeddings mean.
        device, runtime, precision: As for `load_encoders`.
    """

    def __init__(
        self,
        name: str,
        *,
        dim: int,
        weights: str,
        preprocess: HfPreprocess,
        network: tuple[str, str, Callable[[], Any]],
        version: int,
        device: str = "auto",
        runtime: str = "auto",
        precision: str = "auto",
        **_: Any,
    ) -> None:
        self.id, self.dim, self.space = name, dim, weights
        self._preprocess = preprocess
        self.device = choose_device(device)
        digest = f"{weights} {preprocess}"
        kind, library, build = network
        side = preprocess.side
        self.choice = choose_runtime(
            Network(
                name=kind,
                digest=digest,
                build=build,
                example=(np.zeros((1, side, side, 3), np.uint8),),
                dynamic=((0,),),
                library=library,
                trial=lambda: [(preprocess.square(picture)[None],) for picture in photographs()],
            ),
            runtime,
            self.device,
            precision,
        )
        self.fingerprint = fingerprint(digest, precision=self.choice.precision, version=version)
        self.embedding_space, self.former_spaces = embedding_space(
            digest, precision=self.choice.precision, version=version
        )
        self._runtime = self.choice.load()

    def encode_images(self, images: Sequence[np.ndarray]) -> np.ndarray:
        """See `Backbone.encode_images`."""
        vectors = np.empty((len(images), self.dim), np.float32)
        for start in range(0, len(images), _BATCH):
            squares = np.stack([self._preprocess.square(image) for image in images[start : start + _BATCH]])
            vectors[start : start + _BATCH] = self._runtime.run(squares)[0]
        return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)


def checked_side(name: str, asked: int, *, own: int, patch: int) -> int:
    """The side of the network's input in pixels.

    Args:
        name: Of the backbone, for the message.
        asked: `img_size`; 0 = the network's own.
        own: Which need not be a multiple: siglip_so400m takes 384 pixels in patches of 14.
        patch: Any other has to be a multiple of it.

    Raises:
        EncoderError: It is neither.
    """
    if asked in (0, own):
        return own
    if asked % patch or not patch <= asked <= _LARGEST:
        raise EncoderError(f"img_size of {name}: expected 0 or a multiple of its patch, {patch}, got {asked}")
    return asked


def normalised(preprocess: HfPreprocess, network: Callable[[Any], Any], owner: Any) -> Any:
    """A module of (n, side, side, 3) uint8 RGB: bytes to planes of numbers, then a network.

    Args:
        preprocess: Its mean, std and scale.
        network: Maps (n, 3, side, side) planes to (n, d) embeddings.
        owner: The module whose parameters it uses; their type is that of the planes.
    """
    import torch
    from torch import nn

    centre = [mean / preprocess.scale for mean in preprocess.mean]
    spread = [std / preprocess.scale for std in preprocess.std]

    class Vision(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.owner = owner

        def forward(self, pixels: torch.Tensor) -> torch.Tensor:
            # Constants are made here, in float32, so that a half-precision module does not round them.
            planes = pixels.permute(0, 3, 1, 2).float()
            planes = planes - torch.tensor(centre, device=planes.device).view(1, 3, 1, 1)
            planes = planes / torch.tensor(spread, device=planes.device).view(1, 3, 1, 1)
            found: torch.Tensor = network(planes.to(next(self.parameters()).dtype))
            return found

    return Vision().eval()
