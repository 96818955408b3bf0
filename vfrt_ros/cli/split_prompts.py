# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Split LABEL=PROMPT as people type it."""

from __future__ import annotations

from collections.abc import Sequence

from vfrt_ros.cli.command import UsageError


def split_prompts(entries: Sequence[str]) -> tuple[list[str], list[str]]:
    """Labels and prompts, one prompt for each label or none at all.

    Raises:
        UsageError: a label or a prompt is empty, or only some of the labels have a prompt.

    >>> split_prompts(["cat", "rocket"])
    (['cat', 'rocket'], [])
    >>> split_prompts(["cat=a photo of a cat"])
    (['cat'], ['a photo of a cat'])
    """
    pairs = [entry.partition("=") for entry in entries]
    labels = [label.strip() for label, _, _ in pairs]
    prompts = [prompt.strip() for _, equals, prompt in pairs if equals]
    for entry, label in zip(entries, labels, strict=True):
        if not label or entry.rstrip().endswith("="):
            raise UsageError(f"Expected LABEL or LABEL=PROMPT; got '{entry}'.")
    if prompts and len(prompts) != len(labels):
        raise UsageError("Either every label has a prompt (LABEL=PROMPT) or none has: use two commands.")
    return labels, prompts
