# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""YAML that anybody may have written."""

from __future__ import annotations

from typing import Any

import yaml

MOST_VALUES = 100_000
"""More than any file of ours has; aliases (`*name`) can make a small text endless."""


def read_yaml(text: str) -> Any:
    """Read a YAML text; nothing in it can make an object of a class.

    PyYAML lets more through than its own errors: a date of month 99, a nesting without end.

    Args:
        text: One YAML document.

    Raises:
        ValueError: The text is not YAML; the error is one line.

    >>> read_yaml("[1, two]")
    [1, 'two']
    """
    try:
        return _counted(yaml.safe_load(text))
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    except (yaml.YAMLError, ValueError, TypeError, LookupError, OverflowError, AttributeError) as error:
        raise ValueError(" ".join(str(error).split()) or type(error).__name__) from error


def _counted(content: Any) -> Any:
    """The content, unless it holds too much or contains itself."""
    left, waiting = MOST_VALUES, [content]
    while waiting:
        item = waiting.pop()
        left -= 1
        if left < 0:
            raise ValueError(f"it holds more than {MOST_VALUES} values, or contains itself")
        if isinstance(item, dict):
            waiting.extend(item.values())
        elif isinstance(item, list):
            waiting.extend(item)
    return content


def yaml_or_text(text: str) -> Any:
    """The value that a text has in YAML; the text itself where it is not YAML.

    Args:
        text: Any.

    >>> yaml_or_text("3"), yaml_or_text("a: [")
    (3, 'a: [')
    """
    try:
        return read_yaml(text)
    except ValueError:
        return text
