# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The map in `docs/architecture.md`: its pictures and its table of threads, made from the code."""
