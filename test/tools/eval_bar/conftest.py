# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The measurement keeps its cache to itself."""

from fixtures.own_cache import own_cache  # noqa: F401
