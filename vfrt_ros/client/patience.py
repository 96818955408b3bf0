# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""How long a client waits, in seconds."""

from __future__ import annotations

CALL_SECONDS = 30.0
"""For the answer of a service."""
DISCOVERY_SECONDS = 2.1
"""For a node and its services to be in sight."""
