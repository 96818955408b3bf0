# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Why the last frame got its answer: the nearest examples as pictures, the prompt, the threshold."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

import streamlit as st

from vfrt_ros.panel import now
from vfrt_ros.panel.camera_choice import call_of_camera, chosen
from vfrt_ros.panel.notes import call, note
from vfrt_ros.panel.shared_client import shared_client
from vfrt_ros.panel.teach_tab import image

_WHY = "why explained"


def ask_why() -> None:
    """Have the last frame explained; the explanation stays as it is while the camera goes on."""
    candidates = now.candidates(shared_client().feed_of(chosen()).newest())
    explained = call_of_camera("Explain")
    if explained is None:
        return
    if explained.code != explained.OK:
        note(explained.message, good=False)
        return
    ids = [near.example for near in explained.nearest]
    listed = call("ListExamples", examples=ids, pictures=True) if ids else None
    pictures = {example.id: example.picture for example in listed.examples} if listed else {}
    st.session_state[_WHY] = explanation(explained, pictures) + candidates


def show_why() -> None:
    """The explanation that was asked for last, over the page, until it is closed."""
    if html := st.session_state.get(_WHY):
        _show(html)


def _close() -> None:
    st.session_state.pop(_WHY, None)


@st.dialog("Why?", width="medium", on_dismiss=_close)
def _show(html: str) -> None:
    st.html(html)


def explanation(explained: Any, pictures: Mapping[int, Any]) -> str:
    """An answer of `explain` as HTML.

    Args:
        pictures: JPEG messages of the nearest examples, by id, as far as there are any.
    """
    verdict = f"<h4>{escape(explained.lines[0])}</h4>"
    if not explained.label:
        return f'<div class="vfrt-why">{verdict}</div>'
    state = "known" if explained.score >= explained.threshold else "unknown"
    return (
        f'<div class="vfrt-why {state}">{verdict}{now.bar(explained.score, explained.threshold)}'
        f"<p>{_threshold(explained)}</p>{_examples(explained, pictures)}<p>{_prompt(explained)}</p></div>"
    )


def _threshold(explained: Any) -> str:
    label, score = escape(explained.label), now.percent(explained.score)
    if not explained.threshold:
        return f"“{label}” scores <b>{score}</b>; there is no threshold."
    side = "at or above" if explained.score >= explained.threshold else "below"
    return (
        f"“{label}” scores <b>{score}</b>, {side} its threshold of <b>{now.percent(explained.threshold)}</b>."
    )


def _examples(explained: Any, pictures: Mapping[int, Any]) -> str:
    label = escape(explained.label)
    if not explained.nearest:
        return f"<p>No example of “{label}” is in memory.</p>"
    figures = "".join(_figure(near, pictures.get(near.example)) for near in explained.nearest)
    return (
        f"<p>The nearest examples of “{label}”, each with its share of what the pictures say:</p>"
        f'<div class="vfrt-shown">{figures}</div>'
    )


def _figure(near: Any, picture: Any) -> str:
    shown = image(picture, f"Example {near.example}") if picture is not None else ""
    return (
        f"<figure>{shown}<figcaption><b>{now.percent(near.share)}</b> · cosine {near.cosine:.2f} · "
        f"no. {near.example}</figcaption></figure>"
    )


def _prompt(explained: Any) -> str:
    if not explained.prompts:
        return f"“{escape(explained.label)}” has no prompt."
    texts = "”, “".join(map(escape, explained.prompts))
    return f"Cosine {explained.text_score:.2f} with the prompt “{texts}”."
