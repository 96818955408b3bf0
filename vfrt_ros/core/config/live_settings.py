# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Which changes of the settings a running node takes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from vfrt_ros.core.config.settings import RecognitionSettings
from vfrt_ros.core.config.templates import check_templates
from vfrt_ros.core.types.errors import SettingError


def check_live(settings: RecognitionSettings, changes: Mapping[str, Any]) -> RecognitionSettings:
    """The settings with live changes.

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
