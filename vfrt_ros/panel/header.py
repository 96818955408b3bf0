# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The line at the top: which nodes run, and what starts and stops them."""

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
    watches = {"Recognition": client.recognition, **_cameras(client)}
    running = {title: watch for title, watch in watches.items() if watch.state is NodeState.ACTIVE}
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="header"):
        states = "".join(_state(title, watch) for title, watch in watches.items())
        st.html(f'<div class="vfrt-head"><span class="vfrt-title">vfrt</span>{states}</div>', width="stretch")
        for title, watch in watches.items():
            if title not in running and watch.answers:
                _turn("Start", title, watch)
        if running:
            # Under another key it is closed again as soon as something has stopped.
            with st.popover("Stop", key=f"stop {len(running)}"):
                for title, watch in running.items():
                    _turn("Stop", title, watch)
    for watch in watches.values():
        if watch.fault:
            st.error(plain(watch.fault))
    if client.lost:
        st.warning(plain(client.lost))
    if built_for != condition(client):
        st.rerun()


def _cameras(client: PanelClient) -> dict[str, NodeWatch]:
    """The camera nodes by their titles."""
    if not client.cameras:
        return {"Camera": client.camera}
    return {f"Camera {camera}": client.camera_of(camera) for camera in client.cameras}


def condition(client: PanelClient) -> object:
    """The condition that the page is built for; where it changes, the page is made anew."""
    memory = client.memory
    return client.recognition.state, memory.version if memory else -1, client.parameters.version


def _state(title: str, watch: NodeWatch) -> str:
    words = watch.doing or watch.state.value
    mark = _CLASSES.get(watch.state, "other")
    return (
        f'<span class="vfrt-state {mark}"><i></i><b>{escape(title)} <span>{escape(words)}</span></b></span>'
    )


def _turn(verb: str, title: str, watch: NodeWatch) -> None:
    st.button(
        f"{verb} {title.lower()}",
        key=f"turn {title}",
        type="primary" if verb == "Start" else "secondary",
        help=f"{'Activate' if verb == 'Start' else 'Deactivate'} {plain(watch.address)}",
        disabled=bool(watch.doing),
        on_click=watch.turn,
        args=(verb == "Start",),
    )
