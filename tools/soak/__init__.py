# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""A long trial of both nodes as processes: frames, lessons and changes at random, and what it costs."""
