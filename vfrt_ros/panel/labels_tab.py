# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Labels: what is known of each, with its examples; rename, merge, forget, mark as not this."""

from __future__ import annotations

from typing import Any

import streamlit as st

from vfrt_msgs.msg import Finding, MemoryInfo
from vfrt_ros.core.types.counted import counted
from vfrt_ros.panel.example_shelf import ExampleShelf
from vfrt_ros.panel.markdown import plain
from vfrt_ros.panel.notes import ask, call, note
from vfrt_ros.panel.now import percent
from vfrt_ros.panel.shared_client import shared_client
from vfrt_ros.panel.tabs import tab_in_front

NAME = "Labels"
LABELS_ON_A_PAGE = 20
EXAMPLES_ON_A_PAGE = 24
_CROP = 84
_shelf = ExampleShelf()


def show() -> None:
    """All labels, or those that the search leaves."""
    memory = shared_client().memory
    infos = list(memory.labels) if memory else []
    if not infos:
        st.caption("Nothing learned yet: the Teach tab registers what the camera shows.")
        return
    if memory and tab_in_front() == NAME and any(info.examples for info in infos):
        show_audit(memory)
    wanted = st.text_input(
        "Find",
        key="labels find",
        placeholder="Find a label",
        icon=":material/search:",
        label_visibility="collapsed",
    )
    infos = [info for info in infos if wanted.strip().lower() in info.label.lower()]
    if not infos:
        st.caption("No label has this in its name.")
    for info in infos[_page("labels", len(infos), LABELS_ON_A_PAGE)]:
        _show_label(info)


def _page(name: str, total: int, size: int) -> slice:
    """Which of many entries to show now; a row of page numbers where there is more than one page."""
    pages = -(-total // size)
    number = st.pagination(pages, key=f"page of {name}") if pages > 1 else 1
    return slice(size * (number - 1), size * number)


def _show_label(info: Any) -> None:
    with st.container(horizontal=True, vertical_alignment="top", gap="small"):
        newest = _shelf.page(shared_client(), info.label, 0, 1) if info.examples else None
        if newest and newest.examples and len(newest.examples[0].picture.data):
            st.image(bytes(newest.examples[0].picture.data), width=56, alt=f"An example of {info.label}")
        title = f"**{plain(info.label)}** · {_counts(info)}"
        with st.expander(title, key=f"label {info.label}", on_change="rerun") as opened:
            if opened.open:
                _show_open(info)


def _counts(info: Any) -> str:
    parts = [(info.examples, "example"), (info.negatives, "negative"), (info.prompts, "prompt")]
    counts = ", ".join(counted(n, word) for n, word in parts if n) or "empty"
    return f"{counts} · threshold {percent(info.threshold)}" if info.threshold else counts


def _show_open(info: Any) -> None:
    label = info.label
    if info.examples or info.negatives:
        _show_examples(label)
    with st.form(f"rename {label}", border=False), st.container(horizontal=True, vertical_alignment="bottom"):
        key = f"new name {label}"
        st.text_input("New name", key=key, placeholder="Another label's name merges the two")
        st.form_submit_button("Rename or merge", on_click=_rename, args=(label, key))
    with st.container(horizontal=True):
        st.button(
            "What the camera shows is not this",
            key=f"negative {label}",
            help="Learn from the most recent frames that they do not show the label",
            on_click=ask,
            args=("Register",),
            kwargs={"label": label, "negative": True},
        )
        st.button(
            "Forget the label", key=f"forget {label}", on_click=ask, args=("Forget",), kwargs={"label": label}
        )


def _rename(label: str, key: str) -> None:
    if name := st.session_state[key].strip():
        ask("Relabel", label=label, new_label=name)
    else:
        note("Type the new name first.", good=False)


def _show_examples(label: str) -> None:
    client = shared_client()
    first = _shelf.page(client, label, 0, EXAMPLES_ON_A_PAGE)
    if first.fault:
        st.caption(plain(first.fault))
        return
    shown = _page(f"examples of {label}", first.total, EXAMPLES_ON_A_PAGE)
    page = _shelf.page(client, label, shown.start, EXAMPLES_ON_A_PAGE)
    with st.container(horizontal=True, gap="small"):
        for example in page.examples:
            _show_example(example)
    chosen = [example.id for example in page.examples if st.session_state.get(_tick(example))]
    st.button(
        f"Forget the {len(chosen)} chosen" if chosen else "Forget the chosen examples",
        key=f"forget examples of {label}",
        disabled=not chosen,
        on_click=ask,
        args=("ForgetExamples",),
        kwargs={"examples": chosen},
    )


def _show_example(example: Any) -> None:
    with st.container(width=_CROP, gap=None):
        if len(example.picture.data):
            st.image(bytes(example.picture.data), width=_CROP, alt=f"Example {example.id}")
        name = f"not, no. {_number(example)}" if example.negative else f"no. {_number(example)}"
        st.checkbox(
            name, key=_tick(example), help=f"From {plain(example.source)}" if example.source else None
        )


def _number(example: Any) -> str:
    """Its id without the robot, which hardly anybody needs to see: `17:0`."""
    return str(example.id).partition(":")[2]


def _tick(example: Any) -> str:
    return f"example {example.id}"


AT_ONCE = 300
"""Examples up to which the memory is looked through without being asked: it takes the node's time."""
_FOUND = "audit found"


def show_audit(memory: MemoryInfo) -> None:
    """The findings of this memory."""
    examples = sum(info.examples for info in memory.labels)
    version = int(memory.version)
    known, findings = st.session_state.get(_FOUND, (-1, []))
    if known != version:
        if examples > AT_ONCE and not st.button("Look for mistakes", icon=":material/troubleshoot:"):
            return
        response = call("Audit")
        if response is None or response.code != response.OK:
            return
        findings = list(response.findings)
        st.session_state[_FOUND] = version, findings
    if not findings:
        st.caption(f"Nothing to find fault with among {counted(examples, 'example')}.")
        return
    title = f"**{counted(len(findings), 'thing')} to look at**"
    with st.expander(title, icon=":material/troubleshoot:", key="audit", expanded=len(findings) <= 2):
        for number, finding in enumerate(findings):
            _show(finding, number)


def _show(finding: Any, number: int) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key=f"finding {number}"):
        st.markdown(plain(finding.text), width="stretch")
        if mend := _cure(finding):
            title, service, fields = mend
            st.button(title, key=f"mend {number}", on_click=ask, args=(service,), kwargs=fields)
    if not mend:
        st.caption(plain(finding.cure))


def _cure(finding: Any) -> tuple[str, str, dict[str, Any]] | None:
    """Title of a button, the service and its request; None = a person has to do it."""
    if finding.kind == Finding.SWALLOWED:
        label, other = finding.labels[:2]
        return f"Merge into {plain(other)}", "Relabel", {"label": label, "new_label": other}
    if finding.kind in (Finding.WRONG, Finding.DUPLICATE):
        return (
            f"Forget {counted(len(finding.examples), 'example')}",
            "ForgetExamples",
            {"examples": list(finding.examples)},
        )
    return None
