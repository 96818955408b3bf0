# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""A STUN or TURN server that two ends of a WebRTC connection find each other by."""

from __future__ import annotations

import re
from dataclasses import dataclass

from vfrt_ros.core.types.errors import SettingError

_FORM = re.compile(r"(?P<kind>stuns?|turns?):(?:(?P<user>[^:@]+):(?P<secret>[^@]+)@)?(?P<place>[^@\s]+)")


@dataclass(frozen=True, slots=True)
class IceServer:
    """As RTCIceServer in W3C's WebRTC; `user` and `secret` are empty where there are none."""

    url: str
    user: str = ""
    secret: str = ""

    def as_dict(self) -> dict[str, str]:
        """The server as browsers and aiortc take it."""
        credentials = {"username": self.user, "credential": self.secret} if self.user else {}
        return {"urls": self.url, **credentials}


def read_ice_server(text: str) -> IceServer:
    """The server that a person typed.

    Raises:
        SettingError: the text is not the address of an ICE server.

    >>> read_ice_server("turn:ann:secret@relay.example:3478")
    IceServer(url='turn:relay.example:3478', user='ann', secret='secret')
    """
    match = _FORM.fullmatch(text.strip())
    if match is None:
        raise SettingError(
            f"--ice-server must be stun:HOST[:PORT] or turn:[USER:SECRET@]HOST[:PORT]; got '{text}'."
        )
    return IceServer(f"{match['kind']}:{match['place']}", match["user"] or "", match["secret"] or "")
