# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Exchange of operations with the other robots of a fleet, through NATS JetStream; see docs/fleet.md."""
