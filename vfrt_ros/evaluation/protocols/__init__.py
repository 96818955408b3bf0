# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Published protocols: their layouts on disk, and what is run and shown of each."""
