# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Teach: a label for what the camera shows now, and what became of each frame."""

from __future__ import annotations

import base64
from collections.abc import Iterable
from html import escape
from typing import Any

import streamlit as st

from vfrt_ros.core.types.rejection import RejectionCode
from vfrt_ros.panel.camera_choice import ask_of_camera
from vfrt_ros.panel.markdown import plain
from vfrt_ros.panel.notes import note
from vfrt_ros.panel.panel_client import PanelClient
from vfrt_ros.panel.shared_client import shared_client

_LABEL, _FRAMES, _NEGATIVE, _SHOWN = "teach label", "teach frames", "teach negative", "teach shown"
MOST_OFFERED = 30


def show() -> None:
    """The form, and the frames of the last registration."""
    client = shared_client()
    usual, most = frames_to_look_at(client)
    with st.form("teach", border=False):
        st.text_input("Label", key=_LABEL, placeholder="What does the camera show?")
        with st.container(horizontal=True, vertical_alignment="bottom"):
            st.number_input(
                "Frames",
                min_value=1,
                max_value=most,
                value=usual,
                key=_FRAMES,
                width=130,
                placeholder="as set",
                help="How many of the most recent frames to look at",
            )
            st.checkbox(
                "It is **not** this", key=_NEGATIVE, help="A negative example: what is seen is not the label"
            )
        st.form_submit_button("Register", type="primary", width="stretch", on_click=register)
    _offer(client.labels)
    st.html(frames(st.session_state.get(_SHOWN, ())))


def frames_to_look_at(client: PanelClient) -> tuple[int | None, int | None]:
    """How many frames the node looks at by itself, and at most; None = it does not say."""
    entries = [entry for entry in client.parameters.entries() if entry.name == "register_frames"]
    ranges = [limits for entry in entries for limits in entry.descriptor.integer_range]
    return (
        int(entries[0].value) if entries else None,
        int(ranges[0].to_value) if ranges else None,
    )


def register() -> None:
    """Learn from the most recent frames."""
    label = st.session_state[_LABEL].strip()
    if not label:
        note("Type first what the camera shows.", good=False)
        return
    fields = {"frames": int(st.session_state[_FRAMES] or 0), "negative": bool(st.session_state[_NEGATIVE])}
    response = ask_of_camera("Register", label=label, pictures=True, **fields)
    st.session_state[_SHOWN] = [] if response is None else list(response.shown)


def frames(shown: Iterable[Any]) -> str:
    """The frames of a registration as HTML: kept, or left out and why."""
    figures = [
        f'<figure class="{"out" if frame.code else "kept"}">{image(frame.picture)}'
        f"<figcaption>{escape(frame.reason or RejectionCode.KEPT.words)}</figcaption></figure>"
        for frame in shown
    ]
    return f'<div class="vfrt-shown">{"".join(figures)}</div>' if figures else "<div></div>"


def image(picture: Any, alt: str = "") -> str:
    """A JPEG message as HTML; empty where there is none."""
    if not len(picture.data):
        return ""
    data = base64.b64encode(bytes(picture.data)).decode()
    return f'<img alt="{escape(alt)}" src="data:image/jpeg;base64,{data}">'


def _offer(labels: list[str]) -> None:
    """Known labels, one click from the box."""
    if labels:
        st.pills(
            "Known labels",
            labels[:MOST_OFFERED],
            format_func=plain,
            key="teach offered",
            on_change=_take_offered,
            help="Click one to put it into the box",
        )


def _take_offered() -> None:
    if chosen := st.session_state["teach offered"]:
        st.session_state[_LABEL] = chosen
        st.session_state["teach offered"] = None
