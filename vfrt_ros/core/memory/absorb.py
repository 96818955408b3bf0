# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Add what another memory learned, within the limits of the settings."""

from __future__ import annotations

from vfrt_ros.core.config.settings import RecognitionSettings
from vfrt_ros.core.memory.bundle import Bundle
from vfrt_ros.core.memory.limits import check_file, check_growth
from vfrt_ros.core.memory.memory import Memory
from vfrt_ros.core.memory.merge import MemoryState, Merge, Merged, carry_out, prepare


def prepare_merge(memory: Memory, bundle: Bundle, source: str, limits: RecognitionSettings) -> Merge:
    """Work out what `absorb` would add. The long part of it runs outside the memory's lock.

    Args:
        memory: Which is to learn; nothing is changed in it yet.
        bundle: What to add.
        source: Where it comes from, in words.
        limits: See `check_growth`.

    Raises:
        RequestError: It is another encoder's, or would pass a limit.
    """
    with memory.lock:
        state = MemoryState.of(memory)
    return _within(limits, state, prepare(state, bundle, source))


def absorb(memory: Memory, prepared: Merge, limits: RecognitionSettings) -> Merged:
    """Add what was worked out; see `carry_out`.

    Args:
        memory: Which learns. Where it has changed since, it is worked out anew.
        prepared: By `prepare_merge`.
        limits: See `check_growth`; and `max_memory_mb`.

    Raises:
        RequestError: It would pass a limit; nothing changed.
        MemoryStoreError: It could not be written; nothing changed.
    """
    with memory.lock:
        check_file(memory.size, most=limits.max_memory_mb)
        state = MemoryState.of(memory)
        if prepared.version != state.version:
            prepared = prepare(state, prepared.bundle, prepared.source)
        return carry_out(memory, _within(limits, state, prepared))


def _within(limits: RecognitionSettings, state: MemoryState, prepared: Merge) -> Merge:
    check_growth(state.labels, state.counts(), prepared.fresh, prepared.prompts, limits)
    return prepared
