# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The fake encoder under the name of another one, so that what it is taught belongs to that one's space."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from vfrt_ros.core.encoders import Encoders
from vfrt_ros.core.encoders.fake import FakeBackbone
from vfrt_ros.core.encoders.no_text import NoText
from vfrt_ros.core.types.encoder_identity import EncoderIdentity


class StandIn(FakeBackbone):
    """Costs next to nothing, and gives vectors of the other one's length.

    Args:
        identity: Of the other one, whose vectors are longer.
    """

    def __init__(self, identity: EncoderIdentity) -> None:
        super().__init__()
        self.id, self.embedding_space, self.dim = identity.encoder_id, identity.space, identity.dim

    def encode_images(self, images: Sequence[np.ndarray]) -> np.ndarray:
        """See `Backbone.encode_images`."""
        rows = super().encode_images(images)
        return np.pad(rows, ((0, 0), (0, self.dim - rows.shape[1])))


def stand_in(identity: EncoderIdentity) -> Encoders:
    """Encoders without text, in the place of another one.

    Args:
        identity: Of the other one.
    """
    backbone = StandIn(identity)
    return Encoders(backbone, NoText(backbone), "cpu", "a stand-in")
