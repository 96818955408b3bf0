# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Findings of the memory's audit, each with what mends it one click away."""

from __future__ import annotations

from typing import Any

import streamlit as st

from vfrt_msgs.msg import Finding, MemoryInfo
from vfrt_ros.core.types.counted import counted
from vfrt_ros.panel.markdown import plain
from vfrt_ros.panel.notes import ask, call

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
