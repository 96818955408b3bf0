# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from vfrt_ros.core.sources.clock import FIRST_S, LONGEST_S, Backoff


def test_it_doubles_to_the_longest_and_starts_again_after_a_reset() -> None:
    backoff = Backoff()
    delays = [backoff.next() for _ in range(8)]
    assert delays[0] == FIRST_S
    assert delays[1] == 2 * FIRST_S
    assert delays[-1] == delays[-2] == LONGEST_S
    backoff.reset()
    assert backoff.next() == FIRST_S
