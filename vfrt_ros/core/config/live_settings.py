# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The settings in force, in one holder, and the check of what may change while a node runs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Generic, TypeVar

from vfrt_ros.core.config.parameters import Settings
from vfrt_ros.core.config.settings import RecognitionSettings
from vfrt_ros.core.config.templates import check_templates
from vfrt_ros.core.types.errors import SettingError

Chosen = TypeVar("Chosen", bound=Settings)


class LiveSettings(Generic[Chosen]):
    """The one holder of the settings in force: node, recogniser and rule read them here, whenever they need one.

    It reads like the settings that it holds: `live.k` is `live.now.k`.

    Threads: any may read. One at a time puts settings in force, by replacing one reference: who needs several that
    belong together takes `now` once.

    Args:
        now: Checked settings.

    >>> from vfrt_ros.core.config.settings import RecognitionSettings
    >>> live = LiveSettings(RecognitionSettings(k=8))
    >>> live.put_in_force(check_live(live.now, {"k": 3}))
    >>> live.k
    3
    """

    def __init__(self, now: Chosen) -> None:
        self._now = now

    @property
    def now(self) -> Chosen:
        """The settings in force."""
        return self._now

    def put_in_force(self, settings: Chosen) -> None:
        """Replace them as a whole; all who read them here see the new ones from now on.

        Args:
            settings: Checked ones.
        """
        self._now = settings

    def __getattr__(self, name: str) -> Any:
        if name == "_now":
            raise AttributeError(name)
        return getattr(self._now, name)


def check_live(settings: RecognitionSettings, changes: Mapping[str, Any]) -> RecognitionSettings:
    """The settings with live changes.

    Args:
        settings: Those in force.
        changes: New values by the parameters' names.

    Raises:
        SettingError: A name or value is wrong, or the parameter can only be set at the start.
    """
    changed: RecognitionSettings = settings.replace(**changes)
    table = settings.parameters()
    fixed = [name for name in changes if not table[name].live]
    if fixed:
        raise SettingError(
            f"Parameter '{fixed[0]}' can only be set at the start: restart with the new value."
        )
    if "prompt_templates" in changes:
        check_templates(changed.prompt_templates)
    return changed
