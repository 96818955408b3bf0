# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Methods that hold their object's lock while they run."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar


class HasLock(Protocol):
    """An object with a reentrant lock."""

    @property
    def lock(self) -> Any: ...


Owner = TypeVar("Owner", bound=HasLock)
Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")


def locked(
    method: Callable[Concatenate[Owner, Parameters], Result],
) -> Callable[Concatenate[Owner, Parameters], Result]:
    """The method, with its object's lock held while it runs.

    >>> from threading import RLock
    >>> class Counter:
    ...     lock = RLock()
    ...     @locked
    ...     def next(self, now: int) -> int:
    ...         return now + 1
    >>> Counter().next(1)
    2
    """

    @functools.wraps(method)
    def held(owner: Owner, *arguments: Parameters.args, **named: Parameters.kwargs) -> Result:
        with owner.lock:
            return method(owner, *arguments, **named)

    return held
