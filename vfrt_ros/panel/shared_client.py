# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The one client of this process, for every browser session and for the picture."""

from __future__ import annotations

from vfrt_ros.panel.panel_client import PanelClient

_shared: list[PanelClient] = []


def share(client: PanelClient) -> None:
    """Make this the client that all pages speak through."""
    _shared[:] = [client]


def shared_client() -> PanelClient:
    """The client that was shared last.

    Raises:
        RuntimeError: No client was shared: the page runs outside `vfrt panel`.
    """
    if not _shared:
        raise RuntimeError("The panel's pages are shown by `vfrt panel`.")
    return _shared[0]
