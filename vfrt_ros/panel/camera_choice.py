# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Which of several cameras this session looks at: one, which is then taught and explained, or all side by side."""

from __future__ import annotations

from typing import Any

import streamlit as st

from vfrt_ros.panel.notes import ask, call, note
from vfrt_ros.panel.shared_client import shared_client

ALL = "all side by side"
_WIDGET, _CHOSEN = "camera choice", "camera chosen"


def show_choice() -> None:
    """The cameras, where there are several."""
    cameras = shared_client().cameras
    if cameras:
        st.segmented_control(
            "Camera",
            [*cameras, ALL],
            default=chosen() or ALL,
            key=_WIDGET,
            on_change=_remember,
            label_visibility="collapsed",
            required=True,
        )


def chosen() -> str:
    """The camera that is looked at: the first until another was chosen; empty = the only one, or all of them."""
    cameras = shared_client().cameras
    camera = st.session_state.get(_CHOSEN, "")
    if camera == ALL and cameras:
        return ""
    return str(camera) if camera in cameras else (cameras[0] if cameras else "")


def sees_all() -> bool:
    """Whether all of several are looked at."""
    return bool(shared_client().cameras) and not chosen()


def ask_of_camera(service: str, **fields: Any) -> Any:
    """As `notes.ask`, about the camera that is looked at; None where it is not clear which one is meant."""
    return None if _is_unclear() else ask(service, **_with_camera(fields))


def call_of_camera(service: str, **fields: Any) -> Any:
    """As `notes.call`, about the camera that is looked at; None where it is not clear which one is meant."""
    return None if _is_unclear() else call(service, **_with_camera(fields))


def _with_camera(fields: dict[str, Any]) -> dict[str, Any]:
    return {**fields, "camera": chosen()} if chosen() else fields


def _is_unclear() -> bool:
    if sees_all():
        note(
            "Choose one camera above its picture first: then it is clear whose frames are meant.", good=False
        )
    return sees_all()


def _remember() -> None:
    # Streamlit forgets the widget's own value once it is not drawn for a while.
    if value := st.session_state[_WIDGET]:
        st.session_state[_CHOSEN] = value
