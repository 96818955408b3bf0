# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""A trial of what the memory promises: processes killed and files damaged, at random."""
