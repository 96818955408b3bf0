# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Memory: whose it is and how large, as a file to keep, and a file of another robot to learn from."""

from __future__ import annotations

from array import array

import streamlit as st

from vfrt_ros.core.types.counted import counted
from vfrt_ros.panel.markdown import plain
from vfrt_ros.panel.notes import ask, note
from vfrt_ros.panel.shared_client import shared_client

TRANSFER_SECONDS = 120.0
DEFAULT_MB = 100.0
_FILE = "memory file"


def show() -> None:
    """Show what the memory is, the fleet that shares it, export and import."""
    client = shared_client()
    if memory := client.memory:
        examples = sum(info.examples + info.negatives for info in memory.labels)
        st.text(
            f"{counted(examples, 'example')} of {counted(len(memory.labels), 'label')}; version {memory.version}\n"
            f"encoder {memory.encoder_id}, {memory.dimension} numbers an example"
        )
    if client.fleet:
        st.markdown("**Fleet**")
        st.text("\n".join(client.fleet))
    st.markdown("**Export**")
    st.caption("The whole memory as one file, the same that `vfrt memory export` writes.")
    with st.container(horizontal=True):
        st.button("Prepare the file", width="stretch", on_click=_export)
        if made := st.session_state.get("memory made"):
            name, data = made
            st.download_button(f"Download {plain(name)}", data, name, on_click="ignore", type="primary")
    st.markdown("**Import**")
    st.caption("Adds what another memory of the same encoder learned. Undo takes it back.")
    with st.form("import", border=False, clear_on_submit=True):
        most = client.parameters.value("max_transfer_mb", DEFAULT_MB)
        st.file_uploader("File of an exported memory", key=_FILE, max_upload_size=max(1, int(most)))
        st.form_submit_button("Add it to this memory", width="stretch", on_click=_import)


def _export() -> None:
    st.session_state.pop("memory made", None)
    response = ask("ExportMemory", seconds=TRANSFER_SECONDS)
    if response is not None and response.code == response.OK:
        st.session_state["memory made"] = response.name, bytes(response.data)


def _import() -> None:
    uploaded = st.session_state[_FILE]
    if uploaded is None:
        note("Choose a file first.", good=False)
        return
    data = array("B", uploaded.getvalue())
    ask("ImportMemory", seconds=TRANSFER_SECONDS, name=uploaded.name, data=data)
