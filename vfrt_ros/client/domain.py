# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The ROS domain that this shell is in."""

from __future__ import annotations

import os
from collections.abc import Mapping

from vfrt_ros.client.errors import GraphError

HIGHEST = 232
"""Source: DDSI-RTPS 9.6.1.1, the highest domain whose ports are below 65536."""


def domain_id(environment: Mapping[str, str] = os.environ) -> int:
    """The number that `ROS_DOMAIN_ID` gives; 0 where it is not set.

    Raises:
        GraphError: not a whole number, or one that is too high for the middleware.

    >>> domain_id({"ROS_DOMAIN_ID": "42"}), domain_id({})
    (42, 0)
    """
    text = environment.get("ROS_DOMAIN_ID") or "0"
    if not text.isdecimal() or int(text) > HIGHEST:
        raise GraphError(f"ROS_DOMAIN_ID must be a whole number in [0, {HIGHEST}]; it is '{text}'.")
    return int(text)
