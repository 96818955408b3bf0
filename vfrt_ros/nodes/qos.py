# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Every QoS profile, by purpose. Each call gives a new one: overrides change it in place."""

from __future__ import annotations

from rclpy.duration import Duration
from rclpy.qos import DurabilityPolicy, HistoryPolicy, QoSProfile, ReliabilityPolicy
from rclpy.qos_overriding_options import QoSOverridingOptions

LEASE_S = 2.0
"""Seconds without a sign of life after which a publisher of `alive_memory_info` counts as ended."""


def _keep_last(depth: int, reliability: ReliabilityPolicy, **more: DurabilityPolicy) -> QoSProfile:
    return QoSProfile(history=HistoryPolicy.KEEP_LAST, depth=depth, reliability=reliability, **more)


def camera_image(reliability: str = "best_effort") -> QoSProfile:
    """Frames of a camera, to publish or to subscribe: the newest one counts, a lost one does not matter.

    Args:
        reliability: `best_effort`, or `reliable` for the sake of subscribers that see nothing else.
    """
    return _keep_last(1, ReliabilityPolicy[reliability.upper()])


def recognition() -> QoSProfile:
    """Results: small, none is to be lost, and a reader that hangs for a moment catches up."""
    return _keep_last(10, ReliabilityPolicy.RELIABLE)


def regions() -> QoSProfile:
    """Boxes of others, reliable or not: the newest count, and those of a few pictures may come at once."""
    return _keep_last(5, ReliabilityPolicy.BEST_EFFORT)


def overlay() -> QoSProfile:
    """Pictures for people: reliable, since some viewers see nothing else, and only the newest one."""
    return _keep_last(1, ReliabilityPolicy.RELIABLE)


def memory_info() -> QoSProfile:
    """A state: who comes later gets the last one at once."""
    return _keep_last(1, ReliabilityPolicy.RELIABLE, durability=DurabilityPolicy.TRANSIENT_LOCAL)


def alive_memory_info() -> QoSProfile:
    """The same as it is published: the middleware tells subscribers who ask whether its publisher is alive."""
    profile = memory_info()
    profile.liveliness_lease_duration = Duration(seconds=LEASE_S)
    return profile


def liveliness() -> QoSProfile:
    """Of a subscription that is told which publishers are alive; those that do not promise to tell do not match."""
    profile = _keep_last(1, ReliabilityPolicy.RELIABLE)
    profile.liveliness_lease_duration = Duration(seconds=1.25 * LEASE_S)
    return profile


def diagnostics() -> QoSProfile:
    """`/diagnostics`, as diagnostic aggregators subscribe to it."""
    return _keep_last(10, ReliabilityPolicy.RELIABLE)


def overridable() -> QoSOverridingOptions:
    """Lets parameters `qos_overrides.<topic>.<publisher|subscription>.<policy>` change a profile at start.

    The policies are history, depth and reliability.
    """
    return QoSOverridingOptions.with_default_policies()
