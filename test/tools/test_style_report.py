# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The figures of the code's shape, and what is promised of the core's."""

from __future__ import annotations

from tools.style_report import functions_of, report_of, share

SOURCE = '''
def plain(a, b):
    """Add.

    Args:
        a, b: Numbers.
    """
    return a + b


def _own(a):
    return a


class Thing:
    """A thing.

    Args:
        name: Of it.
    """

    def __init__(self, name):
        self.name = name

    @property
    def size(self):
        return len(self.name)

    def grow(self, by):
        """Make it larger."""


class _Hidden:
    def shown(self, a):
        """Not public, since its class is not."""
'''


def test_functions_are_measured_and_constructors_are_documented_by_their_class() -> None:
    found = {one.name.split(": ")[1]: one for one in functions_of(SOURCE, "some.py")}
    assert list(found) == ["plain", "_own", "Thing.__init__", "Thing.size", "Thing.grow", "_Hidden.shown"]
    assert [name for name, one in found.items() if one.public] == [
        "plain", "Thing.__init__", "Thing.size", "Thing.grow"
    ]  # fmt: skip
    assert [name for name, one in found.items() if one.says_args] == ["plain", "Thing.__init__"]
    assert (found["plain"].lines, found["plain"].code) == (7, 2)
    assert not found["Thing.size"].takes
    assert not found["Thing.size"].documented


def test_three_in_five_public_functions_of_the_core_that_take_something_say_what() -> None:
    functions = report_of("vfrt_ros/core").functions
    takers = [one for one in functions if one.public and one.takes]
    assert len(takers) > 500
    assert sum(one.says_args for one in takers) >= 0.6 * len(takers), share(takers, "says_args")


def test_no_function_of_the_product_has_more_than_seventy_lines() -> None:
    functions = report_of("vfrt_ros").functions
    assert [one.name for one in functions if one.lines > 70] == []
