# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Camera: the camera of the person's own laptop or phone as what the robot sees, over WebRTC.

The page's script makes the connection; its frames come on the server's event loop, which only hands them on to
`BrowserSource`.
"""

from __future__ import annotations

import importlib.util
from functools import partial
from typing import Any
from urllib.parse import urlsplit

import streamlit as st

from vfrt_ros.panel.browser_source import Standing
from vfrt_ros.panel.guard import LOOPBACK
from vfrt_ros.panel.markdown import plain
from vfrt_ros.panel.shared_client import shared_client

KEY = "browser camera"
_WANTED = f"{KEY} wanted"
_DRAWN = f"{KEY} drawn"
PACKAGE = "streamlit_webrtc"
CONSTRAINTS = {
    "video": {"width": {"ideal": 640}, "height": {"ideal": 480}, "frameRate": {"ideal": 30}},
    "audio": False,
}

CONNECTING = (
    "Connecting: allow the camera in your browser. If nothing comes within half a minute, switch it off and on again; "
    "from another network it takes an --ice-server."
)


def show() -> None:
    """The camera's own picture with its buttons, and how it stands."""
    st.caption(
        "Shows the robot what *your* camera sees, for a demo far from it. The camera node is stopped meanwhile "
        "and started again at the end."
    )
    if shared_client().cameras:
        st.info(
            "It takes the place of the only camera; this recognition node has several, and none of them is left out."
        )
        return
    if importlib.util.find_spec(PACKAGE) is None:
        st.info("This needs the Python package streamlit-webrtc: `pip install streamlit-webrtc`.")
        return
    if warning := insecure(st.context.url or ""):
        st.warning(warning)
    wanted = st.toggle("Use this device's camera", key=_WANTED)
    # Nothing of it is loaded before it is wanted; after that, it is drawn until it has ended.
    if wanted or st.session_state.get(_DRAWN):
        st.session_state[_DRAWN] = _stream(_session(), wanted) or wanted
    _show_standing()


def insecure(url: str) -> str:
    """Why a browser gives this page no camera, in Markdown; empty = it does.

    Args:
        url: Of the page, as the browser has it.

    Source: W3C, Secure Contexts, 3.1.

    >>> insecure("http://localhost:8501/"), insecure("https://robot:8501/")
    ('', '')
    """
    parts = urlsplit(url)
    if parts.scheme != "http" or parts.hostname in LOOPBACK or (parts.hostname or "").endswith(".localhost"):
        return ""
    return (
        "Browsers give their camera only to pages from `https` or from this machine. Open a tunnel, "
        f"`ssh -L 8501:localhost:{parts.port or 80} {parts.hostname}`, and go to http://localhost:8501."
    )


def _stream(session: str, wanted: bool) -> bool:
    """The camera's own part of the page; whether it is connected, or just being so."""
    from streamlit_webrtc import WebRtcMode, create_video_sink_track, webrtc_streamer

    source = shared_client().browser
    sink = create_video_sink_track(
        partial(take, source, session), key=f"{KEY} sink", on_ended=partial(source.end, session)
    )
    context = webrtc_streamer(
        key=KEY,
        mode=WebRtcMode.SENDONLY,
        desired_playing_state=wanted,
        sink_video_track=sink,
        media_stream_constraints=CONSTRAINTS,
        # Without servers of ours the package would ask one of Google's.
        rtc_configuration={"iceServers": [server.as_dict() for server in shared_client().ice_servers]},
    )
    return bool(context.state.playing or context.state.signalling)


def take(source: Any, session: str, frame: Any) -> None:
    """Hand a frame on; its pixels are made of it later, if at all.

    Args:
        source: A `BrowserSource`.
        session: Whose it is.
        frame: An `av.VideoFrame`.
    """
    source.put(session, lambda: frame.to_ndarray(format="bgr24"))


@st.fragment(run_every=0.5)
def _show_standing() -> None:
    standing = shared_client().browser.standing(_session())
    connecting = standing is Standing.FREE and st.session_state.get(_WANTED)
    st.markdown(plain(CONNECTING if connecting else standing.value))


def _session() -> str:
    """The id that tells this page from others."""
    from streamlit.runtime.scriptrunner import get_script_run_ctx

    context = get_script_run_ctx()
    return context.session_id if context else ""
