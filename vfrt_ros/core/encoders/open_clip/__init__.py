# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Models of the library open_clip: EVA-CLIP, MobileCLIP, SigLIP 2 and others."""
