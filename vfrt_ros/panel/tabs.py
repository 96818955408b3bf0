# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The row of tabs, with the one in front that was so before, also when the node has been away."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

_WIDGET, _FRONT = "tabs", "tab in front"


def draw_tabs(names: Sequence[str]) -> Sequence[Any]:
    """A container for each."""
    return st.tabs(names, default=tab_in_front() or names[0], key=_WIDGET, on_change=_remember)


def tab_in_front() -> str:
    """The one that was chosen last; empty = none yet."""
    return str(st.session_state.get(_FRONT, ""))


def _remember() -> None:
    # Streamlit forgets the widget's own value once the tabs are not drawn for a while.
    st.session_state[_FRONT] = st.session_state[_WIDGET]
