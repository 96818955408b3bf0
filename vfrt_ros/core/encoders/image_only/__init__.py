# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Picture towers without a text encoder: DINOv2, DINOv3, ConvNeXt and others of transformers."""
