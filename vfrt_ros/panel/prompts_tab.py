# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Prompts: labels described in words, one on each line."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from vfrt_ros.core.types.counted import counted
from vfrt_ros.panel.notes import ask, note
from vfrt_ros.panel.shared_client import shared_client

_TEXT, _REPLACE = "prompts text", "prompts replace"


def show() -> None:
    """The form."""
    with st.form("prompts", border=False):
        st.text_area(
            "Labels, or LABEL=PROMPT, one on each line",
            key=_TEXT,
            height=140,
            placeholder="cup\ncup=a photo of a red cup, seen from above\nphone",
        )
        st.checkbox("Remove the prompts of all other labels", key=_REPLACE)
        st.form_submit_button("Set prompts", type="primary", width="stretch", on_click=set_prompts)
    memory = shared_client().memory
    prompted = [
        f"{info.label} ({counted(info.prompts, 'prompt')})"
        for info in (memory.labels if memory else ())
        if info.prompts
    ]
    st.text("Described in words: " + (", ".join(prompted) or "no label"))


def set_prompts() -> None:
    """Hand the lines to the node."""
    templates = shared_client().parameters.value("prompt_templates", [])
    replace = bool(st.session_state[_REPLACE])
    try:
        labels, prompts = read_prompts(st.session_state[_TEXT], templates)
    except ValueError as error:
        note(str(error), good=False)
        return
    if not labels and not replace:
        note("Type at least one label, or remove all prompts with the box below.", good=False)
        return
    ask("SetPrompts", labels=labels, prompts=prompts, replace=replace)


def read_prompts(text: str, templates: Sequence[str]) -> tuple[list[str], list[str]]:
    """Labels and prompts, one prompt for each label, or none at all where no line has one.

    Args:
        text: `LABEL` or `LABEL=PROMPT` on each line.
        templates: What stands for the prompts of a bare label beside lines that have one.

    Raises:
        ValueError: A line has no label, or nothing after its `=`.

    >>> read_prompts("cat\\ndog", ["a photo of a {label}"])
    (['cat', 'dog'], [])
    >>> read_prompts("cat\\ndog=a barking dog", ["a photo of a {label}"])
    (['cat', 'dog'], ['a photo of a cat', 'a barking dog'])
    """
    pairs = []
    for line in filter(None, map(str.strip, text.splitlines())):
        label, equals, prompt = (part.strip() for part in line.partition("="))
        if not label or (equals and not prompt):
            raise ValueError(f"Expected LABEL or LABEL=PROMPT; got '{line}'.")
        pairs.append((label, prompt))
    if not any(prompt for _, prompt in pairs):
        return [label for label, _ in pairs], []
    full = [
        (label, one)
        for label, prompt in pairs
        for one in ([prompt] if prompt else [template.replace("{label}", label) for template in templates])
    ]
    return [label for label, _ in full], [prompt for _, prompt in full]
