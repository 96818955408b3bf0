# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Prompt templates: texts with a place for the label."""

from __future__ import annotations

from collections.abc import Sequence

from vfrt_ros.core.types.errors import SettingError

_PLACES = ("{label}", "{}")


def check_templates(templates: Sequence[str]) -> tuple[str, ...]:
    """The templates, if every one has a place for the label.

    Args:
        templates: Texts, each with `{label}` where the label goes.

    Raises:
        SettingError: the list is empty, or one is empty or has no `{label}` or `{}`.

    >>> check_templates(["a {label}", "{} on a desk"])
    ('a {label}', '{} on a desk')
    """
    if isinstance(templates, str):
        raise SettingError(f"prompt_templates: expected a list of texts, got the text '{templates}'")
    if not templates:
        raise SettingError("prompt_templates: expected at least one such as 'a photo of a {label}', got none")
    for template in templates:
        if not isinstance(template, str) or not any(place in template for place in _PLACES):
            raise SettingError(
                f"prompt_templates: expected a text with {{label}} where the label goes, got {template!r}"
            )
    return tuple(templates)


def fill(template: str, label: str) -> str:
    """The template with the label in its place; other braces stay as they are.

    Args:
        template: A text with `{label}` where the label goes.
        label: Stands there as it is.

    >>> fill("a photo of a {}", "cup"), fill("{label}, {set}", "a {label}")
    ('a photo of a cup', 'a {label}, {set}')
    """
    place = next((place for place in _PLACES if place in template), None)
    if place is None:
        raise SettingError(f"prompt template: expected {{label}} where the label goes, got {template!r}")
    return label.join(template.split(place))
