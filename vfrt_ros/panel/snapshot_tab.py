# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Snapshot: the last frame, its overlay and its recognition written to a folder, and shown."""

from __future__ import annotations

import streamlit as st

from vfrt_ros.panel.camera_choice import ask_of_camera
from vfrt_ros.panel.markdown import plain

_NAME, _TAKEN = "snapshot name", "snapshot taken"


def show() -> None:
    """The form, and the last snapshot of this session."""
    with st.form("snapshot", border=False):
        st.text_input("Name", key=_NAME, placeholder="Empty = the time")
        st.form_submit_button("Take a snapshot", type="primary", width="stretch", on_click=take)
    if taken := st.session_state.get(_TAKEN):
        path, picture = taken
        if picture:
            st.image(picture, width="stretch", alt="The overlay as it was written")
        st.caption(f"On the machine of the node: {plain(path)}")


def take() -> None:
    """Have it written."""
    response = ask_of_camera("Snapshot", name=st.session_state[_NAME].strip(), picture=True)
    if response is not None and response.code == response.OK:
        st.session_state[_TAKEN] = response.path, bytes(response.picture.data)
