# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The script that Streamlit runs for each visit; everything is in the modules beside it."""

from vfrt_ros.panel.layout import show

show()
