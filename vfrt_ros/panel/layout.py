# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The whole page: what is seen on the left, what one can do on the right; below each other on a phone."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from vfrt_ros.panel import (
    browser_camera,
    labels_tab,
    memory_tab,
    prompts_tab,
    settings_tab,
    snapshot_tab,
    teach_tab,
)
from vfrt_ros.panel.camera_choice import sees_all, show_choice
from vfrt_ros.panel.correct import show_correction
from vfrt_ros.panel.header import condition, show_header
from vfrt_ros.panel.notes import ask, show_note
from vfrt_ros.panel.seen import show_answer, show_objects, show_pace, show_picture
from vfrt_ros.panel.shared_client import shared_client
from vfrt_ros.panel.style import ICON, STYLE
from vfrt_ros.panel.tabs import draw_tabs
from vfrt_ros.panel.why import show_why

TABS: dict[str, Callable[[], None]] = {
    "Teach": teach_tab.show,
    "Settings": settings_tab.show,
    labels_tab.NAME: labels_tab.show,
    "Prompts": prompts_tab.show,
    "Snapshot": snapshot_tab.show,
    "Memory": memory_tab.show,
    "Camera": browser_camera.show,
}
"""The tabs in their order. One more is a module with a `show` and a line here."""


def show() -> None:
    """Draw the page."""
    st.set_page_config(page_title="vfrt", page_icon=ICON, layout="wide")
    st.html(STYLE)
    client = shared_client()
    show_header(condition(client))
    if what_to_do := client.what_to_do():
        st.warning(what_to_do, icon=":material/power_off:", title="The recognition node is not there")
        st.caption("This page goes on by itself as soon as it is.")
        return
    left, right = st.columns([11, 10], gap="large")
    with left, st.container(key="seen"):
        show_choice()
        show_picture()
        show_answer()
        if not sees_all():
            show_objects()
            show_correction()
        show_why()
        show_pace()
    with right:
        _show_history()
        for tab, draw in zip(draw_tabs(list(TABS)), TABS.values(), strict=True):
            with tab:
                draw()


def _show_history() -> None:
    """Undo, redo, and what the last action came to."""
    with st.container(horizontal=True, gap="small", key="history"):
        st.button(
            "Undo",
            icon=":material/undo:",
            help="Take the last change of the memory back",
            on_click=ask,
            args=("Undo",),
        )
        st.button(
            "Redo", icon=":material/redo:", help="Do again what undo took back", on_click=ask, args=("Redo",)
        )
        show_note()
