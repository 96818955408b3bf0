# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Correct the answer, right beside it: what it is instead, and that it is not this."""

from __future__ import annotations

from typing import Any

import streamlit as st

from vfrt_ros.panel.camera_choice import ask_of_camera
from vfrt_ros.panel.markdown import plain
from vfrt_ros.panel.notes import note
from vfrt_ros.panel.pointing import forget_pointing, pointed_fields, pointed_question, pointed_words
from vfrt_ros.panel.shared_client import shared_client
from vfrt_ros.panel.why import ask_why

MOST_OFFERED = 30
_LABEL, _OFFERED = "correct label", "correct offered"
_ANSWERED = "objection answered"


def show_correction() -> None:
    """A box for the right label, and the known ones, each one click away."""
    prompt = pointed_question() or "Wrong? It is …"
    if words := pointed_words():
        st.button(
            f"Only {words}",
            key="pointed",
            icon=":material/close:",
            help="Teach the whole picture instead",
            on_click=forget_pointing,
        )
    with (
        st.form("correct", border=False, clear_on_submit=True),
        st.container(horizontal=True, gap="small", key="correct"),
    ):
        st.text_input(
            prompt,
            key=_LABEL,
            placeholder=prompt,
            label_visibility="collapsed",
            width="stretch",
        )
        st.form_submit_button("Teach", on_click=_teach_typed)
    if labels := shared_client().labels:
        st.pills(
            "One click teaches this label",
            labels[:MOST_OFFERED],
            format_func=plain,
            key=_OFFERED,
            on_change=_teach_offered,
            label_visibility="collapsed",
        )


def show_objections(recognition: Any) -> None:
    """*Not this* and *Why?* for the answer that is shown now; in a fragment."""
    known = recognition.reason == recognition.KNOWN
    with st.container(horizontal=True, gap="small", key="objections"):
        st.button(
            f"Not “{plain(recognition.label)}”" if known else "Not this",
            key="not this",
            icon=":material/thumb_down:",
            disabled=not known,
            help="Learn from the most recent frames that they do not show this",
            on_click=_object,
            args=(recognition.label,),
        )
        st.button(
            "Why?",
            key="why",
            icon=":material/help:",
            help="The examples, the prompt and the threshold",
            on_click=_ask_why,
        )
    if st.session_state.pop(_ANSWERED, False):
        st.rerun()  # what came of it stands outside of the fragment


def _object(label: str) -> None:
    """A callback, so that it is done once for each click: a fragment may run twice with the same one."""
    ask_of_camera("Register", label=label, negative=True)
    st.session_state[_ANSWERED] = True


def _ask_why() -> None:
    ask_why()
    st.session_state[_ANSWERED] = True


def _teach_typed() -> None:
    if label := st.session_state[_LABEL].strip():
        _teach(label)
    else:
        note("Type first what the camera shows.", good=False)


def _teach_offered() -> None:
    if label := st.session_state[_OFFERED]:
        st.session_state[_OFFERED] = None
        _teach(label)


def _teach(label: str) -> None:
    """Register what was pointed at, else the whole picture."""
    ask_of_camera("Register", label=label, **pointed_fields())
    forget_pointing()
