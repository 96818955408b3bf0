# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Why frames get lost on their way to a node, and what to do about it.

A code crosses the border of the process, in `/diagnostics`; the words for it stand here.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from enum import Enum
from pathlib import Path
from typing import Any

from vfrt_ros.nodes.transport import LARGE_PROFILE, PROFILE, PROFILES, TRANSPORTS
from vfrt_ros.parameter_file import config_folders

RECEIVE_LIMIT = Path("/proc/sys/net/core/rmem_max")
ROOM = 4_194_304
"""Bytes that a socket should hold at least, for the fragments of an image that comes from another host."""
LARGE = 8_000_000
"""Bytes of an image from which on it needs the larger profile."""
_FAST_DDS = bytes((0x01, 0x0F))
_HOST = slice(0, 4)
"""Of an endpoint's identifier in Fast DDS: vendor and host. Source: RTPS 2.3, 9.3.1.5; Fast DDS, GuidPrefix_t."""


class Cause(Enum):
    """Why frames get lost; the values stand in `/diagnostics`."""

    NONE = "none"
    SOCKET_LIMIT = "socket limit"
    RAW_OVER_NETWORK = "raw images over the network"
    NETWORK = "network"
    OWN_CONFIGURATION = "own Fast DDS configuration"
    SENDER_MEMORY = "sender's shared memory"
    UNKNOWN = "unknown"


def cure(cause: Cause, image_bytes: int = 0) -> str:
    """The cure in words.

    Args:
        image_bytes: Of one frame; 0 = not known.
    """
    return {
        Cause.NONE: "",
        Cause.SOCKET_LIMIT: f"`sudo sysctl -w net.core.rmem_max={ROOM}` on the host that receives, then start the node "
        "again",
        Cause.RAW_OVER_NETWORK: "start the recognition with image_transport:=compressed",
        Cause.NETWORK: "a smaller size or rate of the camera, or a better network",
        Cause.OWN_CONFIGURATION: "Fast DDS has settings of your own here: take over what our profile sets "
        "(docs/network.md), or unset them",
        Cause.SENDER_MEMORY: f"start the camera's driver with {PROFILES[0]}={_profile(image_bytes)} in its "
        "environment, or let it send compressed images",
        Cause.UNKNOWN: "docs/network.md says what to look at",
    }[cause]


def _profile(image_bytes: int) -> Path:
    """Our profile that has room for images of this size, as a path on this machine where it is installed."""
    name = LARGE_PROFILE if image_bytes > LARGE else PROFILE
    return next((folder / name for folder in config_folders() if (folder / name).is_file()), Path(name))


def find_cause(
    senders: Sequence[bytes],
    own: bytes | None,
    *,
    compressed: bool,
    limit: int | None,
    environment: Mapping[str, str] = os.environ,
) -> Cause:
    """The most likely cause.

    Args:
        senders: The publishers' identifiers.
        own: That of an endpoint of this process; None = not known.
        compressed: The images are.
        limit: Bytes that a socket of this host may hold; None = not known.
    """
    known = [gid for gid in senders if gid.startswith(_FAST_DDS)]
    if own is None or not known or not own.startswith(_FAST_DDS):
        return Cause.UNKNOWN
    if any(gid[_HOST] != own[_HOST] for gid in known):
        if limit is not None and limit < ROOM:
            return Cause.SOCKET_LIMIT
        return Cause.NETWORK if compressed else Cause.RAW_OVER_NETWORK
    if environment.get(TRANSPORTS) or any(_is_own(environment.get(name, "")) for name in PROFILES):
        return Cause.OWN_CONFIGURATION
    return Cause.SENDER_MEMORY


def _is_own(profile: str) -> bool:
    """Whether a profile is the person's: our nodes set ours where there is none."""
    return bool(profile) and Path(profile).name not in (PROFILE, LARGE_PROFILE)


def receive_limit(path: Path = RECEIVE_LIMIT) -> int | None:
    """Bytes that a socket of this host may hold; None = this system does not say."""
    try:
        return int(path.read_text())
    except (OSError, ValueError):
        return None


def hears_other_hosts(environment: Mapping[str, str] = os.environ) -> bool:
    """Whether nodes of other hosts are found from here. Source: ROS 2 Jazzy, "Improved dynamic discovery"."""
    if environment.get("ROS_LOCALHOST_ONLY") == "1":
        return False
    return environment.get("ROS_AUTOMATIC_DISCOVERY_RANGE", "").upper() not in ("LOCALHOST", "OFF") or bool(
        environment.get("ROS_STATIC_PEERS")
    )


def endpoint_id(endpoint: Any) -> bytes:
    """The identifier of an endpoint of the graph."""
    return bytes(endpoint.endpoint_gid)
