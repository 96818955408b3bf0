# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The panel in the browser: a client of running nodes, and the Streamlit pages that show it."""
