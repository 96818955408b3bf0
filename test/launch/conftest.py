# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The launch tests run in processes of their own; what those load is no test module for pytest."""

collect_ignore = ["live_in_a_namespace.py"]
