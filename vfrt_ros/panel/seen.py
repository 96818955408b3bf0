# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The left side: the live picture, which has scores and candidates drawn on it, the answer and the pace."""

from __future__ import annotations

import time
from typing import Any
from urllib.parse import quote

import streamlit as st

from vfrt_ros.panel import now, pointing
from vfrt_ros.panel.camera_choice import chosen, sees_all
from vfrt_ros.panel.correct import show_objections
from vfrt_ros.panel.node_watch import NodeState
from vfrt_ros.panel.overlay_route import EVERY, PATH, WHICH
from vfrt_ros.panel.panel_client import PanelClient
from vfrt_ros.panel.recognition_feed import RecognitionFeed
from vfrt_ros.panel.shared_client import shared_client

SILENCE_SECONDS = 3.0
_STARTED = f"{time.time():.0f}"
"""In the picture's address, so that a browser asks anew after the panel was started again."""


def show_picture() -> None:
    """The overlay, or all of several; the same address at each run, so that the browser leaves it alone."""
    which = f"&{WHICH}={quote(EVERY if sees_all() else chosen())}" if shared_client().cameras else ""
    pointing.show_picture(f"{PATH.lstrip('/')}?{_STARTED}{which}")


@st.fragment(run_every=0.4)
def show_objects() -> None:
    """The objects in view, a row each."""
    st.html(now.objects(shared_client().objects_of(chosen()).newest()))


@st.fragment(run_every=0.4)
def show_answer() -> None:
    """Show what is recognised now."""
    client = shared_client()
    if sees_all():
        feeds = {camera: client.feed_of(camera) for camera in client.cameras}
        st.html(now.rows({name: _heard(feed) for name, feed in feeds.items()}))
        return
    recognition = _heard(client.feed_of(chosen()))
    if recognition is None:
        st.html(now.silence(_why_silent(client)))
        return
    st.html(now.answer(recognition))
    show_objections(recognition)


@st.fragment(run_every=1.0)
def show_pace() -> None:
    """How fast it goes, over the last minute."""
    if sees_all():
        return
    feed = shared_client().feed_of(chosen())
    with st.container(key="pace"):
        st.html(now.pace(feed.samples(), is_silent=feed.age > SILENCE_SECONDS))


def _heard(feed: RecognitionFeed) -> Any:
    """The newest recognition; None where none comes."""
    return None if feed.age > SILENCE_SECONDS else feed.newest()


def _why_silent(client: PanelClient) -> str:
    if client.recognition.state is not NodeState.ACTIVE:
        return "Recognition is stopped: Start, at the top, lets it go on."
    if client.camera_of(chosen()).state is NodeState.INACTIVE:
        return "The camera is stopped: Start, at the top, lets it go on."
    return "No frame is coming. Is a camera running, and connected to the recognition's image topic?"
