"""YAML that anybody may have written."""

from __future__ import annotations

from typing import Any

import yaml


class _Loader(yaml.SafeLoader):
    """Without aliases, which can make a small text endless; ROS 2 does not take them either."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent):
            raise yaml.YAMLError("aliases (*name) are not allowed")
        return super().compose_node(parent, index)


def read_yaml(text: str) -> Any:
    """What a YAML text says; nothing in it can make an object of a class.

    PyYAML lets more through than its own errors: a date of month 99, a nesting without end.

    Raises:
        ValueError: It is no YAML; the text is one line.

    >>> read_yaml("[1, two]")
    [1, 'two']
    """
    try:
        return yaml.load(text, _Loader)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    except (yaml.YAMLError, ValueError, TypeError, LookupError, OverflowError, AttributeError) as error:
        raise ValueError(" ".join(str(error).split()) or type(error).__name__) from error
