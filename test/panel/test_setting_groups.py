# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Every live setting has a place and a name in words, and is shown only where it counts."""

from __future__ import annotations

from vfrt_ros.core.config.settings import RecognitionSettings
from vfrt_ros.panel.setting_groups import GROUPS, OTHERS, default_of, group_settings

LIVE = {name: entry.default for name, entry in RecognitionSettings.parameters().items() if entry.live}


def shown(**changes: object) -> set[str]:
    return {name for group in group_settings(LIVE | changes).values() for name in group}


def test_every_live_setting_stands_in_one_group() -> None:
    names = [name for group in GROUPS.values() for name in group]
    assert len(names) == len(set(names))
    assert set(names) <= set(LIVE)
    assert OTHERS not in group_settings(LIVE)


def test_only_what_counts_is_shown() -> None:
    late = {"k", "neighbor_agg", "score_norm"}
    assert set(LIVE) - shown() == late
    assert shown(fuse="late") == set(LIVE)
    assert set(LIVE) - shown(open_set=False) == late | {"open_set_threshold"}


def test_names_are_in_words_and_not_twice() -> None:
    titles = [title for group in GROUPS.values() for title in group.values()]
    assert len(titles) == len(set(titles))
    assert not [title for title in titles if "_" in title]


def test_defaults_are_those_of_the_table() -> None:
    assert default_of("alpha_fusion") == RecognitionSettings().alpha_fusion
    assert default_of("prompt_templates") == list(RecognitionSettings().prompt_templates)
    assert default_of("brightness_limit") is None
