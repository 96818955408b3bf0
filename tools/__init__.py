# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Measurements, trials and generators of documents; none is installed with the package."""
