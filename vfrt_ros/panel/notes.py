# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The outcome of this session's last action, shown at one place until the next."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import streamlit as st

from vfrt_ros.client.errors import ClientError
from vfrt_ros.panel.markdown import plain
from vfrt_ros.panel.shared_client import shared_client

_KEY = "note"


@dataclass(frozen=True, slots=True)
class Note:
    """A sentence for people.

    Attributes:
        good: It went well.
        label, same_as: What was registered and the label that has the same scene already; empty = none has.
    """

    text: str
    good: bool = True
    label: str = ""
    same_as: str = ""


def note(text: str, *, good: bool = True) -> None:
    """Have this shown."""
    st.session_state[_KEY] = Note(text, good)


def call(service: str, **fields: Any) -> Any:
    """The node's answer; None where there was none, which is noted.

    Args:
        service: Name of the service type in `vfrt_msgs.srv`.
        fields: Of the request.
    """
    try:
        return shared_client().call(service, **fields)
    except ClientError as error:
        note(str(error), good=False)
        return None


def ask(service: str, **fields: Any) -> Any:
    """Call a service of the node and note what it says; arguments and answer as for `call`."""
    response = call(service, **fields)
    if response is not None:
        conflicts = getattr(response, "conflicts", ())
        labels = (fields["label"], conflicts[0].label) if conflicts else ("", "")
        st.session_state[_KEY] = Note(response.message, response.code == response.OK, *labels)
    return response


def show_note() -> None:
    """The note, if there is one, at a place that is as large without it."""
    with st.container(key="note", horizontal=True, wrap=False, gap="small"):
        told: Note | None = st.session_state.get(_KEY)
        if told is None:
            st.html("<span></span>")  # Streamlit leaves out a container without anything in it
            return
        show = st.error if not told.good else st.warning if told.same_as else st.success
        show(plain(told.text))
        if told.same_as:
            st.button(
                f"Call it “{plain(told.same_as)}”",
                key="relabel conflict",
                help=f"Make “{plain(told.label)}” and “{plain(told.same_as)}” one label",
                on_click=_merge,
            )


def _merge() -> None:
    """Make the two labels of the note one; a second click, on a button whose note is past, does nothing."""
    told: Note | None = st.session_state.get(_KEY)
    if told is not None and told.same_as:
        ask("Relabel", label=told.label, new_label=told.same_as)
