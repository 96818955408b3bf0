"""What the last action of this session came to, shown at one place until the next."""

from __future__ import annotations

from typing import Any

import streamlit as st

from vfrt_ros.cli.command import CommandError
from vfrt_ros.panel.markdown import plain
from vfrt_ros.panel.shared_client import shared_client

_KEY = "note"


def note(text: str, *, good: bool = True) -> None:
    """Have this shown."""
    st.session_state[_KEY] = (text, good)


def ask(service: str, **fields: Any) -> Any:
    """Call a service of the node and note what it says.

    Args:
        service: Name of the service type in `vfrt_msgs.srv`.
        fields: Of the request.

    Returns:
        The response, also one that refuses; None where there was none.
    """
    try:
        response = shared_client().call(service, **fields)
    except CommandError as error:
        note(str(error), good=False)
        return None
    note(response.message, good=response.code == response.OK)
    return response


def show_note() -> None:
    """The note, if there is one."""
    text, good = st.session_state.get(_KEY, ("", True))
    if text:
        show = st.success if good else st.error
        show(plain(text))
