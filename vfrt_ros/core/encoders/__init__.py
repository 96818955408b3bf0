# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Encoders of pictures and text. Nothing heavy is imported before an encoder is built."""

from vfrt_ros.core.encoders.catalog import CATALOG, CatalogEntry
from vfrt_ros.core.encoders.load import check_pair, load_encoders
from vfrt_ros.core.encoders.protocols import Backbone, Encoders, TextEncoder
from vfrt_ros.core.encoders.registry import (
    BACKBONE_BUILDERS,
    TEXT_BUILDERS,
    backbone_names,
    text_encoder_names,
)

__all__ = [
    "BACKBONE_BUILDERS", "CATALOG", "TEXT_BUILDERS", "Backbone", "CatalogEntry", "Encoders", "TextEncoder",
    "backbone_names", "check_pair", "load_encoders", "text_encoder_names",
]  # fmt: skip
