# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""How much a memory may grow by what others learned, or by joining labels: the limits of the settings."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from vfrt_ros.core.config.settings import RecognitionSettings
from vfrt_ros.core.frames.image_size import read_header
from vfrt_ros.core.memory.payload import TaughtExample
from vfrt_ros.core.types.counted import counted
from vfrt_ros.core.types.errors import RequestError
from vfrt_ros.core.types.example import Prompts
from vfrt_ros.core.types.label import check_label, check_room


def check_growth(
    known: Sequence[str],
    there: Mapping[str, int],
    fresh: Sequence[TaughtExample],
    prompts: Mapping[str, Prompts | None],
    limits: RecognitionSettings,
) -> None:
    """Refuse to add what would pass a limit.

    Args:
        known: The labels in memory; their names are fine, however long.
        there: Examples of each label in memory.
        fresh: Those to add.
        prompts: To add, by label.
        limits: `max_labels`, `max_examples`, `max_prompts`, `max_label_length` and `max_megapixels`.

    Raises:
        RequestError: Names the first limit that is passed.
    """
    added = Counter(example.label for example in fresh)
    for label in sorted({*added, *prompts} - set(known)):
        check_label(label, length=limits.max_label_length)
    check_room(known, {*added, *prompts}, most=limits.max_labels)
    for label, count in sorted(added.items()):
        check_examples(label, there.get(label, 0) + count, most=limits.max_examples)
    for label, texts in prompts.items():
        if texts is not None and len(texts) > limits.max_prompts:
            raise RequestError(
                f"'{label}' would have {counted(len(texts), 'prompt')}, over the {limits.max_prompts} of max_prompts."
            )
    for example in fresh:
        _check_picture(example, limits.max_megapixels)


def check_examples(label: str, count: int, *, most: int) -> None:
    """Refuse so many examples of a label.

    Args:
        label: For the message.
        count: Examples that it would have.
        most: That it may have.

    Raises:
        RequestError: They are more than `most`.
    """
    if count > most:
        raise RequestError(
            f"'{label}' would have {counted(count, 'example')}, over the {most} of max_examples: forget some."
        )


def check_file(size: int, *, most: float) -> None:
    """Refuse to add to a file that is as large as it may be.

    Args:
        size: Bytes of it.
        most: Megabytes.

    Raises:
        RequestError: It is larger.
    """
    if size > 1e6 * most:
        raise RequestError(
            f"The memory's file has {size / 1e6:.1f} MB, over the {most:g} of max_memory_mb: raise it, or forget what "
            "is not needed, stop the node and use `vfrt memory compact --drop-history`."
        )


def _check_picture(example: TaughtExample, most: float) -> None:
    header = read_header(example.thumbnail) if example.thumbnail else None
    if header is not None and header.megapixels > most:
        raise RequestError(
            f"A picture of '{example.label}' has {header.megapixels:.3g} megapixels, over the {most:g} of "
            "max_megapixels."
        )
