# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The text encoder of a backbone that has none."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from vfrt_ros.core.types.errors import RequestError


class NoText:
    """Refuses every text; examples are all that labels have.

    Args:
        backbone: Whose texts these would be.
    """

    encodes = False
    id, fingerprint = "none", "none"

    def __init__(self, backbone: Any = None, **_: Any) -> None:
        self.dim = int(getattr(backbone, "dim", 0))
        self.space = getattr(backbone, "space", None)
        self._backbone = getattr(backbone, "id", "none")

    def encode_text(self, texts: Sequence[str]) -> np.ndarray:
        """(0, d) of no text.

        Raises:
            RequestError: There is a text.
        """
        if texts:
            raise RequestError(
                f"The backbone '{self._backbone}' knows pictures only, so that prompts (init_labels, set_prompts) mean "
                "nothing to it: teach labels by examples, or use a backbone with a text encoder, such as embedded."
            )
        return np.empty((0, self.dim), np.float32)
