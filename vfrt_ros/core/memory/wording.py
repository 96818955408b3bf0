# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Put what an operation did into words, for the history and the answers of services."""

from __future__ import annotations

from vfrt_ros.core.memory.payload import Forget, Payload, Relabel, SetPrompts, Switch, Teach
from vfrt_ros.core.types.counted import counted
from vfrt_ros.core.types.operation import Kind

_FEW = 4


def describe(payload: Payload, kind: Kind | None = None) -> str:
    """One phrase in the past tense.

    Args:
        payload: Of the operation.
        kind: Of the operation, which tells an undo from a redo.

    >>> describe(SetPrompts({"cup": ("a cup",)}))
    "set the prompts of 'cup'"
    """
    match payload:
        case Teach():
            return _teach(payload)
        case Forget():
            return _forget(payload)
        case Relabel():
            verb, towards = ("merged", "into") if payload.merged else ("renamed", "to")
            examples = counted(len(payload.examples), "example")
            return f"{verb} '{payload.label}' {towards} '{payload.new_label}' ({examples})"
        case SetPrompts():
            named = [f"'{label}'" for label, texts in payload.prompts.items() if texts is not None]
            return f"set the prompts of {', '.join(named)}" if named else "removed all prompts"
        case Switch():
            names = ", ".join(str(target) for target in payload.targets)
            return f"did again what {names} took back" if kind is Kind.REDO else f"took back {names}"


def _teach(teach: Teach) -> str:
    labels = sorted({example.label for example in teach.examples})
    if teach.adopted:
        return f"{teach.origin}: {counted(len(teach.adopted), 'operation')}"
    if teach.origin:
        everything = {*labels, *teach.prompts}
        return (
            f"{teach.origin}: {counted(len(teach.examples), 'example')}, {counted(len(everything), 'label')}"
        )
    kind = "that are not" if teach.examples and teach.examples[0].negative else "of"
    return f"registered {counted(len(teach.examples), 'example')} {kind} {_named(labels)}"


def _forget(forget: Forget) -> str:
    examples = counted(len(forget.examples), "example")
    return (
        f"forgot {_named(forget.labels)} ({examples})"
        if forget.whole
        else f"forgot {examples} of {_named(forget.labels)}"
    )


def _named(labels: list[str] | tuple[str, ...]) -> str:
    return (
        ", ".join(f"'{label}'" for label in labels) if len(labels) < _FEW else counted(len(labels), "label")
    )
