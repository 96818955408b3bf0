# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The node's exchange with its fleet; without `fleet_url` there is none, and nothing of it is imported."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vfrt_ros.core.config.settings import RecognitionSettings
from vfrt_ros.core.recogniser import Recogniser
from vfrt_ros.core.types.example import Step

if TYPE_CHECKING:
    from vfrt_ros.fleet.exchange import Exchange
    from vfrt_ros.fleet.shared_memory import Turn
    from vfrt_ros.fleet.status import FleetStatus


class FleetLink:
    """Starts and stops the exchange with the node.

    Threads: the executor's thread starts and stops; `status` may be read in any.
    """

    def __init__(self) -> None:
        self._exchange: Exchange | None = None

    @property
    def status(self) -> FleetStatus | None:
        """How the exchange stands; None = there is no fleet."""
        exchange = self._exchange
        return None if exchange is None else exchange.status

    @staticmethod
    def check(settings: RecognitionSettings) -> None:
        """Refuse parameters that no exchange could work with, before anything else is loaded.

        Raises:
            SettingError: The text says which and why.
        """
        if settings.fleet_url:
            from vfrt_ros.fleet.settings import FleetSettings

            FleetSettings.of(settings)

    def start(self, recogniser: Recogniser, turn: Turn) -> None:
        """Begin to exchange what the recogniser is taught.

        Args:
            recogniser: Whose memory is shared.
            turn: Does a change of it between two frames.
        """
        if not recogniser.settings.fleet_url:
            return
        from vfrt_ros.fleet.exchange import Exchange
        from vfrt_ros.fleet.settings import FleetSettings
        from vfrt_ros.fleet.shared_memory import SharedMemory

        memory = SharedMemory(recogniser.memory, turn, recogniser.live)
        self._exchange = Exchange(FleetSettings.of(recogniser.settings), memory)
        recogniser.memory.listen(self._wake)
        self._exchange.start()

    def stop(self) -> None:
        """End the exchange, while there are still turns."""
        exchange, self._exchange = self._exchange, None
        if exchange is not None:
            exchange.stop()

    def _wake(self, step: Step) -> None:
        if self._exchange is not None:
            self._exchange.wake()
