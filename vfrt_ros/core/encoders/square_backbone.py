# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""A backbone whose network takes squares of bytes: preparation, batches, fingerprint and the choice of a runtime."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True)
class PictureTower:
    """The files of a model's picture tower, read so far that its network can be built.

    Attributes:
        dim: Length of an embedding.
        weights: Digest of the weights.
        preprocess: How a picture becomes a square.
        kind: Its name for compiled copies.
        library: The versions of the libraries that it depends on.
        build: Makes the torch module of a side.
    """

    dim: int
    weights: str
    preprocess: HfPreprocess
    kind: str
    library: str
    build: Callable[[], Any]


class SquareBackbone:
    """A network of (n, side, side, 3) uint8 RGB squares; a subclass says how the tower of a name is found.

    Args:
        name: Of a model, with its family's prefix.
        model_path: Folder that is looked into before the cache.
        allow_download: Whether the hub may be asked.
        img_size: Side of the network's input; 0 is its own.
        device, runtime, precision: As for `load_encoders`.

    Raises:
        EncoderError: The weights are not to be had or not of the family, or the network takes no such side.
    """

    version = 1
    """Changes when the code around the weights changes what embeddings mean."""

    def __init__(
        self,
        name: str,
        model_path: str = "",
        allow_download: bool = False,
        img_size: int = 0,
        *,
        device: str = "auto",
        runtime: str = "auto",
        precision: str = "auto",
        **_: Any,
    ) -> None:
        tower = self.find(name, model_path, allow_download, img_size)
        preprocess = tower.preprocess
        self.id, self.dim, self.space = name, tower.dim, tower.weights
        self._preprocess = preprocess
        self.device = choose_device(device)
        digest = f"{tower.weights} {preprocess}"
        side = preprocess.side
        self.choice = choose_runtime(
            Network(
                name=tower.kind,
                digest=digest,
                build=tower.build,
                example=(np.zeros((1, side, side, 3), np.uint8),),
                dynamic=((0,),),
                library=tower.library,
                trial=lambda: [(preprocess.square(picture)[None],) for picture in photographs()],
            ),
            runtime,
            self.device,
            precision,
        )
        self.fingerprint = fingerprint(digest, precision=self.choice.precision, version=self.version)
        self.embedding_space, self.former_spaces = embedding_space(
            digest, precision=self.choice.precision, version=self.version
        )
        self._runtime = self.choice.load()

    @abstractmethod
    def find(self, name: str, model_path: str, allow_download: bool, img_size: int) -> PictureTower:
        """The picture tower of a name; arguments and errors as for the class."""

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
