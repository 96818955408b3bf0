# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The live settings as the panel shows them: in groups, named in words, and only where they count.

What a setting may be and what it means is the node's to say; a setting that stands in no group is shown last, under
the words of its name.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from vfrt_ros.core.config.settings import RecognitionSettings

OTHERS = "Others"


@dataclass(frozen=True, slots=True)
class Shown:
    """How one setting is shown.

    Attributes:
        title: In words.
        needs: A setting and the value of it without which this one does nothing; None = always in force.
    """

    title: str
    needs: tuple[str, Any] | None = None


_LATE = ("fuse", "late")

GROUPS: dict[str, dict[str, Shown]] = {
    "Known or unknown": {
        "open_set": Shown("Say “unknown” where nothing fits"),
        "open_set_threshold": Shown("Strictness", needs=("open_set", True)),
    },
    "Pictures and words": {
        "alpha_fusion": Shown("Weight of the pictures against the words"),
        "fuse": Shown("Rule that weighs them"),
        "temperature": Shown("Caution: lower is more decided"),
        "k": Shown("Neighbours that count", needs=_LATE),
        "neighbor_agg": Shown("How neighbours make one score", needs=_LATE),
        "score_norm": Shown("How scores are made comparable", needs=_LATE),
    },
    "Over time": {
        "temporal_ema": Shown("Smoothing from frame to frame"),
        "publish_rate_limit": Shown("Answers per second at most"),
    },
    "Objects": {
        "regions": Shown("Where objects are looked for"),
        "max_regions": Shown("Objects in a picture"),
        "region_slop": Shown("Seconds between boxes and their picture"),
    },
    "Teaching": {
        "register_frames": Shown("Frames that a registration looks at"),
        "prompt_templates": Shown("Prompts made of a label"),
    },
    "Answers and encoder": {
        "k_candidates": Shown("Candidates in an answer"),
        "skip_unchanged": Shown("Encode no frame that shows what the last one showed"),
        "encoder_timeout": Shown("Seconds until an encoder counts as hung"),
    },
    "Limits": {
        "max_labels": Shown("Labels"),
        "max_examples": Shown("Examples of a label"),
        "max_prompts": Shown("Prompts of a label"),
        "max_label_length": Shown("Characters of a label"),
        "max_images": Shown("Pictures in a request"),
        "max_megapixels": Shown("Megapixels of a picture"),
        "max_request_megapixels": Shown("Megapixels of a request"),
        "max_transfer_mb": Shown("Megabytes of a memory's file that is sent"),
        "max_memory_mb": Shown("Megabytes of the memory on disk"),
        "max_snapshots_mb": Shown("Megabytes of all snapshots"),
    },
}
"""Title of each group to what is in it, in the order in which they are shown."""

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
        title: {
            name: shown.title for name, shown in group.items() if name in values and _counts(shown, values)
        }
        for title, group in GROUPS.items()
    }
    groups[OTHERS] = {name: name.replace("_", " ").capitalize() for name in values if name not in known}
    return {title: group for title, group in groups.items() if group}


def default_of(name: str) -> Any:
    """The value of a setting where nobody set it, a list for a list; None = there is no such setting."""
    entry = RecognitionSettings.parameters().get(name)
    default = entry.default if entry else None
    return list(default) if isinstance(default, tuple) else default


def _counts(shown: Shown, values: Mapping[str, Any]) -> bool:
    return shown.needs is None or values.get(shown.needs[0], shown.needs[1]) == shown.needs[1]
