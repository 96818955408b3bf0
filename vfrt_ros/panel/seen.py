# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The left side: the live picture, which has scores and candidates drawn on it, the answer and the pace."""

from __future__ import annotations

import time

import streamlit as st

from vfrt_ros.panel import now, pointing
from vfrt_ros.panel.correct import show_objections
from vfrt_ros.panel.node_watch import NodeState
from vfrt_ros.panel.overlay_route import PATH
from vfrt_ros.panel.panel_client import PanelClient
from vfrt_ros.panel.shared_client import shared_client

SILENCE_SECONDS = 3.0
_STARTED = f"{time.time():.0f}"
"""In the picture's address, so that a browser asks anew after the panel was started again."""


def show_picture() -> None:
    """The overlay; the same address at each run, so that the browser leaves it alone."""
    pointing.show_picture(f"{PATH.lstrip('/')}?{_STARTED}")


@st.fragment(run_every=0.4)
def show_objects() -> None:
    """The objects in view, a row each."""
    st.html(now.objects(shared_client().objects.newest()))


@st.fragment(run_every=0.4)
def show_answer() -> None:
    """What is recognised now."""
    client = shared_client()
    recognition = client.feed.newest()
    if recognition is None or client.feed.age > SILENCE_SECONDS:
        st.html(now.silence(_why_silent(client)))
        return
    st.html(now.answer(recognition))
    show_objections(recognition)


@st.fragment(run_every=1.0)
def show_pace() -> None:
    """How fast it goes, over the last minute."""
    feed = shared_client().feed
    with st.container(key="pace"):
        st.html(now.pace(feed.samples(), is_silent=feed.age > SILENCE_SECONDS))


def _why_silent(client: PanelClient) -> str:
    if client.recognition.state is not NodeState.ACTIVE:
        return "Recognition is stopped: Start, at the top, lets it go on."
    if client.camera.state is NodeState.INACTIVE:
        return "The camera is stopped: Start, at the top, lets it go on."
    return "No frame is coming. Is a camera running, and connected to the recognition's image topic?"
