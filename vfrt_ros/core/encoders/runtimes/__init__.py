# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Where a network's forward pass runs. One small interface, two runtimes, one of them alive at a time."""
