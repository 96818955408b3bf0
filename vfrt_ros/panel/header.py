"""The line at the top: which nodes run, and the buttons that start and stop them."""

from __future__ import annotations

from html import escape

import streamlit as st

from vfrt_ros.panel.markdown import plain
from vfrt_ros.panel.node_watch import NodeState, NodeWatch
from vfrt_ros.panel.panel_client import PanelClient
from vfrt_ros.panel.shared_client import shared_client

_CLASSES = {NodeState.ACTIVE: "running", NodeState.ABSENT: "absent"}


@st.fragment(run_every=0.7)
def show_header(built_for: object) -> None:
    """The line; the whole page is made anew when it was built for something that is past."""
    client = shared_client()
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="header"):
        st.html('<span class="vfrt-title">vfrt</span>', width="content")
        for title, watch in (("Recognition", client.recognition), ("Camera", client.camera)):
            _show_node(title, watch)
    for watch in (client.recognition, client.camera):
        if watch.fault:
            st.error(plain(watch.fault))
    if client.lost:
        st.warning(plain(client.lost))
    if built_for != condition(client):
        st.rerun()


def condition(client: PanelClient) -> object:
    """What the page is built for; where it changes, the page is made anew."""
    memory = client.memory
    return client.recognition.state, memory.version if memory else -1, client.parameters.version


def _show_node(title: str, watch: NodeWatch) -> None:
    words = watch.doing or watch.state.value
    mark = _CLASSES.get(watch.state, "other")
    st.html(f'<span class="vfrt-state {mark}"><i></i>{escape(title)} {escape(words)}</span>', width="content")
    runs = watch.state is NodeState.ACTIVE
    if watch.answers:
        st.button(
            "Stop" if runs else "Start",
            key=f"turn {title}",
            help=f"{'Deactivate' if runs else 'Activate'} {plain(watch.address)}",
            disabled=bool(watch.doing),
            on_click=watch.turn,
            args=(not runs,),
        )
