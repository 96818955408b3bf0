# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The live settings as the panel shows them: in groups, named in words, and only where they count.

What a setting may be and what it means is the node's to say; a setting that stands in no group is shown last, under
the words of its name.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from vfrt_ros.core.config.settings import RecognitionSettings

OTHERS = "Others"


GROUPS: dict[str, dict[str, str]] = {
    "Known or unknown": {
        "open_set": "Say “unknown” where nothing fits",
        "open_set_threshold": "Strictness",
    },
    "Pictures and words": {
        "alpha_fusion": "Weight of the pictures against the words",
        "fuse": "Rule that weighs them",
        "temperature": "Caution: lower is more decided",
        "k": "Neighbours that count",
        "neighbor_agg": "How neighbours make one score",
        "score_norm": "How scores are made comparable",
    },
    "Over time": {
        "temporal_ema": "Smoothing from frame to frame",
        "publish_rate_limit": "Answers per second at most",
    },
    "Objects": {
        "regions": "Where objects are looked for",
        "max_regions": "Objects in a picture",
        "region_slop": "Seconds between boxes and their picture",
    },
    "Teaching": {
        "register_frames": "Frames that a registration looks at",
        "prompt_templates": "Prompts made of a label",
    },
    "Answers and encoder": {
        "k_candidates": "Candidates in an answer",
        "skip_unchanged": "Encode no frame that shows what the last one showed",
        "encoder_timeout": "Seconds until an encoder counts as hung",
    },
    "Limits": {
        "max_labels": "Labels",
        "max_examples": "Examples of a label",
        "max_prompts": "Prompts of a label",
        "max_label_length": "Characters of a label",
        "max_images": "Pictures in a request",
        "max_megapixels": "Megapixels of a picture",
        "max_request_megapixels": "Megapixels of a request",
        "max_transfer_mb": "Megabytes of a memory's file that is sent",
        "max_memory_mb": "Megabytes of the memory on disk",
        "max_snapshots_mb": "Megabytes of all snapshots",
    },
}
"""Title of each group to the settings in it and their titles, in the order in which they are shown."""

_LATE = ("fuse", "late")
NEEDS: dict[str, tuple[str, Any]] = {
    "open_set_threshold": ("open_set", True),
    "k": _LATE,
    "neighbor_agg": _LATE,
    "score_norm": _LATE,
}
"""A setting, and the value of it, without which another one does nothing."""

FOLDED = frozenset({"Limits", OTHERS})
"""Groups that are seldom needed."""


def group_settings(values: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    """The settings to show now, in groups.

    Args:
        values: Of all live settings, by name.

    Returns:
        For each group that is not empty: names of settings to their titles.

    >>> group_settings({"fuse": "calibrated", "k": 8, "brightness_limit": 3})
    {'Pictures and words': {'fuse': 'Rule that weighs them'}, 'Others': {'brightness_limit': 'Brightness limit'}}
    """
    known = {name for group in GROUPS.values() for name in group}
    groups = {
        title: {name: words for name, words in group.items() if name in values and _counts(name, values)}
        for title, group in GROUPS.items()
    }
    groups[OTHERS] = {name: name.replace("_", " ").capitalize() for name in values if name not in known}
    return {title: group for title, group in groups.items() if group}


def default_of(name: str) -> Any:
    """The value of a setting where nobody set it, a list for a list; None = there is no such setting."""
    entry = RecognitionSettings.parameters().get(name)
    default = entry.default if entry else None
    return list(default) if isinstance(default, tuple) else default


def _counts(name: str, values: Mapping[str, Any]) -> bool:
    other, wanted = NEEDS.get(name, ("", None))
    return values.get(other, wanted) == wanted
