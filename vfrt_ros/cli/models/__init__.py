# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The command `vfrt models`."""
